//! New users.

use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupCreate, MEMBER_USER};
use keyfold_protocol::id::{AppId, DeviceId, GroupId, KeyId, MemberId, UserId};
use keyfold_protocol::user::{DeviceRegister, ExistsOutput, RegisterOutput};

use super::{identifier_hash, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::keyring::{KIND_USER, NewGroup, insert_first_keys, insert_group};
use crate::random;
use crate::state::AppState;

/// A user to be registered; `group` is missing for users of the light SDK.
pub(crate) struct NewUser {
    pub(crate) app_id: AppId,
    pub(crate) device: DeviceRegister,
    pub(crate) group: Option<GroupCreate>,
}

/// Creates a user with the first device and the user group, in one transaction.
///
/// # Errors
/// 400/101 when the identifier is taken, also by a registration at the same moment.
pub(super) async fn register(state: &AppState, new: NewUser) -> Result<RegisterOutput, ApiError> {
    let ids = Ids::new();
    let output = RegisterOutput {
        user_id: ids.user.clone(),
        device_id: ids.device.clone(),
        device_identifier: new.device.device_identifier.clone(),
    };
    state
        .db
        .write((new, ids, state.now()), |tx, (new, ids, now)| Box::pin(insert(tx, new, ids, *now)))
        .await?;
    Ok(output)
}

/// Whether an identifier is free. Devices that wait for an account do not take it.
pub(super) async fn availability(
    state: &AppState,
    app: &AppId,
    identifier: DeviceIdentifier,
) -> Result<ExistsOutput, ApiError> {
    let hash = identifier_hash(&identifier);
    let exists = state.db.read((app.clone(), hash), |tx, (app, hash)| {
        Box::pin(async move { Ok(store::devices::exists(tx, app, hash).await?) })
    });
    Ok(ExistsOutput { available: !exists.await?, user_identifier: identifier })
}

/// Ids that a new user needs.
pub(crate) struct Ids {
    pub(crate) user: UserId,
    device: DeviceId,
    group: GroupId,
    key: KeyId,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self {
            // Shown to other users: it must not tell when its owner registered.
            user: UserId::from(random::opaque_id()),
            device: DeviceId::from(random::ordered_id()),
            group: GroupId::from(random::ordered_id()),
            key: KeyId::from(random::ordered_id()),
        }
    }
}

/// [`register`] in a transaction of the caller.
///
/// # Errors
/// 400/101.
pub(crate) async fn insert(tx: &mut Tx, new: &NewUser, ids: &Ids, now: u64) -> Result<(), ApiError> {
    let identifier = identifier_hash(&new.device.device_identifier);
    store::users::insert(tx, &ids.user, &new.app_id, &ids.group, now).await?;
    let free = store::devices::insert(tx, &ids.device, &new.app_id, &ids.user, &identifier, &new.device, now)
        .await?;
    if !free {
        return Err(ErrorCode::IdentifierTaken.into());
    }
    let group = UserGroup {
        id: &ids.group,
        app_id: &new.app_id,
        user_id: &ids.user,
        device_id: &ids.device,
        key_id: &ids.key,
        keys: new.group.as_ref(),
    };
    insert_user_group(tx, &group, now).await
}

/// The group of a user's devices, with its first device.
pub(super) struct UserGroup<'a> {
    pub(super) id: &'a GroupId,
    pub(super) app_id: &'a AppId,
    pub(super) user_id: &'a UserId,
    pub(super) device_id: &'a DeviceId,
    /// Id for the keys, if there are any.
    pub(super) key_id: &'a KeyId,
    pub(super) keys: Option<&'a GroupCreate>,
}

pub(super) async fn insert_user_group(tx: &mut Tx, new: &UserGroup<'_>, now: u64) -> Result<(), ApiError> {
    let creator = MemberId::from(new.device_id);
    let group = NewGroup {
        id: new.id,
        app_id: new.app_id,
        kind: KIND_USER,
        user_id: Some(new.user_id),
        parent_id: None,
        is_connected: false,
        depth: 0,
        creator: &creator,
        creator_kind: MEMBER_USER,
        key_id: new.keys.map(|_| new.key_id),
        now,
    };
    insert_group(tx, &group).await?;
    if let Some(keys) = new.keys {
        // The client could not know the id of its public key yet: it is the id of the device.
        let creator_public_key = KeyId::from(new.device_id.as_str());
        insert_first_keys(tx, &group, new.key_id, keys, &creator_public_key).await?;
    }
    Ok(())
}
