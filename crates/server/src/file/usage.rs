//! How much an app has stored, and how much it may store.
//!
//! The sums are kept by the transactions that add and remove files and parts. What is deleted counts until the job has removed it.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FileUsage;
use keyfold_protocol::id::AppId;

use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::storage::Quota;

/// What an app has stored, and its limits: its own, or those of the server.
///
/// # Errors
/// When the database fails.
pub(crate) async fn usage(tx: &mut Tx, app: &AppId, quota: &Quota) -> Result<FileUsage, ApiError> {
    let sql = "SELECT files, bytes, max_files, max_bytes FROM app_file_usage WHERE app_id = $1";
    let found = tx
        .query_opt(sql, params![app], |row| {
            Ok(FileUsage {
                files: row.col()?,
                bytes: row.col()?,
                max_files: row.col::<Option<u64>>()?.or(quota.files),
                max_bytes: row.col::<Option<u64>>()?.or(quota.bytes),
            })
        })
        .await?;
    Ok(found.unwrap_or(FileUsage { files: 0, bytes: 0, max_files: quota.files, max_bytes: quota.bytes }))
}

/// Gives an app limits of its own; `None` for those of the server.
///
/// # Errors
/// When the database fails.
pub(crate) async fn set_quota(tx: &mut Tx, app: &AppId, quota: &Quota) -> Result<(), ApiError> {
    let sql = "UPDATE app_file_usage SET max_files = $2, max_bytes = $3 WHERE app_id = $1";
    tx.execute(sql, params![app, quota.files, quota.bytes]).await?;
    Ok(())
}

/// Counts a new file.
///
/// # Errors
/// 400/522.
pub(super) async fn add_file(tx: &mut Tx, app: &AppId, quota: &Quota) -> Result<(), ApiError> {
    let sql = "UPDATE app_file_usage SET files = files + 1
        WHERE app_id = $1 AND files < COALESCE(max_files, $2)";
    if tx.execute(sql, params![app, quota.files.unwrap_or(u64::MAX)]).await? == 0 {
        return Err(ApiError::with_message(ErrorCode::FileQuota, "The app has as many files as it may have"));
    }
    Ok(())
}

/// Refuses before the bytes are sent what would be refused afterwards.
///
/// # Errors
/// 400/522 when there is no room for a single byte.
pub(super) async fn check_bytes(tx: &mut Tx, app: &AppId, quota: &Quota) -> Result<(), ApiError> {
    let usage = usage(tx, app, quota).await?;
    if usage.max_bytes.is_some_and(|max| usage.bytes >= max) { Err(no_room()) } else { Ok(()) }
}

/// Counts a part that took the place of `replaced` bytes.
///
/// # Errors
/// 400/522.
pub(super) async fn add_bytes(
    tx: &mut Tx,
    app: &AppId,
    added: u64,
    replaced: u64,
    quota: &Quota,
) -> Result<(), ApiError> {
    let growth =
        i64::try_from(added).unwrap_or(i64::MAX).saturating_sub(i64::try_from(replaced).unwrap_or(i64::MAX));
    // Compared with a column, so that PostgreSQL knows the type of the parameter.
    let sql = "UPDATE app_file_usage SET bytes = bytes + $2
        WHERE app_id = $1 AND (bytes + $2 <= bytes OR bytes + $2 <= COALESCE(max_bytes, $3))";
    let changed = tx.execute(sql, params![app, growth, quota.bytes.unwrap_or(u64::MAX)]).await?;
    if changed == 0 { Err(no_room()) } else { Ok(()) }
}

/// Counts what was removed.
///
/// # Errors
/// When the database fails.
pub(super) async fn subtract(tx: &mut Tx, app: &AppId, files: u64, bytes: u64) -> Result<(), ApiError> {
    let sql = "UPDATE app_file_usage SET files = files - $2, bytes = bytes - $3 WHERE app_id = $1";
    tx.execute(sql, params![app, files, bytes]).await?;
    Ok(())
}

fn no_room() -> ApiError {
    ApiError::with_message(ErrorCode::FileQuota, "The app has stored as many bytes as it may store")
}
