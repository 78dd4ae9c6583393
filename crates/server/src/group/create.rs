//! New groups: root, child and connected.

use keyfold_crypto::server::check_group;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupCreate, GroupCreateOutput};
use keyfold_protocol::id::{AppId, GroupId, KeyId, UserId};

use super::access::{Caller, RANK_ADMIN};
use super::limits::{GroupLimits, Limit};
use super::principal::Principal;
use super::store;
use crate::db::Tx;
use crate::error::ApiError;
use crate::keyring::{self, KIND_GROUP, NewGroup};
use crate::random;

/// A root group; the user is its creator.
///
/// Without `keys` the group is a light one, which holds members and no keys.
///
/// # Errors
/// 422/11 when the keys are of no use, 400/304 when the creator's public key is not the user's.
pub(crate) async fn root(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
    keys: Option<&GroupCreate>,
    now: u64,
) -> Result<GroupCreateOutput, ApiError> {
    let place = Place { parent: None, is_connected: false, depth: 0 };
    insert(tx, app, &Principal::user(user), &place, keys, now).await
}

/// A child; its creator is the parent group, on behalf of all its members.
///
/// # Errors
/// 400/310, 400/301 above rank 1, 400/322, and as [`root`].
pub(crate) async fn child(
    tx: &mut Tx,
    caller: &Caller,
    keys: Option<&GroupCreate>,
    limits: &GroupLimits,
    now: u64,
) -> Result<GroupCreateOutput, ApiError> {
    let parent = caller.enter_for_update(tx).await?;
    parent.require_rank(RANK_ADMIN)?;
    let depth = parent.group.depth.saturating_add(1);
    if depth > limits.depth {
        return Err(Limit::Depth.into());
    }
    if store::groups::count_children(tx, &parent.group.id, limits.children).await? >= limits.children {
        return Err(Limit::Children.into());
    }
    let creator = Principal::parent(&parent.group.id);
    let place = Place { parent: Some(&parent.group.id), is_connected: parent.group.is_connected, depth };
    insert(tx, &caller.app, &creator, &place, keys, now).await
}

/// A connected group; its creator is the group that the caller has entered, on behalf of all its members.
///
/// # Errors
/// 400/310, 400/318 when that group is itself connected, 400/301 above rank 1, and as [`root`].
pub(crate) async fn connected(
    tx: &mut Tx,
    caller: &Caller,
    keys: Option<&GroupCreate>,
    now: u64,
) -> Result<GroupCreateOutput, ApiError> {
    let source = caller.enter_for_update(tx).await?;
    if source.group.is_connected {
        return Err(ErrorCode::ConnectedFromConnected.into());
    }
    source.require_rank(RANK_ADMIN)?;
    let place = Place { parent: None, is_connected: true, depth: 0 };
    insert(tx, &caller.app, &Principal::group(&source.group.id), &place, keys, now).await
}

struct Place<'a> {
    parent: Option<&'a GroupId>,
    is_connected: bool,
    depth: u32,
}

async fn insert(
    tx: &mut Tx,
    app: &AppId,
    creator: &Principal,
    place: &Place<'_>,
    keys: Option<&GroupCreate>,
    now: u64,
) -> Result<GroupCreateOutput, ApiError> {
    let id = GroupId::from(random::ordered_id());
    let key = KeyId::from(random::ordered_id());
    let group = NewGroup {
        id: &id,
        app_id: app,
        kind: KIND_GROUP,
        user_id: None,
        parent_id: place.parent,
        is_connected: place.is_connected,
        depth: place.depth,
        creator: &creator.id,
        creator_kind: creator.kind.number(),
        key_id: keys.map(|_| &key),
        now,
    };
    keyring::insert_group(tx, &group).await?;
    if let Some(keys) = keys {
        check_group(keys).map_err(|error| {
            let text = format!("Wrong input: the keys of the group are of no use: {error}");
            ApiError::with_message(ErrorCode::Input, text)
        })?;
        if !store::public_keys::belongs_to(tx, creator, &keys.creator_public_key_id).await? {
            return Err(ErrorCode::PublicKeyNotFound.into());
        }
        keyring::insert_first_keys(tx, &group, &key, keys, &keys.creator_public_key_id).await?;
    }
    Ok(GroupCreateOutput { group_id: id })
}
