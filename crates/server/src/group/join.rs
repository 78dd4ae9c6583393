//! Join requests: sent and withdrawn by a user or for a group, accepted and rejected by the group that is asked.

use keyfold_protocol::RANK_DEFAULT;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::NewMemberOutput;
use keyfold_protocol::id::{AppId, GroupId, MemberId, UserId};

use super::access::{Caller, RANK_ADMIN, RANK_USER_MANAGER};
use super::admission::{self, Grant};
use super::limits::{GroupLimits, Limit};
use super::list::InviteKind;
use super::principal::Principal;
use super::{answer, store};
use crate::db::Tx;
use crate::error::ApiError;

/// A user asks. Asking again changes nothing and succeeds.
///
/// # Errors
/// 400/302 for a member, 400/310 for an unknown group, 400/317 when the group takes no requests, 400/322.
pub(crate) async fn ask(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
    target: &GroupId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    store::groups::lock(tx, target).await?;
    insert(tx, app, &Principal::user(user), target, limits, now).await
}

/// The caller's group asks to become a member of a connected group.
///
/// # Errors
/// 400/310, 400/301 above rank 1, 400/319 when the own group is connected, 400/310 and 400/319 for a target that is unknown or not
/// connected, and as [`ask`].
pub(crate) async fn ask_for_group(
    tx: &mut Tx,
    caller: &Caller,
    target: &GroupId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    store::groups::lock(tx, target).await?;
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    if access.group.is_connected {
        return Err(ErrorCode::ConnectedMembership.into());
    }
    let found = store::groups::find(tx, &caller.app, target).await?.ok_or(ErrorCode::GroupAccess)?;
    if !found.is_connected {
        return Err(ErrorCode::ConnectedMembership.into());
    }
    insert(tx, &caller.app, &Principal::group(&access.group.id), target, limits, now).await
}

async fn insert(
    tx: &mut Tx,
    app: &AppId,
    principal: &Principal,
    target: &GroupId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    let group = store::groups::find(tx, app, target).await?.ok_or(ErrorCode::GroupAccess)?;
    if store::members::find(tx, target, &principal.id).await?.is_some() {
        return Err(ErrorCode::AlreadyMember.into());
    }
    if !group.accepts_invites {
        return Err(ErrorCode::InvitesStopped.into());
    }
    let inserted =
        store::invites::insert(tx, target, principal, InviteKind::JoinRequest, RANK_DEFAULT, now).await?;
    let one_too_many = limits.pending.saturating_add(1);
    if inserted
        && store::invites::count(tx, target, InviteKind::JoinRequest, one_too_many).await? > limits.pending
    {
        return Err(Limit::JoinRequests.into());
    }
    Ok(())
}

/// A user withdraws its request; an invitation that it has stays. Succeeds without a request as well.
///
/// # Errors
/// 400/310 for an unknown group.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    app: &AppId,
    member: &MemberId,
    target: &GroupId,
) -> Result<(), ApiError> {
    store::groups::find(tx, app, target).await?.ok_or(ErrorCode::GroupAccess)?;
    store::invites::delete(tx, target, member, InviteKind::JoinRequest).await?;
    Ok(())
}

/// The same for the caller's group.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
pub(crate) async fn withdraw_for_group(
    tx: &mut Tx,
    caller: &Caller,
    target: &GroupId,
) -> Result<(), ApiError> {
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    withdraw(tx, &caller.app, &MemberId::from(&access.group.id), target).await
}

/// The group that was asked accepts. Whether it takes new requests does not matter any more.
///
/// # Errors
/// In this order: 400/310, 400/303, 400/305, 400/301 for the wanted and the own rank (2 or stronger), 400/302 for a member, 400/309
/// without a request, 304 for keys that are not the group's or the new member's, 400/322.
pub(crate) async fn accept(
    tx: &mut Tx,
    caller: &Caller,
    asking: &MemberId,
    grant: &Grant,
    limits: &GroupLimits,
    now: u64,
) -> Result<NewMemberOutput, ApiError> {
    let access = caller.enter_for_update(tx).await?;
    grant.check_number_of_keys()?;
    let rank = grant.checked_rank(&access)?;
    access.require_rank(RANK_USER_MANAGER)?;
    let group = &access.group.id;
    if store::members::find(tx, group, asking).await?.is_some() {
        return Err(ErrorCode::AlreadyMember.into());
    }
    let request = store::invites::find(tx, group, asking, InviteKind::JoinRequest).await?;
    let request = request.ok_or(ErrorCode::JoinRequestNotFound)?;
    let principal = Principal { id: asking.clone(), kind: request.member_kind };
    let session = admission::hand_over(tx, &access, &caller.user, &principal, grant, limits, now).await?;
    admission::enrol(tx, group, &principal, rank, limits, now).await?;
    Ok(admission::answer(session, "Join request was accepted"))
}

/// The group that was asked rejects. This is also how a group takes an invitation back: nothing stays pending between the two.
///
/// # Errors
/// 400/310, 400/301 above rank 2.
pub(crate) async fn reject(tx: &mut Tx, caller: &Caller, asking: &MemberId) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(RANK_USER_MANAGER)?;
    store::invites::delete(tx, &access.group.id, asking, InviteKind::JoinRequest).await?;
    answer::withdraw(tx, &access.group.id, asking).await?;
    Ok(())
}
