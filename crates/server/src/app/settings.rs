//! What can be set for an app.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::{Owner, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::file;
use crate::root_key::RootKey;

/// Weakest rank there is.
const WEAKEST_RANK: i32 = 4;

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

/// Replaces where files are stored. Whether this server accepts that is checked by the caller ([`file::options::check_here`]).
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for options that make no sense.
pub(crate) async fn set_file_options(
    tx: &mut Tx,
    root_key: &RootKey,
    app: &AppId,
    options: &FileOptions,
) -> Result<(), ApiError> {
    file::options::check(options)?;
    store::apps::lock(tx, app).await?;
    file::options::write(tx, root_key, app, options).await?;
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

/// Gives an app to somebody else. Requests do not see the owner: servers need not be told.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn set_owner(tx: &mut Tx, app: &AppId, owner: &Owner) -> Result<(), ApiError> {
    store::apps::lock(tx, app).await?;
    Ok(store::apps::set_owner(tx, app, owner).await?)
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

fn refuse(because: &str) -> Result<(), ApiError> {
    Err(ApiError::with_message(ErrorCode::NoAccess, format!("No access to this action: {because}")))
}
