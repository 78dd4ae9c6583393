//! What a member reads of a group: data, keys, whether something has changed.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupData, GroupKey, GroupLightData, UpdateCheck, UpdateCheckLight};
use keyfold_protocol::id::KeyId;

use super::access::Caller;
use crate::db::Tx;
use crate::error::ApiError;
use crate::keyring::{self, Cursor};

/// The group with the first page of its keys.
///
/// # Errors
/// 400/310.
pub(crate) async fn data(tx: &mut Tx, caller: &Caller) -> Result<GroupData, ApiError> {
    let access = caller.enter(tx).await?;
    let (group, member) = (access.group, access.principal.id);
    // A light group has none of what follows.
    let has_keys = group.current_key.is_some();
    let (keys, hmac_keys, sortable_keys, key_update) = if has_keys {
        (
            keyring::keys(tx, &group.id, &member, None).await?,
            keyring::hmac_keys(tx, &group.id).await?,
            keyring::sortable_keys(tx, &group.id).await?,
            keyring::has_pending_rotations(tx, &group.id, &member).await?,
        )
    } else {
        (Vec::new(), Vec::new(), Vec::new(), false)
    };
    Ok(GroupData {
        group_id: group.id,
        parent_group_id: group.parent,
        keys,
        hmac_keys,
        sortable_keys,
        key_update,
        rank: access.rank,
        created_time: group.created_at,
        joined_time: access.joined_at,
        access_by: access.by,
        is_connected_group: group.is_connected,
    })
}

/// The group without keys.
///
/// # Errors
/// 400/310.
pub(crate) async fn light(tx: &mut Tx, caller: &Caller) -> Result<GroupLightData, ApiError> {
    let access = caller.enter(tx).await?;
    Ok(GroupLightData {
        group_id: access.group.id,
        parent_group_id: access.group.parent,
        rank: access.rank,
        created_time: access.group.created_at,
        joined_time: access.joined_at,
        access_by: access.by,
        is_connected_group: access.group.is_connected,
    })
}

/// Whether a rotation waits to be finished, and the effective rank.
///
/// # Errors
/// 400/310.
pub(crate) async fn update_check(tx: &mut Tx, caller: &Caller) -> Result<UpdateCheck, ApiError> {
    let access = caller.enter(tx).await?;
    let key_update = keyring::has_pending_rotations(tx, &access.group.id, &access.principal.id).await?;
    Ok(UpdateCheck { key_update, rank: access.rank })
}

/// The effective rank.
///
/// # Errors
/// 400/310.
pub(crate) async fn update_check_light(tx: &mut Tx, caller: &Caller) -> Result<UpdateCheckLight, ApiError> {
    Ok(UpdateCheckLight { rank: caller.enter(tx).await?.rank })
}

/// A further page of keys.
///
/// # Errors
/// 400/310.
pub(crate) async fn keys(tx: &mut Tx, caller: &Caller, after: &Cursor) -> Result<Vec<GroupKey>, ApiError> {
    let access = caller.enter(tx).await?;
    Ok(keyring::keys(tx, &access.group.id, &access.principal.id, Some(after)).await?)
}

/// One key.
///
/// # Errors
/// 400/310, 200/304 when the group has no such key or the principal no copy of it.
pub(crate) async fn key(tx: &mut Tx, caller: &Caller, key: &KeyId) -> Result<GroupKey, ApiError> {
    let access = caller.enter(tx).await?;
    let found = keyring::key(tx, &access.group.id, &access.principal.id, key).await?;
    found.ok_or_else(|| ErrorCode::GroupKeyNotFound.into())
}
