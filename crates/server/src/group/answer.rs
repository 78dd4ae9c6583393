//! Answers to invitations, by the invited user or by an admin of the invited group.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId, MemberId};

use super::access::{Caller, RANK_ADMIN};
use super::admission;
use super::limits::GroupLimits;
use super::list::InviteKind;
use super::principal::Principal;
use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// The invited becomes a member with the rank of the invitation. Its keys are there already.
///
/// # Errors
/// 400/307 without an invitation, 400/322 when the group is full.
pub(crate) async fn accept(
    tx: &mut Tx,
    app: &AppId,
    target: &GroupId,
    invited: &MemberId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    lock(tx, app, target).await?;
    let invitation = store::invites::find(tx, target, invited, InviteKind::Invitation).await?;
    let invitation = invitation.ok_or(ErrorCode::InviteNotFound)?;
    let principal = Principal { id: invited.clone(), kind: invitation.member_kind };
    admission::enrol(tx, target, &principal, invitation.rank, limits, now).await
}

/// The invitation and the keys that came with it are gone.
///
/// # Errors
/// 400/307 without an invitation.
pub(crate) async fn reject(
    tx: &mut Tx,
    app: &AppId,
    target: &GroupId,
    invited: &MemberId,
) -> Result<(), ApiError> {
    lock(tx, app, target).await?;
    if withdraw(tx, target, invited).await? { Ok(()) } else { Err(ErrorCode::InviteNotFound.into()) }
}

/// The caller's group accepts.
///
/// # Errors
/// 400/310, 400/301 above rank 1, and as [`accept`].
pub(crate) async fn accept_for_group(
    tx: &mut Tx,
    caller: &Caller,
    target: &GroupId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    accept(tx, &caller.app, target, &MemberId::from(&access.group.id), limits, now).await
}

/// The caller's group rejects.
///
/// # Errors
/// 400/310, 400/301 above rank 1, and as [`reject`].
pub(crate) async fn reject_for_group(tx: &mut Tx, caller: &Caller, target: &GroupId) -> Result<(), ApiError> {
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    reject(tx, &caller.app, target, &MemberId::from(&access.group.id)).await
}

/// Takes an invitation back, with everything that was stored for the invited. Whether there was one.
pub(super) async fn withdraw(tx: &mut Tx, group: &GroupId, invited: &MemberId) -> Result<bool, ApiError> {
    if !store::invites::delete(tx, group, invited, InviteKind::Invitation).await? {
        return Ok(false);
    }
    // A member has no invitation; should it ever have one, its keys are not the invitation's.
    if store::members::find(tx, group, invited).await?.is_none() {
        store::keys::delete_copies(tx, group, invited).await?;
        store::rotations::delete_pending_of(tx, group, invited).await?;
        store::sessions::delete_of(tx, group, invited).await?;
    }
    Ok(true)
}

/// An invitation to a group of another app does not exist.
async fn lock(tx: &mut Tx, app: &AppId, target: &GroupId) -> Result<(), ApiError> {
    store::groups::lock(tx, target).await?;
    store::groups::find(tx, app, target).await?.ok_or(ErrorCode::InviteNotFound)?;
    Ok(())
}
