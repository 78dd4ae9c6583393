//! Keys of users: the public ones for everybody, the encrypted ones for their devices.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::GroupKey;
use keyfold_protocol::id::{AppId, KeyId, MemberId, UserId};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};

use super::store::users;
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::keyring::{self, Cursor};
use crate::state::AppState;

/// The newest public key of a user, or the one with this id.
///
/// # Errors
/// 400/100.
pub(super) async fn public_key(
    state: &AppState,
    app: &AppId,
    user: UserId,
    key: Option<KeyId>,
) -> Result<PublicKeyData, ApiError> {
    let found = state.db.read((app.clone(), user, key), |tx, (app, user, key)| {
        Box::pin(async move {
            let Some(group) = users::group_of(tx, app, user).await? else {
                return Ok(None);
            };
            Ok(match key {
                Some(key) => keyring::public_key(tx, &group, key).await?,
                None => keyring::newest_public_key(tx, &group).await?,
            })
        })
    });
    let missing = || ApiError::with_message(ErrorCode::UserNotFound, "Public key from this user not found");
    found.await?.ok_or_else(missing)
}

/// A verify key of a user.
///
/// # Errors
/// 400/100.
pub(super) async fn verify_key(
    state: &AppState,
    app: &AppId,
    user: UserId,
    key: KeyId,
) -> Result<VerifyKeyData, ApiError> {
    let found = state.db.read((app.clone(), user, key), |tx, (app, user, key)| {
        Box::pin(async move {
            let Some(group) = users::group_of(tx, app, user).await? else {
                return Ok(None);
            };
            Ok(keyring::verify_key(tx, &group, key).await?)
        })
    });
    let missing = || ApiError::with_message(ErrorCode::UserNotFound, "Verify key from this user not found");
    found.await?.ok_or_else(missing)
}

/// A page of the user keys for the device of the token, newest first.
pub(super) async fn own_keys(state: &AppState, jwt: Jwt, after: Cursor) -> Result<Vec<GroupKey>, ApiError> {
    let page = state.db.read((jwt, after), |tx, (jwt, after)| {
        Box::pin(async move {
            let member = MemberId::from(&jwt.device_id);
            Ok(keyring::keys(tx, &jwt.user_group_id, &member, Some(after)).await?)
        })
    });
    page.await
}

/// One user key for the device of the token.
///
/// # Errors
/// 200/304.
pub(super) async fn own_key(state: &AppState, jwt: Jwt, key: KeyId) -> Result<GroupKey, ApiError> {
    let found = state.db.read((jwt, key), |tx, (jwt, key)| {
        Box::pin(async move {
            let member = MemberId::from(&jwt.device_id);
            Ok(keyring::key(tx, &jwt.user_group_id, &member, key).await?)
        })
    });
    found.await?.ok_or_else(|| ErrorCode::GroupKeyNotFound.into())
}
