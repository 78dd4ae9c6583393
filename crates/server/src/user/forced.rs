//! What an app's own backend may do to its users, without their passwords.

use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::user::{DeviceRegister, ForcedDeviceKeys, ForcedLogin, RegisterInput};

use super::login::first_keys;
use super::registration::{UserGroup, insert_user_group};
use super::session::{NewSession, access_token};
use super::store::devices::LoginRow;
use super::store::{devices, sessions, users};
use super::{credentials, deletion, identifier_hash, second_factor};
use crate::app::App;
use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::hash::Hash;
use crate::random;
use crate::state::AppState;

/// Deletes the user to whom a device with this identifier belongs.
///
/// # Errors
/// 400/100.
pub(super) async fn delete_by_identifier(
    state: &AppState,
    app: &AppId,
    identifier: &DeviceIdentifier,
) -> Result<(), ApiError> {
    let data = (app.clone(), identifier_hash(identifier), state.now());
    let deleted = state.db.write(data, |tx, (app, hash, now)| {
        Box::pin(async move {
            let user = owner(tx, app, hash).await?;
            deletion::delete(tx, app, &user, *now).await
        })
    });
    deleted.await?;
    state.jobs.wake();
    Ok(())
}

/// Deletes a user.
///
/// # Errors
/// 400/100.
pub(super) async fn delete_by_id(state: &AppState, app: &AppId, user: UserId) -> Result<(), ApiError> {
    let data = (app.clone(), user, state.now());
    state.db.write(data, |tx, (app, user, now)| Box::pin(deletion::delete(tx, app, user, *now))).await?;
    state.jobs.wake();
    Ok(())
}

/// Turns the second factor of a user off.
///
/// # Errors
/// 400/100.
pub(super) async fn disable_second_factor(
    state: &AppState,
    app: &AppId,
    identifier: &DeviceIdentifier,
) -> Result<(), ApiError> {
    let data = (app.clone(), identifier_hash(identifier));
    let disabled = state.db.write(data, |tx, (app, hash)| {
        Box::pin(async move {
            let user = owner(tx, app, hash).await?;
            second_factor::disable(tx, app, &user).await
        })
    });
    disabled.await
}

/// Ends all sessions of a user.
///
/// # Errors
/// 400/100.
pub(super) async fn end_sessions(
    state: &AppState,
    app: &AppId,
    identifier: &DeviceIdentifier,
) -> Result<(), ApiError> {
    let data = (app.clone(), identifier_hash(identifier));
    let ended = state.db.write(data, |tx, (app, hash)| {
        Box::pin(async move {
            let user = owner(tx, app, hash).await?;
            Ok(sessions::delete_of_user(tx, &user).await?)
        })
    });
    ended.await
}

/// A session without password and second factor.
///
/// # Errors
/// 401/112 for an unknown identifier.
pub(super) async fn login(
    state: &AppState,
    app: &App,
    identifier: &DeviceIdentifier,
) -> Result<ForcedLogin, ApiError> {
    let session = NewSession::new()?;
    let new = ForcedSession {
        app_id: app.id.clone(),
        identifier: identifier_hash(identifier),
        session_id: session.id.clone(),
        refresh_token: session.refresh_token_hash,
        cap: state.limits.sessions_per_device,
        now: state.now(),
    };
    let (row, device_keys) = state.db.write(new, |tx, new| Box::pin(begin_session(tx, new))).await?;
    let (user_keys, hmac_keys) = first_keys(state, &row).await?;
    let jwt = access_token(state, app, &row.user_id, &row.device_id, &session.id, true)?;
    let verify = keyfold_protocol::user::VerifyLogin {
        user_keys,
        hmac_keys,
        jwt,
        refresh_token: session.refresh_token,
    };
    Ok(ForcedLogin { device_keys, verify })
}

/// Gives a user who has lost everything a new device and a new, empty user group, under the same user id. All devices and sessions end;
/// the second factor and the memberships stay (the keys of those groups are lost for the user until somebody invites again).
///
/// # Errors
/// 422/11, 400/117, 400/100 when the identifier belongs to no device.
pub(super) async fn reset_user(state: &AppState, app: &AppId, input: RegisterInput) -> Result<(), ApiError> {
    credentials::usable_registration(&input)?;
    let reset = Reset {
        app_id: app.clone(),
        device_id: DeviceId::from(random::ordered_id()),
        group_id: GroupId::from(random::ordered_id()),
        key_id: KeyId::from(random::ordered_id()),
        now: state.now(),
        input,
    };
    state.db.write(reset, |tx, reset| Box::pin(replace_everything(tx, reset))).await
}

/// New credentials and keys for a device of a light user. Its sessions end.
///
/// # Errors
/// 422/11, 400/100 when the identifier belongs to no device.
pub(super) async fn reset_password_light(
    state: &AppState,
    app: &AppId,
    device: DeviceRegister,
) -> Result<(), ApiError> {
    credentials::usable_device(&device)?;
    let data = (app.clone(), device);
    state.db.write(data, |tx, (app, device)| Box::pin(replace_credentials(tx, app, device))).await
}

/// [`reset_password_light`] in a transaction of the caller.
///
/// # Errors
/// 400/100 when the identifier belongs to no device.
pub(crate) async fn replace_credentials(
    tx: &mut Tx,
    app: &AppId,
    device: &DeviceRegister,
) -> Result<(), ApiError> {
    let hash = identifier_hash(&device.device_identifier);
    let id = devices::replace_keys(tx, app, &hash, device).await?.ok_or(ErrorCode::UserNotFound)?;
    sessions::delete_challenges(tx, &id).await?;
    Ok(sessions::delete_others(tx, &id, None).await?)
}

async fn owner(tx: &mut Tx, app: &AppId, identifier: &Hash) -> Result<UserId, ApiError> {
    users::find_by_identifier(tx, app, identifier).await?.ok_or_else(|| ErrorCode::UserNotFound.into())
}

struct ForcedSession {
    app_id: AppId,
    identifier: Hash,
    session_id: String,
    refresh_token: Hash,
    cap: u32,
    now: u64,
}

async fn begin_session(tx: &mut Tx, new: &ForcedSession) -> Result<(LoginRow, ForcedDeviceKeys), ApiError> {
    let row = devices::find_login(tx, &new.app_id, &new.identifier).await?.ok_or(ErrorCode::WrongPassword)?;
    let keys = devices::keys(tx, &row.device_id).await?.ok_or(ErrorCode::WrongPassword)?;
    sessions::insert(tx, &new.session_id, &row.device_id, &new.refresh_token, new.cap, new.now).await?;
    let device_keys = ForcedDeviceKeys {
        device_id: keys.device_id,
        user_id: keys.user_id,
        user_group_id: keys.user_group_id,
        encrypted_master_key: keys.encrypted_master_key,
        encrypted_private_key: keys.encrypted_private_key,
        public_key_string: keys.public_key_string,
        keypair_encrypt_alg: keys.keypair_encrypt_alg,
        encrypted_sign_key: keys.encrypted_sign_key,
        verify_key_string: keys.verify_key_string,
        keypair_sign_alg: keys.keypair_sign_alg,
    };
    Ok((row, device_keys))
}

struct Reset {
    app_id: AppId,
    device_id: DeviceId,
    group_id: GroupId,
    key_id: KeyId,
    input: RegisterInput,
    now: u64,
}

async fn replace_everything(tx: &mut Tx, reset: &Reset) -> Result<(), ApiError> {
    let device = &reset.input.device;
    let identifier = identifier_hash(&device.device_identifier);
    let user = owner(tx, &reset.app_id, &identifier).await?;
    let old_group = users::lock(tx, &reset.app_id, &user).await?.ok_or(ErrorCode::UserNotFound)?;
    devices::delete_all(tx, &user).await?;
    if !devices::insert(tx, &reset.device_id, &reset.app_id, &user, &identifier, device, reset.now).await? {
        return Err(ErrorCode::IdentifierTaken.into());
    }
    tx.execute("DELETE FROM groups WHERE id = $1", params![old_group]).await?;
    let group = UserGroup {
        id: &reset.group_id,
        app_id: &reset.app_id,
        user_id: &user,
        device_id: &reset.device_id,
        key_id: &reset.key_id,
        keys: Some(&reset.input.group),
    };
    insert_user_group(tx, &group, reset.now).await?;
    Ok(users::set_group(tx, &user, &reset.group_id).await?)
}
