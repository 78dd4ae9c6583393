//! Rotation of user keys: one device makes the new keys, the server prepares them for the others, which take them over.

use keyfold_crypto::server::encrypt_ephemeral_key;
use keyfold_protocol::app::GroupOptions;
use keyfold_protocol::encoding::Base64Text;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{
    KeyRotationDone, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput,
};
use keyfold_protocol::id::{DeviceId, KeyId, MemberId, UserId};

use super::store::{self, Action, devices};
use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::group::month::start_of_month;
use crate::keyring;
use crate::random;
use crate::state::AppState;

/// Times the devices may change while the shares for them are computed.
const ATTEMPTS: usize = 5;

/// Starts a rotation. A user has few devices, so that the shares for all of them are in the same transaction as the new key: no device can
/// be missed, and nothing is left to do when the answer is sent.
///
/// # Errors
/// 400/117 without sign and verify keys, 400/1 for malformed ids, 400/311 when the previous key is not the newest (any more), 400/321
/// when the month's rotations are used up.
pub(super) async fn start(
    state: &AppState,
    jwt: Jwt,
    options: &GroupOptions,
    input: KeyRotationStart,
) -> Result<KeyRotationStartOutput, ApiError> {
    check(&input)?;
    let mut rotation = Rotation {
        key_id: KeyId::from(random::ordered_id()),
        now: state.now(),
        monthly_limit: u64::try_from(options.max_key_rotation_month).unwrap_or(0),
        shares: Vec::new(),
        input,
        jwt,
    };
    let output = KeyRotationStartOutput {
        group_id: rotation.jwt.user_group_id.clone(),
        key_id: rotation.key_id.clone(),
    };
    for _ in 0..ATTEMPTS {
        let user = rotation.jwt.user_id.clone();
        let devices = state.db.read(user, |tx, user| Box::pin(public_keys(tx, user))).await?;
        rotation = with_shares(rotation, devices).await?;
        let attempt = std::sync::Arc::new(rotation);
        if state.db.write(attempt.clone(), |tx, rotation| Box::pin(insert(tx, rotation))).await? {
            return Ok(output);
        }
        // The database may still hold its share of it for a moment after it has answered.
        rotation = std::sync::Arc::unwrap_or_clone(attempt);
    }
    Err(ApiError::caused_by(ErrorCode::DatabaseTransaction, "the devices of the user kept changing"))
}

/// The rotations that the device has to take over, oldest first.
pub(super) async fn pending(state: &AppState, jwt: Jwt) -> Result<Vec<KeyRotationPending>, ApiError> {
    let pending = state.db.read(jwt, |tx, jwt| {
        Box::pin(async move {
            let member = MemberId::from(&jwt.device_id);
            Ok(keyring::pending_rotations(tx, &jwt.user_group_id, &member).await?)
        })
    });
    pending.await
}

/// Takes a rotation over. Nothing happens when none is pending.
pub(super) async fn finish(
    state: &AppState,
    jwt: Jwt,
    key: KeyId,
    done: KeyRotationDone,
) -> Result<(), ApiError> {
    let data = (jwt, key, done, state.now());
    let finished = state.db.write(data, |tx, (jwt, key, done, now)| {
        Box::pin(async move {
            let member = MemberId::from(&jwt.device_id);
            Ok(keyring::finish_rotation(tx, &jwt.user_group_id, &member, key, done, *now).await?)
        })
    });
    finished.await
}

#[derive(Clone)]
struct Rotation {
    jwt: Jwt,
    key_id: KeyId,
    input: KeyRotationStart,
    shares: Vec<Share>,
    /// Rotations are kept for ever and make every login larger: one user must not make them without end.
    monthly_limit: u64,
    now: u64,
}

/// The ephemeral key for one device, or why it could not be encrypted.
#[derive(Clone)]
struct Share {
    device: DeviceId,
    encrypted: Result<Base64Text, String>,
}

fn check(input: &KeyRotationStart) -> Result<(), ApiError> {
    let signs = input.encrypted_sign_key.is_some()
        && input.verify_key.is_some()
        && input.keypair_sign_alg.is_some()
        && input.public_key_sig.is_some();
    if !signs {
        return Err(ErrorCode::UserKeysMissing.into());
    }
    let signer = match (&input.signed_by_user_id, &input.signed_by_user_sign_key_id) {
        (Some(user), Some(key)) => user.is_uuid() && key.is_uuid(),
        _ => true,
    };
    if input.previous_group_key_id.is_uuid() && input.invoker_public_key_id.is_uuid() && signer {
        Ok(())
    } else {
        Err(ErrorCode::IdFormat.into())
    }
}

async fn public_keys(tx: &mut Tx, user: &UserId) -> Result<Vec<(DeviceId, String, String)>, ApiError> {
    Ok(devices::public_keys(tx, user).await?)
}

/// Encrypts the ephemeral key to every device but the one that rotates. Outside of the transaction: it takes processor time.
async fn with_shares(
    mut rotation: Rotation,
    devices: Vec<(DeviceId, String, String)>,
) -> Result<Rotation, ApiError> {
    let encrypted = tokio::task::spawn_blocking(move || {
        let others = devices.into_iter().filter(|(device, ..)| *device != rotation.jwt.device_id);
        let ephemeral_key = rotation.input.encrypted_ephemeral_key.as_str();
        let shares = others.map(|(device, algorithm, public_key)| Share {
            device,
            encrypted: encrypt_ephemeral_key(&algorithm, &public_key, ephemeral_key)
                .map_err(|error| error.to_json()),
        });
        rotation.shares = shares.collect();
        rotation
    });
    encrypted.await.map_err(|error| ApiError::caused_by(ErrorCode::Internal, error))
}

/// `false` when there are devices without a share: one was added meanwhile.
async fn insert(tx: &mut Tx, rotation: &Rotation) -> Result<bool, ApiError> {
    let (jwt, now) = (&rotation.jwt, rotation.now);
    let group = store::users::lock(tx, &jwt.app_id, &jwt.user_id).await?.ok_or(ErrorCode::UserNotFound)?;
    let devices = devices::ids(tx, &jwt.user_id).await?;
    let has_share =
        |device: &DeviceId| *device == jwt.device_id || rotation.shares.iter().any(|s| s.device == *device);
    if !devices.iter().all(has_share) {
        return Ok(false);
    }
    let rotations =
        store::users::count_logged(tx, group.as_str(), Action::RotateKeys, start_of_month(now)).await?;
    if rotations >= rotation.monthly_limit {
        return Err(ErrorCode::RotationLimit.into());
    }
    let member = MemberId::from(&jwt.device_id);
    if !keyring::insert_rotation(tx, &group, &member, &rotation.key_id, &rotation.input, now).await? {
        let message = "The previous key is not the newest key of the user";
        return Err(ApiError::with_message(ErrorCode::RotationKeyNotFound, message));
    }
    for share in rotation.shares.iter().filter(|share| devices.contains(&share.device)) {
        let public_key = KeyId::from(share.device.as_str());
        let member = MemberId::from(&share.device);
        keyring::insert_pending_rotation(tx, &rotation.key_id, &member, &public_key, &share.encrypted)
            .await?;
    }
    // Every device has its share: whoever holds the previous key must not find this in a copy of the database.
    tx.execute(
        "UPDATE group_keys SET encrypted_ephemeral_key = NULL WHERE id = $1",
        params![rotation.key_id],
    )
    .await?;
    let amount = u64::try_from(rotation.shares.len()).unwrap_or(u64::MAX);
    store::users::log(tx, &jwt.app_id, group.as_str(), Action::RotateKeys, amount, now).await?;
    Ok(true)
}
