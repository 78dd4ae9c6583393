//! The access token.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, DeviceId, GroupId, UserId};
use keyfold_protocol::session::{CLOCK_LEEWAY_SECONDS, Claims};

use super::AppToken;
use crate::app::App;
use crate::db::{Tx, params};
use crate::endpoint::{Demand, Identity, Operation};
use crate::error::ApiError;
use crate::state::AppState;

/// A logged-in user: the access token is signed by a key of the app of the request, has not expired, and its user, device and
/// session exist at this moment.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The app.
    pub app_id: AppId,
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
    /// The group of the user's devices.
    pub user_group_id: GroupId,
    /// The session; `None` for a token that the app's own backend has signed.
    pub session_id: Option<String>,
    /// Whether the token comes from a login, not from a refresh.
    pub fresh: bool,
}

/// Like [`Jwt`], but the token may have expired and its device and session may be gone: the refresh token decides about those.
#[derive(Debug, Clone)]
pub struct ExpiredJwt {
    /// The app.
    pub app_id: AppId,
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
    /// The session; `None` for a token that the app's own backend has signed.
    pub session_id: Option<String>,
}

/// Like [`Jwt`], but the token may have expired: a long upload goes on with the one it began with. Its device and session must exist.
#[derive(Debug, Clone)]
pub struct UploadJwt {
    /// The user.
    pub user_id: UserId,
    /// `exp`: seconds since 1970.
    pub expires_at: u64,
}

/// Who calls, if it says so with a token that is accepted. Whatever is wrong with the token makes the caller anonymous; an outage does not.
#[derive(Debug, Clone)]
pub struct OptionalJwt(pub Option<Jwt>);

impl Jwt {
    /// For actions that need a recent login.
    ///
    /// # Errors
    /// 401/113.
    pub fn require_fresh(&self) -> Result<(), ApiError> {
        if self.fresh { Ok(()) } else { Err(ErrorCode::JwtNotFresh.into()) }
    }
}

impl FromRequestParts<AppState> for Jwt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let AppToken { app, .. } = AppToken::from_request_parts(parts, state).await?;
        let token = bearer(parts)?;
        let claims = signed_claims(state, &app, token)?;
        let expired_at = claims.exp.saturating_add(CLOCK_LEEWAY_SECONDS);
        if expired_at <= state.now() / 1_000 {
            state.jwts.forget(token);
            return Err(ApiError::with_message(ErrorCode::JwtInvalid, "Wrong jwt: expired"));
        }
        let jwt = state
            .db
            .read_single((app.id.clone(), claims), |tx, (app, claims)| Box::pin(load(tx, app, claims)))
            .await?;
        parts.extensions.insert(jwt.clone());
        Ok(jwt)
    }
}

impl FromRequestParts<AppState> for ExpiredJwt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AppToken { app, .. } = AppToken::from_request_parts(parts, state).await?;
        let claims = signed_claims(state, &app, bearer(parts)?)?;
        let (app_id, user_id) = (app.id.clone(), claims.aud.clone());
        let exists = state.db.read_single((app_id.clone(), user_id.clone()), |tx, (app, user)| {
            Box::pin(async move {
                let sql = "SELECT 1 FROM users WHERE id = $1 AND app_id = $2";
                Ok(tx.query_opt(sql, params![user, app], |row| row.col::<i64>()).await?)
            })
        });
        exists.await?.ok_or(ErrorCode::UserNotFound)?;
        Ok(Self { app_id, user_id, device_id: claims.sub, session_id: claims.sid })
    }
}

impl FromRequestParts<AppState> for UploadJwt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AppToken { app, .. } = AppToken::from_request_parts(parts, state).await?;
        let claims = signed_claims(state, &app, bearer(parts)?)?;
        let expires_at = claims.exp;
        let jwt = state
            .db
            .read_single((app.id.clone(), claims), |tx, (app, claims)| Box::pin(load(tx, app, claims)))
            .await?;
        Ok(Self { user_id: jwt.user_id, expires_at })
    }
}

impl FromRequestParts<AppState> for OptionalJwt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        AppToken::from_request_parts(parts, state).await?;
        match Jwt::from_request_parts(parts, state).await {
            Ok(jwt) => Ok(Self(Some(jwt))),
            Err(error) if TOKEN_REFUSALS.contains(&error.code()) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

impl Demand for UploadJwt {
    fn describe(operation: &mut Operation) {
        describe_token(operation, Identity::ExpiredUser);
    }
}

impl Demand for OptionalJwt {
    fn describe(operation: &mut Operation) {
        AppToken::describe(operation);
    }
}

impl Demand for Jwt {
    fn describe(operation: &mut Operation) {
        describe_token(operation, Identity::User);
    }
}

impl Demand for ExpiredJwt {
    fn describe(operation: &mut Operation) {
        describe_token(operation, Identity::ExpiredUser);
    }
}

fn describe_token(operation: &mut Operation, identity: Identity) {
    AppToken::describe(operation);
    describe_access_token(operation, identity);
}

/// What an access token is refused with, whatever its app was found by.
pub(crate) fn describe_access_token(operation: &mut Operation, identity: Identity) {
    operation.needs(identity);
    operation.can_refuse(TOKEN_REFUSALS);
}

/// What can be wrong with a token.
const TOKEN_REFUSALS: &[ErrorCode] = &[
    ErrorCode::JwtMissing,
    ErrorCode::JwtMalformed,
    ErrorCode::JwtInvalid,
    ErrorCode::JwtKeyUnknown,
    ErrorCode::IdFormat,
    ErrorCode::UserNotFound,
];

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(ErrorCode::JwtMissing)?;
    let header = header.to_str().map_err(|_| ErrorCode::JwtMalformed)?;
    header.strip_prefix("Bearer ").ok_or_else(|| ErrorCode::JwtMissing.into())
}

/// Signature and form; neither time nor existence.
fn signed_claims(state: &AppState, app: &App, token: &str) -> Result<Claims, ApiError> {
    let claims = state.jwts.verify(&app.id, token, |kid| {
        app.jwt_keys.iter().find(|key| key.id == *kid).map(|key| key.public_key.clone())
    })?;
    if claims.aud.is_uuid() && claims.sub.is_uuid() { Ok(claims) } else { Err(ErrorCode::IdFormat.into()) }
}

async fn load(tx: &mut Tx, app: &AppId, claims: &Claims) -> Result<Jwt, ApiError> {
    let row = tx
        .query_opt(
            "SELECT u.group_id,
                EXISTS (SELECT 1 FROM devices d WHERE d.id = $3 AND d.user_id = u.id),
                EXISTS (SELECT 1 FROM sessions s WHERE s.id = $4 AND s.device_id = $3)
             FROM users u WHERE u.id = $1 AND u.app_id = $2",
            params![claims.aud, app, claims.sub, claims.sid],
            |row| Ok((row.col::<GroupId>()?, row.col::<bool>()?, row.col::<bool>()?)),
        )
        .await?;
    let (user_group_id, device_exists, session_exists) = row.ok_or(ErrorCode::UserNotFound)?;
    if !device_exists || (claims.sid.is_some() && !session_exists) {
        return Err(ApiError::with_message(ErrorCode::JwtMissing, "No valid jwt: the session has ended"));
    }
    Ok(Jwt {
        app_id: app.clone(),
        user_id: claims.aud.clone(),
        device_id: claims.sub.clone(),
        user_group_id,
        session_id: claims.sid.clone(),
        fresh: claims.fresh,
    })
}
