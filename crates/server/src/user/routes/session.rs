//! `/refresh`, `/init`, the end of a session, and whose a token is.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{InitOutput, JwtInfo, RefreshInput, RefreshOutput};

use crate::endpoint::{Endpoint, delete, get, post, put};
use crate::extract::{Allow, AppToken, Body, ExpiredJwt, Jwt, gate};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::session;

/// What a refresh refuses.
const REFRESH: &[ErrorCode] = &[ErrorCode::RefreshTokenNotFound, ErrorCode::JwtCreate];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        put("/refresh", refresh, "Returns a new access token for a refresh token").refuses(REFRESH),
        post("/init", init, "Returns a new access token and the newest invitations").refuses(REFRESH),
        delete(
            "/user/session",
            log_out,
            "Ends the session of the access token. Other servers do not have this",
        ),
        get("/user/jwt", info, "Says whose an access token is"),
    ]
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
