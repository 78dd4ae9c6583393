//! `/refresh`, `/init`, the end of a session, and whose a token is.

use axum::Router;
use axum::extract::State;
use keyfold_protocol::user::{InitOutput, JwtInfo, RefreshInput, RefreshOutput};

use crate::extract::{Allow, AppToken, Body, ExpiredJwt, Jwt, gate};
use crate::reply::{ApiResult, Reply, done};
use crate::routing::{delete, get, post, put};
use crate::state::AppState;
use crate::user::session;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/refresh", put(refresh))
        .route("/api/v1/init", post(init))
        .route("/api/v1/user/session", delete(log_out))
        .route("/api/v1/user/jwt", get(info))
}

/// `PUT /refresh`: a new access token.
async fn refresh(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    jwt: ExpiredJwt,
    _: Allow<gate::UserJwtRefresh>,
    Body(input): Body<RefreshInput>,
) -> ApiResult<RefreshOutput> {
    let token = session::refresh(&state, &app, &jwt, &input.refresh_token).await?;
    Ok(Reply(RefreshOutput { user_id: jwt.user_id, jwt: token, device_id: jwt.device_id }))
}

/// `POST /init`: a new access token and the pending invitations.
async fn init(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    jwt: ExpiredJwt,
    _: Allow<gate::UserJwtRefresh>,
    Body(input): Body<RefreshInput>,
) -> ApiResult<InitOutput> {
    let token = session::refresh(&state, &app, &jwt, &input.refresh_token).await?;
    let invites = session::invitations(&state, jwt.user_id).await?;
    Ok(Reply(InitOutput { jwt: token, invites }))
}

/// `DELETE /user/session`: ends the session of the token, which may have expired. An addition to the protocol.
async fn log_out(State(state): State<AppState>, jwt: ExpiredJwt) -> ApiResult<&'static str> {
    session::end(&state, jwt).await?;
    Ok(done())
}

/// `GET /user/jwt`: user and device of a token, for the app's own backend.
async fn info(jwt: Jwt, _: Allow<gate::SecretOnly>) -> ApiResult<JwtInfo> {
    Ok(Reply(JwtInfo { id: jwt.user_id, device_id: jwt.device_id }))
}
