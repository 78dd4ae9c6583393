//! How members leave, are removed, or change rank.
//!
//! A group keeps at least one member of rank 0 or 1. Whoever is removed loses its keys, its pending rotations and its upload sessions in
//! the same transaction.

use keyfold_protocol::RANK_CREATOR;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{ChangeRankInput, GroupUserListItem};
use keyfold_protocol::id::{AppId, GroupId, MemberId};

use super::access::{Caller, RANK_ADMIN, RANK_MEMBER, RANK_USER_MANAGER};
use super::principal::MemberKind;
use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// The caller leaves; with an access group, that group leaves.
///
/// Whoever is here only because of an ancestor has nothing to leave: the call succeeds and touches nothing, least of all the keys of
/// the parent, which all its members need.
///
/// # Errors
/// 400/310, 400/301 when the caller does not administrate the access group as a direct member of it, 400/308 for the last admin.
pub(crate) async fn leave(tx: &mut Tx, caller: &Caller) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    if caller.via.is_some() && !store::groups::is_direct_admin(tx, &access, &caller.user).await? {
        return Err(ErrorCode::RankInsufficient.into());
    }
    if access.is_inherited() {
        return Ok(());
    }
    keep_an_admin(tx, &access.group.id, &access.principal.id, access.row_rank).await?;
    remove(tx, &access.group.id, &access.principal.id).await
}

/// Removes a direct member.
///
/// # Errors
/// 400/310, 400/301 above rank 2, 400/300 when it is no direct member, 400/315 for the creator (and the parent), 400/316 when it is stronger
/// than the caller, 400/308 when it is the last admin, who can only be the caller.
pub(crate) async fn kick(tx: &mut Tx, caller: &Caller, target: &MemberId) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(RANK_USER_MANAGER)?;
    let group = &access.group.id;
    let member = store::members::find(tx, group, target).await?.ok_or(ErrorCode::NotAMember)?;
    if member.rank == RANK_CREATOR || member.kind == MemberKind::Parent {
        return Err(ErrorCode::CreatorKick.into());
    }
    if member.rank < access.rank {
        return Err(ErrorCode::HigherRankKick.into());
    }
    keep_an_admin(tx, group, target, member.rank).await?;
    remove(tx, group, target).await
}

/// Gives a direct member another rank.
///
/// # Errors
/// 400/310, 400/301 above rank 1, 400/314 for a rank outside of 1 to 4 and for the creator, 400/300 when it is no direct member, 400/308 when the
/// last admin would step down.
pub(crate) async fn change_rank(
    tx: &mut Tx,
    caller: &Caller,
    input: &ChangeRankInput,
) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    if !(RANK_ADMIN..=RANK_MEMBER).contains(&input.new_rank) {
        return Err(ErrorCode::RankChange.into());
    }
    let (group, target) = (&access.group.id, &input.changed_user_id);
    let member = store::members::find(tx, group, target).await?.ok_or(ErrorCode::NotAMember)?;
    if member.rank == RANK_CREATOR || member.kind == MemberKind::Parent {
        return Err(ErrorCode::RankChange.into());
    }
    if input.new_rank > RANK_ADMIN {
        keep_an_admin(tx, group, target, member.rank).await?;
    }
    Ok(store::members::set_rank(tx, group, target, input.new_rank).await?)
}

/// Closes the group for invitations and join requests, or opens it again.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
pub(crate) async fn toggle_invites(tx: &mut Tx, caller: &Caller) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    Ok(store::groups::toggle_invites(tx, &access.group.id).await?)
}

/// The row of a direct member, for the app's own backend.
///
/// # Errors
/// 400/300 when there is none, or no such group in this app.
pub(crate) async fn find(
    tx: &mut Tx,
    app: &AppId,
    group: &GroupId,
    member: &MemberId,
) -> Result<GroupUserListItem, ApiError> {
    store::groups::find(tx, app, group).await?.ok_or(ErrorCode::NotAMember)?;
    let found = store::members::find(tx, group, member).await?.ok_or(ErrorCode::NotAMember)?;
    Ok(GroupUserListItem {
        user_id: member.clone(),
        rank: found.rank,
        joined_time: found.joined_at,
        user_type: found.kind.number(),
    })
}

/// Makes the strongest member of a group an admin.
pub(super) async fn promote_strongest(tx: &mut Tx, group: &GroupId) -> Result<(), ApiError> {
    if let Some(member) = store::members::strongest(tx, group).await? {
        store::members::set_rank(tx, group, &member, RANK_ADMIN).await?;
    }
    Ok(())
}

/// # Errors
/// 400/308 when `member` is the only one of rank 0 or 1.
async fn keep_an_admin(tx: &mut Tx, group: &GroupId, member: &MemberId, rank: i32) -> Result<(), ApiError> {
    if rank <= RANK_ADMIN && !store::members::has_other_admin(tx, group, member).await? {
        return Err(ErrorCode::LastAdmin.into());
    }
    Ok(())
}

/// Removes a member row with its keys, rotations and upload sessions. Those go only when a row went: those of a parent stay, as its row
/// does.
pub(super) async fn remove(tx: &mut Tx, group: &GroupId, member: &MemberId) -> Result<(), ApiError> {
    if store::members::delete(tx, group, member).await? {
        store::keys::delete_copies(tx, group, member).await?;
        store::rotations::delete_pending_of(tx, group, member).await?;
        store::sessions::delete_of(tx, group, member).await?;
    }
    Ok(())
}
