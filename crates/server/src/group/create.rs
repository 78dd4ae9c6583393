//! New groups: root, child and connected.

use keyfold_crypto::server::check_group;
use keyfold_protocol::RANK_CREATOR;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupCreate, GroupCreateOutput};
use keyfold_protocol::id::{AppId, GroupId, KeyId, UserId};

use super::access::{Caller, RANK_ADMIN};
use super::limits::{GroupLimits, Limit};
use super::principal::Principal;
use super::store;
use super::store::groups::NewGroup;
use super::store::keys::{Copy, IfPresent, NewAuxiliaryKey, NewGeneration, SignPair};
use crate::db::Tx;
use crate::error::ApiError;
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
    let key = keys.map(|_| KeyId::from(random::ordered_id()));
    let group = NewGroup {
        id: &id,
        app,
        parent: place.parent,
        is_connected: place.is_connected,
        depth: place.depth,
        created_at: now,
        current_key: key.as_ref(),
    };
    store::groups::insert(tx, &group).await?;
    // A group of one member is never full.
    store::members::insert(tx, &id, creator, RANK_CREATOR, now, u32::MAX).await?;
    if let (Some(keys), Some(key)) = (keys, &key) {
        insert_keys(tx, &id, creator, keys, key, now).await?;
    }
    Ok(GroupCreateOutput { group_id: id })
}

async fn insert_keys(
    tx: &mut Tx,
    group: &GroupId,
    creator: &Principal,
    keys: &GroupCreate,
    key: &KeyId,
    now: u64,
) -> Result<(), ApiError> {
    check_group(keys).map_err(|error| {
        ApiError::with_message(
            ErrorCode::Input,
            format!("Wrong input: the keys of the group are of no use: {error}"),
        )
    })?;
    if !store::public_keys::belongs_to(tx, creator, &keys.creator_public_key_id).await? {
        return Err(ErrorCode::PublicKeyNotFound.into());
    }
    let generation = NewGeneration {
        id: key,
        group,
        created_at: now,
        group_key_alg: &keys.group_key_alg,
        keypair_encrypt_alg: &keys.keypair_encrypt_alg,
        public_key: &keys.public_group_key,
        encrypted_private_key: &keys.encrypted_private_group_key,
        signed_by_user_id: keys.signed_by_user_id.as_ref(),
        signed_by_user_sign_key_id: keys.signed_by_user_sign_key_id.as_ref(),
        group_key_sig: keys.group_key_sig.as_ref(),
        sign_pair: sign_pair(keys),
        rotation: None,
    };
    store::keys::insert(tx, &generation).await?;
    let copy = Copy {
        key,
        public_key_id: &keys.creator_public_key_id,
        alg: &keys.encrypted_group_key_alg,
        encrypted_group_key: &keys.encrypted_group_key,
    };
    store::keys::insert_copies(tx, group, &creator.id, now, &[copy], IfPresent::Keep).await?;
    let hmac = NewAuxiliaryKey {
        group,
        created_at: now,
        encryption_key: key,
        alg: &keys.encrypted_hmac_alg,
        encrypted_key: &keys.encrypted_hmac_key,
    };
    store::keys::insert_hmac(tx, &hmac).await?;
    let sortable = NewAuxiliaryKey {
        alg: &keys.encrypted_sortable_alg,
        encrypted_key: &keys.encrypted_sortable_key,
        ..hmac
    };
    store::keys::insert_sortable(tx, &sortable).await?;
    Ok(())
}

fn sign_pair(keys: &GroupCreate) -> Option<SignPair<'_>> {
    Some(SignPair {
        encrypted_sign_key: keys.encrypted_sign_key.as_ref()?,
        verify_key: keys.verify_key.as_ref()?,
        keypair_sign_alg: keys.keypair_sign_alg.as_ref()?,
        public_key_sig: keys.public_key_sig.as_ref(),
    })
}
