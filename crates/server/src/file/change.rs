//! Renaming and deleting a file.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FileNameUpdate;
use keyfold_protocol::id::{AppId, FileId, UserId};

use super::{Audience, File, deletion_job, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::group::access::{Access, Caller};

/// Weakest rank with which a member may delete a file of its group that is somebody else's.
const RANK_FILE_DELETE: i32 = 3;

/// Another name, or none.
///
/// # Errors
/// 400/512, 400/521 for everybody but the owner.
pub(crate) async fn rename(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
    id: &FileId,
    update: &FileNameUpdate,
) -> Result<(), ApiError> {
    let file = store::files::find_for_update(tx, app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    if file.owner != *user {
        return Err(ErrorCode::FileAccess.into());
    }
    Ok(store::files::rename(tx, id, update.encrypted_file_name.as_ref()).await?)
}

/// Deletes a file by its plain address.
///
/// # Errors
/// 400/512, 400/521 for everybody but the owner.
pub(crate) async fn delete(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
    id: &FileId,
    now: u64,
) -> Result<(), ApiError> {
    let file = store::files::find_for_update(tx, app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    if file.owner != *user {
        return Err(ErrorCode::FileAccess.into());
    }
    mark(tx, app, id, now).await
}

/// Deletes a file through a group: one's own, or, with rank 3 or stronger, any of the group in the path and of no other.
///
/// # Errors
/// 400/310, 400/512, 400/521.
pub(crate) async fn delete_in_group(
    tx: &mut Tx,
    caller: &Caller,
    id: &FileId,
    now: u64,
) -> Result<(), ApiError> {
    let access = caller.enter(tx).await?;
    let file = store::files::find_for_update(tx, &caller.app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    if !may_delete(&file, caller, &access) {
        return Err(ErrorCode::FileAccess.into());
    }
    mark(tx, &caller.app, id, now).await
}

fn may_delete(file: &File, caller: &Caller, access: &Access) -> bool {
    match &file.audience {
        // Somebody's rank in one group says nothing about the files of another.
        Audience::Group(group) if *group != caller.group => false,
        Audience::Group(_) => file.owner == caller.user || access.rank <= RANK_FILE_DELETE,
        Audience::Everybody | Audience::User(_) => file.owner == caller.user,
    }
}

async fn mark(tx: &mut Tx, app: &AppId, id: &FileId, now: u64) -> Result<(), ApiError> {
    store::files::mark_deleted(tx, id, now).await?;
    deletion_job::enqueue(tx, app, now).await
}
