//! Changes of one's own device: identifier and password.

use keyfold_protocol::encoding::{DeviceIdentifier, HashedAuthenticationKey};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, UserId};
use keyfold_protocol::user::{ChangePasswordInput, ResetPasswordInput, UserIdentifier};

use super::authentication::{Origin, check_password};
use super::store::{self, Action, devices, sessions};
use super::{credentials, identifier_hash};
use crate::db::Tx;
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::state::AppState;

/// Gives the device of the token another identifier. Its own is no conflict.
///
/// # Errors
/// 400/101.
pub(super) async fn rename(state: &AppState, jwt: Jwt, input: &UserIdentifier) -> Result<(), ApiError> {
    let hash = identifier_hash(&input.user_identifier);
    let renamed = state.db.write((jwt, hash), |tx, (jwt, hash)| {
        Box::pin(async move { Ok(devices::rename(tx, &jwt.device_id, hash).await?) })
    });
    match renamed.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorCode::UserNotFound.into()),
        Err(error) if error.is_constraint() => Err(ErrorCode::IdentifierTaken.into()),
        Err(error) => Err(error),
    }
}

/// Changes the password of the device. Its other sessions and its open challenges end.
///
/// # Errors
/// 401/113 for a token from a refresh, 401/111, 401/112 also when the password was changed at the same moment, 422/11, 429.
pub(crate) async fn change_password(
    state: &AppState,
    origin: &Origin,
    jwt: Jwt,
    input: ChangePasswordInput,
) -> Result<(), ApiError> {
    jwt.require_fresh()?;
    credentials::usable_derivation(&input.new_derived_alg, &input.new_client_random_value)?;
    credentials::usable_algorithm(&input.new_encrypted_master_key_alg)?;
    let old = state.db.read(jwt.clone(), |tx, jwt| {
        Box::pin(async move { Ok(devices::verifier(tx, &jwt.user_id, &jwt.device_id).await?) })
    });
    let old = old.await?.ok_or(ErrorCode::JwtNotFresh)?;
    check_password(state, origin, &jwt.device_id, &input.old_auth_key, &old).await?;
    let data = (jwt, input, old.hashed_authentication_key, state.now());
    state
        .db
        .write(data, |tx, (jwt, input, old, now)| Box::pin(store_password(tx, jwt, input, old, *now)))
        .await
}

/// Sets a new password without the old one, for who holds the open keys of the device. Its other sessions and its open challenges end.
///
/// # Errors
/// 400/100 when the device is gone, 422/11.
pub(super) async fn reset_password(
    state: &AppState,
    jwt: Jwt,
    input: ResetPasswordInput,
) -> Result<(), ApiError> {
    credentials::usable_derivation(&input.derived_alg, &input.client_random_value)?;
    credentials::usable_master_key(&input.master_key)?;
    let reset = state.db.write((jwt, input, state.now()), |tx, (jwt, input, now)| {
        Box::pin(async move {
            if !devices::reset_password(tx, &jwt.device_id, input).await? {
                return Err(ErrorCode::UserNotFound.into());
            }
            end_other_sessions(tx, jwt).await?;
            let user = jwt.user_id.as_str();
            Ok(store::users::log(tx, &jwt.app_id, user, Action::ResetPassword, 1, *now).await?)
        })
    });
    reset.await
}

/// Whether a device of the app has the identifier.
pub(crate) async fn is_taken(
    tx: &mut Tx,
    app: &AppId,
    identifier: &DeviceIdentifier,
) -> Result<bool, ApiError> {
    Ok(devices::exists(tx, app, &identifier_hash(identifier)).await?)
}

/// Gives the one device of a user another identifier.
///
/// # Errors
/// A refusal of the database when another device of the app has it, or the user has several devices.
pub(crate) async fn set_only_identifier(
    tx: &mut Tx,
    user: &UserId,
    identifier: &DeviceIdentifier,
) -> Result<(), ApiError> {
    Ok(devices::rename_all(tx, user, &identifier_hash(identifier)).await?)
}

async fn store_password(
    tx: &mut Tx,
    jwt: &Jwt,
    input: &ChangePasswordInput,
    old: &HashedAuthenticationKey,
    now: u64,
) -> Result<(), ApiError> {
    if !devices::change_password(tx, &jwt.device_id, old, input).await? {
        return Err(ErrorCode::WrongPassword.into());
    }
    end_other_sessions(tx, jwt).await?;
    let user = jwt.user_id.as_str();
    Ok(store::users::log(tx, &jwt.app_id, user, Action::ChangePassword, 1, now).await?)
}

/// Who knew the old password must not stay logged in.
async fn end_other_sessions(tx: &mut Tx, jwt: &Jwt) -> Result<(), ApiError> {
    sessions::delete_challenges(tx, &jwt.device_id).await?;
    Ok(sessions::delete_others(tx, &jwt.device_id, jwt.session_id.as_deref()).await?)
}
