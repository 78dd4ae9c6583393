//! Upload of the keys of a new member that did not fit into the first request.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::NewMemberKey;
use keyfold_protocol::id::KeySessionId;

use super::access::{Caller, RANK_USER_MANAGER};
use super::list::InviteKind;
use super::principal::{MemberKind, Principal};
use super::{admission, store};
use crate::db::Tx;
use crate::error::ApiError;

/// Stores a further page of keys. Pages may come in any order, at the same time, and more than once.
///
/// The session belongs to the user who opened it; user managers of the group may step in. For everybody else, and after it has
/// expired, it does not exist.
///
/// # Errors
/// 400/310, 400/303, 400/305, 400/306, 304 for keys that are not the group's or the new member's.
pub(crate) async fn upload(
    tx: &mut Tx,
    caller: &Caller,
    id: &KeySessionId,
    keys: &[NewMemberKey],
    now: u64,
) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    admission::check_number(keys)?;
    let group = &access.group.id;
    let session = store::sessions::find(tx, group, id).await?.ok_or(ErrorCode::KeySessionNotFound)?;
    let is_allowed = session.created_by == caller.user || access.rank <= RANK_USER_MANAGER;
    if session.expires_at <= now || !is_allowed {
        return Err(ErrorCode::KeySessionNotFound.into());
    }
    let kind: Option<MemberKind> = match store::members::find(tx, group, &session.member).await? {
        Some(member) => Some(member.kind),
        None => store::invites::find(tx, group, &session.member, InviteKind::Invitation)
            .await?
            .map(|invitation| invitation.member_kind),
    };
    let principal = Principal { id: session.member, kind: kind.ok_or(ErrorCode::KeySessionNotFound)? };
    admission::store_keys(tx, group, &principal, keys, now).await
}
