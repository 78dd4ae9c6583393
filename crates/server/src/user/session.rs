//! Sessions: what a login begins, what access and refresh tokens belong to, and how it ends.

use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::GroupInviteItem;
use keyfold_protocol::id::{DeviceId, UserId};
use keyfold_protocol::session::{ACCESS_TOKEN_SECONDS, Claims};

use super::store::sessions;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::ExpiredJwt;
use crate::hash::{Hash, sha256};
use crate::random;
use crate::root_key::Purpose;
use crate::state::AppState;

/// A session that is about to begin. Its refresh token is shown once; only the hash is kept.
pub(super) struct NewSession {
    pub(super) id: String,
    pub(super) refresh_token: SecretText,
    pub(super) refresh_token_hash: Hash,
}

impl NewSession {
    pub(super) fn new() -> Result<Self, ApiError> {
        let refresh_token = random::token()?;
        let refresh_token_hash = sha256(refresh_token.expose().as_bytes());
        Ok(Self { id: random::ordered_id(), refresh_token, refresh_token_hash })
    }
}

/// Signs an access token with the newest key of the app.
///
/// # Errors
/// 200/35 when the app has no key, 401/33.
pub(super) fn access_token(
    state: &AppState,
    app: &App,
    user: &UserId,
    device: &DeviceId,
    session: &str,
    fresh: bool,
) -> Result<SecretText, ApiError> {
    let key = app.jwt_keys.first().ok_or(ErrorCode::JwtKeyUnknown)?;
    let signing_key = state.jwts.signing_key(&key.id, || {
        state.root_key.open(Purpose::JwtPrivateKey, key.id.as_str(), &key.sealed_private_key)
    })?;
    let now = state.now() / 1_000;
    signing_key.sign(&Claims {
        aud: user.clone(),
        sub: device.clone(),
        iat: now,
        exp: now.saturating_add(ACCESS_TOKEN_SECONDS),
        fresh,
        sid: Some(session.to_owned()),
    })
}

/// A new access token for a refresh token. The refresh token stays the same: the protocol has no place to return another.
///
/// # Errors
/// 400/114 when the token is unknown, belongs to another device, or the session has ended.
pub(crate) async fn refresh(
    state: &AppState,
    app: &App,
    jwt: &ExpiredJwt,
    refresh_token: &SecretText,
) -> Result<SecretText, ApiError> {
    let hash = sha256(refresh_token.expose().as_bytes());
    let session = state.db.read((jwt.clone(), hash), |tx, (jwt, hash)| {
        Box::pin(async move { Ok(sessions::find(tx, &jwt.user_id, &jwt.device_id, hash).await?) })
    });
    let session = session.await?.ok_or(ErrorCode::RefreshTokenNotFound)?;
    let now = state.now();
    let (idle, lifetime) =
        (milliseconds(state.limits.session_idle), milliseconds(state.limits.session_lifetime));
    let has_ended = session.last_used_at.saturating_add(idle) <= now
        || session.created_at.saturating_add(lifetime) <= now;
    if has_ended {
        return Err(ErrorCode::RefreshTokenNotFound.into());
    }
    // Idle time is counted in months: noting every use would be a write per request for nothing.
    if session.last_used_at.saturating_add(idle / 1_000) < now {
        let touched = state.db.write((session.id.clone(), now), |tx, (id, now)| {
            Box::pin(async move { Ok(sessions::touch(tx, id, *now).await?) })
        });
        // The token is good whether this succeeds or not. The next refresh tries again.
        if let Err(error) = touched.await {
            tracing::warn!(%error, "cannot note that a session is in use");
        }
    }
    access_token(state, app, &jwt.user_id, &jwt.device_id, &session.id, false)
}

/// The newest pending invitations of a user.
pub(super) async fn invitations(state: &AppState, user: UserId) -> Result<Vec<GroupInviteItem>, ApiError> {
    state.db.read(user, |tx, user| Box::pin(async move { Ok(sessions::invitations(tx, user).await?) })).await
}

/// Ends the session of an access token, expired or not. Done when there is none.
pub(crate) async fn end(state: &AppState, jwt: ExpiredJwt) -> Result<(), ApiError> {
    let Some(session) = jwt.session_id else {
        return Ok(());
    };
    state
        .db
        .write((jwt.device_id, session), |tx, (device, session)| {
            Box::pin(async move { Ok(sessions::delete(tx, device, session).await?) })
        })
        .await
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
