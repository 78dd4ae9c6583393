//! The end of a group and of all groups below it.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId};

use super::access::{Caller, RANK_ADMIN};
use super::{departure, store};
use crate::db::Tx;
use crate::error::ApiError;

/// Deletes the group, its descendants and everything in them, and ends the memberships of all of them in connected groups.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
pub(crate) async fn delete(tx: &mut Tx, caller: &Caller, now: u64) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    departure::of_group(tx, &caller.app, &access.group.id, now).await
}

/// The same for the app's own backend, which needs no member.
///
/// # Errors
/// 400/310 for a group that is unknown in this app.
pub(crate) async fn delete_by_force(
    tx: &mut Tx,
    app: &AppId,
    group: &GroupId,
    now: u64,
) -> Result<(), ApiError> {
    store::groups::lock(tx, group).await?;
    store::groups::find(tx, app, group).await?.ok_or(ErrorCode::GroupAccess)?;
    departure::of_group(tx, app, group, now).await
}
