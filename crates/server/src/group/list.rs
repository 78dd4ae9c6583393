//! Pages of lists. Every list has its order, and a cursor that is the time and id of the last item.

use keyfold_protocol::group::{
    GroupChildItem, GroupInviteItem, GroupJoinReqItem, GroupUserListItem, ListGroupItem,
};
use keyfold_protocol::id::{AppId, MemberId};

use super::access::{Caller, RANK_ADMIN, RANK_USER_MANAGER};
use super::store;
pub(crate) use super::store::invites::InviteKind;
use crate::db::Tx;
use crate::error::ApiError;
pub(crate) use crate::keyring::Cursor;

/// All members but the principal through which the caller is here.
///
/// # Errors
/// 400/310.
pub(crate) async fn members(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<GroupUserListItem>, ApiError> {
    let access = caller.enter(tx).await?;
    Ok(store::lists::members(tx, &access.group.id, &access.principal.id, after).await?)
}

/// Direct children.
///
/// # Errors
/// 400/310.
pub(crate) async fn children(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<GroupChildItem>, ApiError> {
    let access = caller.enter(tx).await?;
    Ok(store::lists::children(tx, &access.group.id, after).await?)
}

/// Groups of a user, or of a member group.
pub(crate) async fn groups_of(
    tx: &mut Tx,
    app: &AppId,
    member: &MemberId,
    after: &Cursor,
) -> Result<Vec<ListGroupItem>, ApiError> {
    Ok(store::lists::groups_of(tx, app, member, after).await?)
}

/// Connected groups of which the group is a member.
///
/// # Errors
/// 400/310.
pub(crate) async fn groups_of_group(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<ListGroupItem>, ApiError> {
    let access = caller.enter(tx).await?;
    groups_of(tx, &caller.app, &MemberId::from(&access.group.id), after).await
}

/// Invitations that a user or group received, or join requests that it sent.
pub(crate) async fn pending_of(
    tx: &mut Tx,
    app: &AppId,
    member: &MemberId,
    kind: InviteKind,
    after: &Cursor,
) -> Result<Vec<GroupInviteItem>, ApiError> {
    Ok(store::lists::pending_of(tx, app, member, kind, after).await?)
}

/// The same for the group that the caller has entered.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
pub(crate) async fn pending_of_group(
    tx: &mut Tx,
    caller: &Caller,
    kind: InviteKind,
    after: &Cursor,
) -> Result<Vec<GroupInviteItem>, ApiError> {
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_ADMIN)?;
    pending_of(tx, &caller.app, &MemberId::from(&access.group.id), kind, after).await
}

/// Join requests that the group received.
///
/// # Errors
/// 400/310, 400/301 above rank 2.
pub(crate) async fn join_requests(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<GroupJoinReqItem>, ApiError> {
    let access = caller.enter(tx).await?;
    access.require_rank(RANK_USER_MANAGER)?;
    Ok(store::lists::join_requests(tx, &access.group.id, after).await?)
}
