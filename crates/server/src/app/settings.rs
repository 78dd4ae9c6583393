//! What can be set for an app.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// Weakest rank there is.
const WEAKEST_RANK: i32 = 4;

/// Longest token for callbacks in bytes.
const MAX_CALLBACK_TOKEN_BYTES: usize = 50;

/// Replaces who may call what.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn set_options(tx: &mut Tx, app: &AppId, options: &AppOptions) -> Result<(), ApiError> {
    store::apps::lock(tx, app).await?;
    store::apps::set_options(tx, app, options).await?;
    Ok(store::revision::count_up(tx).await?)
}

/// Replaces the limits of groups.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for a limit that makes no sense.
pub(crate) async fn set_group_options(
    tx: &mut Tx,
    app: &AppId,
    options: &GroupOptions,
) -> Result<(), ApiError> {
    check_group_options(options)?;
    store::apps::lock(tx, app).await?;
    store::apps::set_group_options(tx, app, options).await?;
    Ok(store::revision::count_up(tx).await?)
}

/// Replaces where files are stored. Whether the operator lets apps store files on this server is checked by the caller.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for options that make no sense.
pub(crate) async fn set_file_options(
    tx: &mut Tx,
    app: &AppId,
    options: &FileOptions,
) -> Result<(), ApiError> {
    check_file_options(options)?;
    store::apps::lock(tx, app).await?;
    store::apps::set_file_options(tx, app, options).await?;
    Ok(store::revision::count_up(tx).await?)
}

/// Renames an app. Requests do not see the name: servers need not be told.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn rename(tx: &mut Tx, app: &AppId, name: &str) -> Result<(), ApiError> {
    store::apps::lock(tx, app).await?;
    Ok(store::apps::set_name(tx, app, name).await?)
}

/// Refuses all tokens of an app (401/204), or accepts them again.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn set_disabled(tx: &mut Tx, app: &AppId, disabled_at: Option<u64>) -> Result<(), ApiError> {
    store::apps::lock(tx, app).await?;
    store::apps::set_disabled(tx, app, disabled_at).await?;
    Ok(store::revision::count_up(tx).await?)
}

pub(super) fn check_group_options(options: &GroupOptions) -> Result<(), ApiError> {
    if options.max_key_rotation_month < 0 {
        return refuse("the number of key rotations is negative");
    }
    if !(0..=WEAKEST_RANK).contains(&options.min_rank_key_rotation) {
        return refuse("a rank is a number from 0 to 4");
    }
    Ok(())
}

pub(super) fn check_file_options(options: &FileOptions) -> Result<(), ApiError> {
    match options.file_storage {
        -1 | 0 => {}
        1 if options.storage_url.as_ref().is_some_and(|url| !url.is_empty()) => {}
        1 => return refuse("files of the app's own storage need the URL of its callback"),
        _ => return refuse("the file storage is -1 (none), 0 (this server) or 1 (the app's own)"),
    }
    if options.auth_token.as_ref().is_some_and(|token| token.expose().len() > MAX_CALLBACK_TOKEN_BYTES) {
        return refuse("the token for callbacks is too long");
    }
    Ok(())
}

fn refuse(because: &str) -> Result<(), ApiError> {
    Err(ApiError::with_message(ErrorCode::NoAccess, format!("No access to this action: {because}")))
}
