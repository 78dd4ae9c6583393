//! The end of files.
//!
//! A deleted file is marked in the transaction of whoever deletes it, and cannot be reached from that moment on. Its contents are
//! deleted by a job that the same transaction asks for ([`super::deletion_job`]).

use keyfold_protocol::id::{AppId, GroupId, UserId};

use super::deletion_job;
use crate::db::{ToParam as _, Tx, params};
use crate::error::ApiError;

/// Deletes all files of an app, whether the app is deleted or goes on without them. To be called in the transaction that does so.
///
/// # Errors
/// When the database fails.
pub(crate) async fn delete_all_of_app(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    tx.execute(
        "UPDATE files SET deleted_at = $2 WHERE app_id = $1 AND deleted_at IS NULL",
        params![app, now],
    )
    .await?;
    // Even without files: when the app is gone, the job removes what is kept for the sake of the deletion.
    deletion_job::enqueue(tx, app, now).await
}

/// Deletes the files that are for some groups, which are deleted in the same transaction. Who registers a file for a group holds the
/// row of that group: none is missed.
///
/// # Errors
/// When the database fails.
pub(crate) async fn delete_all_of_groups(
    tx: &mut Tx,
    app: &AppId,
    groups: &[GroupId],
    now: u64,
) -> Result<(), ApiError> {
    let rows: Vec<_> =
        groups.iter().map(|group| vec![app.to_param(), group.to_param(), now.to_param()]).collect();
    let marked = tx
        .execute_many(
            "UPDATE files SET deleted_at = $3
             WHERE target_id = $2 AND target_kind = 1 AND app_id = $1 AND deleted_at IS NULL",
            &rows,
        )
        .await?;
    if marked > 0 { deletion_job::enqueue(tx, app, now).await } else { Ok(()) }
}

/// Deletes the files that nobody can use or delete when their user is gone: those for this user, and its own ones that are for
/// everybody. What the user has given to groups and to other users stays theirs.
///
/// # Errors
/// When the database fails.
pub(crate) async fn delete_all_of_user(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
    now: u64,
) -> Result<(), ApiError> {
    let received = tx
        .execute(
            "UPDATE files SET deleted_at = $3
             WHERE target_id = $2 AND target_kind = 2 AND app_id = $1 AND deleted_at IS NULL",
            params![app, user, now],
        )
        .await?;
    let own = tx
        .execute(
            "UPDATE files SET deleted_at = $3
             WHERE owner_id = $2 AND target_kind = 0 AND app_id = $1 AND deleted_at IS NULL",
            params![app, user, now],
        )
        .await?;
    if received > 0 || own > 0 { deletion_job::enqueue(tx, app, now).await } else { Ok(()) }
}
