//! Further devices of a user: registered by the new device, confirmed by one that is logged in.

use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{MEMBER_USER, NewMemberKey, NewMemberKeys};
use keyfold_protocol::id::{AppId, DeviceId, KeySessionId, MemberId};
use keyfold_protocol::user::{
    DeviceListItem, DeviceRegister, DoneDeviceInput, DoneDeviceLightInput, DoneDeviceOutput,
    PrepareDeviceOutput,
};
use keyfold_protocol::{MAX_KEYS_PER_UPLOAD, RANK_DEFAULT};

use super::authentication::Origin;
use super::store::pending_devices::{self, NewPendingDevice};
use super::store::{devices, users};
use super::{credentials, identifier_hash};
use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::hash::{Hash, sha256};
use crate::keyring::{self, Cursor};
use crate::random;
use crate::state::AppState;

/// How long a new device waits to be confirmed.
const PENDING_MILLISECONDS: u64 = 60 * 60 * 1_000;

/// How long the remaining keys can be uploaded.
const KEY_SESSION_MILLISECONDS: u64 = 60 * 60 * 1_000;

/// Registers a device that belongs to nobody yet. It cannot log in, does not keep its identifier from others, and is forgotten after an
/// hour.
///
/// # Errors
/// 422/11, 400/101, 429.
pub(super) async fn prepare(
    state: &AppState,
    origin: &Origin,
    device: DeviceRegister,
) -> Result<PrepareDeviceOutput, ApiError> {
    credentials::usable_device(&device)?;
    origin.count_registration(state)?;
    let token = random::token()?;
    let output = PrepareDeviceOutput {
        device_id: DeviceId::from(random::ordered_id()),
        device_identifier: device.device_identifier.clone(),
        public_key_string: device.derived.public_key.clone(),
        keypair_encrypt_alg: device.derived.keypair_encrypt_alg.clone(),
        token,
    };
    let new = Pending {
        app_id: origin.app_id.clone(),
        id: output.device_id.clone(),
        token: sha256(output.token.expose().as_bytes()),
        device,
        expires_at: state.now().saturating_add(PENDING_MILLISECONDS),
    };
    state.db.write(new, |tx, new| Box::pin(insert_pending(tx, new))).await?;
    Ok(output)
}

/// Adds a waiting device to the account of the token, with the user keys for it.
///
/// # Errors
/// 400/100 for an unknown, used or expired token, 400/303, 400/305, 400/301, 400/101 when the identifier was taken meanwhile, 400/203
/// when the user has too many devices, 200/304 without the newest user key when no more keys are to come.
pub(super) async fn confirm(
    state: &AppState,
    jwt: Jwt,
    input: DoneDeviceInput,
) -> Result<DoneDeviceOutput, ApiError> {
    let confirmation = Confirmation {
        token: token_hash(&input.token)?,
        rank: input.user_keys.rank,
        keys: Some(input.user_keys),
        key_session: random::ordered_id(),
        max_devices: state.limits.devices_per_user,
        now: state.now(),
        jwt,
    };
    let session_id = state.db.write(confirmation, |tx, new| Box::pin(adopt(tx, new))).await?;
    Ok(DoneDeviceOutput { session_id, message: "This device was added to the account.".to_owned() })
}

/// [`confirm`] for the light SDK: no keys.
///
/// # Errors
/// 400/100, 400/301, 400/101, 400/203.
pub(super) async fn confirm_light(
    state: &AppState,
    jwt: Jwt,
    input: DoneDeviceLightInput,
) -> Result<(), ApiError> {
    let confirmation = Confirmation {
        token: token_hash(&input.token)?,
        rank: input.user_group.rank,
        keys: None,
        key_session: String::new(),
        max_devices: state.limits.devices_per_user,
        now: state.now(),
        jwt,
    };
    state.db.write(confirmation, |tx, new| Box::pin(adopt(tx, new))).await.map(drop)
}

/// Stores further user keys for a device that was added with a key session. Keys that it has already are left out.
///
/// # Errors
/// 400/303, 400/305, 400/306.
pub(super) async fn upload_keys(
    state: &AppState,
    jwt: Jwt,
    session: KeySessionId,
    keys: Vec<NewMemberKey>,
) -> Result<(), ApiError> {
    check_number(&keys)?;
    let data = (jwt, session, keys, state.now());
    let uploaded = state.db.write(data, |tx, (jwt, session, keys, now)| {
        Box::pin(async move {
            let member = tx
                .query_opt(
                    "SELECT member_id FROM key_sessions WHERE id = $1 AND group_id = $2 AND expires_at > $3",
                    params![session, jwt.user_group_id, *now],
                    |row| row.col::<MemberId>(),
                )
                .await?
                .ok_or(ErrorCode::KeySessionNotFound)?;
            Ok(keyring::insert_member_keys(tx, &jwt.user_group_id, &member, keys, *now).await.map(drop)?)
        })
    });
    uploaded.await
}

/// A page of the user's devices, oldest first.
pub(super) async fn list(state: &AppState, jwt: Jwt, after: Cursor) -> Result<Vec<DeviceListItem>, ApiError> {
    let page = state.db.read((jwt, after), |tx, (jwt, after)| {
        Box::pin(async move { Ok(devices::page(tx, &jwt.user_id, after).await?) })
    });
    page.await
}

/// Deletes a device of the user with its sessions and its copies of the user keys. May be the one that asks.
///
/// # Errors
/// 400/100, 400/115 for the last one, also when two are deleted at the same moment.
pub(super) async fn delete(tx: &mut Tx, jwt: &Jwt, device: &DeviceId) -> Result<(), ApiError> {
    users::lock(tx, &jwt.app_id, &jwt.user_id).await?.ok_or(ErrorCode::UserNotFound)?;
    if !devices::delete(tx, &jwt.user_id, device).await? {
        return Err(ErrorCode::UserNotFound.into());
    }
    if devices::count(tx, &jwt.user_id).await? == 0 {
        return Err(ErrorCode::LastDevice.into());
    }
    Ok(devices::leave_group(tx, &jwt.user_group_id, device).await?)
}

struct Pending {
    app_id: AppId,
    id: DeviceId,
    token: Hash,
    device: DeviceRegister,
    expires_at: u64,
}

async fn insert_pending(tx: &mut Tx, new: &Pending) -> Result<(), ApiError> {
    let identifier = identifier_hash(&new.device.device_identifier);
    if devices::exists(tx, &new.app_id, &identifier).await? {
        return Err(ErrorCode::IdentifierTaken.into());
    }
    let row = NewPendingDevice {
        id: &new.id,
        app_id: &new.app_id,
        token: &new.token,
        identifier: &identifier,
        device: &new.device,
        expires_at: new.expires_at,
    };
    Ok(pending_devices::insert(tx, &row).await?)
}

struct Confirmation {
    jwt: Jwt,
    token: Hash,
    rank: Option<i32>,
    /// `None` for the light SDK.
    keys: Option<NewMemberKeys>,
    /// Id for the key session, should there be one.
    key_session: String,
    max_devices: u32,
    now: u64,
}

async fn adopt(tx: &mut Tx, new: &Confirmation) -> Result<Option<KeySessionId>, ApiError> {
    let (jwt, now) = (&new.jwt, new.now);
    // One at a time for a user: devices are counted, and a key rotation must not miss the new one.
    let group = users::lock(tx, &jwt.app_id, &jwt.user_id).await?.ok_or(ErrorCode::UserNotFound)?;
    let device =
        pending_devices::lock(tx, &jwt.app_id, &new.token, now).await?.ok_or(ErrorCode::UserNotFound)?;
    if let Some(keys) = &new.keys {
        check_number(&keys.keys)?;
    }
    let rank = new.rank.unwrap_or(RANK_DEFAULT);
    if rank < 1 {
        return Err(ErrorCode::RankInsufficient.into());
    }
    if devices::count(tx, &jwt.user_id).await? >= u64::from(new.max_devices) {
        return Err(ApiError::with_message(ErrorCode::NoAccess, "The user has too many devices"));
    }
    if !pending_devices::adopt(tx, &device, &jwt.user_id, now).await? {
        return Err(ErrorCode::IdentifierTaken.into());
    }
    let member = MemberId::from(&device);
    tx.execute(
        "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
         SELECT id, $2, $3, $4, $5, created_at FROM groups WHERE id = $1",
        params![group, member, MEMBER_USER, rank, now],
    )
    .await?;
    let Some(keys) = &new.keys else {
        return Ok(None);
    };
    keyring::insert_member_keys(tx, &group, &member, &keys.keys, now).await?;
    if !keys.key_session {
        // A rotation serves the devices that are there when it is written. What this one does not get now it would never get.
        if !keyring::has_newest(tx, &group, &member).await? {
            let text = "The newest user key is missing: finish the key rotation first";
            return Err(ApiError::with_message(ErrorCode::GroupKeyNotFound, text));
        }
        return Ok(None);
    }
    let session = KeySessionId::from(new.key_session.as_str());
    tx.execute(
        "INSERT INTO key_sessions (id, group_id, member_id, expires_at, created_by) VALUES ($1, $2, $3, $4, $5)",
        params![session, group, member, now.saturating_add(KEY_SESSION_MILLISECONDS), jwt.user_id],
    )
    .await?;
    Ok(Some(session))
}

fn check_number(keys: &[NewMemberKey]) -> Result<(), ApiError> {
    match keys.len() {
        0 => Err(ErrorCode::NoKeys.into()),
        number if number > MAX_KEYS_PER_UPLOAD => Err(ErrorCode::TooManyKeys.into()),
        _ => Ok(()),
    }
}

/// Tokens that clients send instead of none never match anything.
fn token_hash(token: &SecretText) -> Result<Hash, ApiError> {
    match token.expose() {
        "" | "NULL" | "null" => Err(ErrorCode::UserNotFound.into()),
        text => Ok(sha256(text.as_bytes())),
    }
}
