//! `/prepare_login`, `/done_login`, `/validate_mfa`, `/validate_recovery_otp`, `/verify_login`, `/verify_login_light`.

use axum::Router;
use axum::extract::State;
use keyfold_protocol::user::{
    DoneLoginInput, DoneLoginOutput, LoginKeys, OtpInput, PrepareLoginOutput, UserIdentifier, VerifyLogin,
    VerifyLoginInput, VerifyLoginLight,
};

use crate::extract::{Allow, AppToken, Body, ClientAddress, gate};
use crate::reply::{ApiResult, Reply};
use crate::routing::post;
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::{login, second_factor};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/prepare_login", post(prepare))
        .route("/api/v1/done_login", post(done))
        .route("/api/v1/validate_mfa", post(validate_mfa))
        .route("/api/v1/validate_recovery_otp", post(validate_recovery_otp))
        .route("/api/v1/verify_login", post(verify))
        .route("/api/v1/verify_login_light", post(verify_light))
}

/// `POST /prepare_login`: the salt.
async fn prepare(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserPrepareLogin>,
    address: ClientAddress,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<PrepareLoginOutput> {
    login::prepare(&state, &Origin::new(&app, address), &input).await.map(Reply)
}

/// `POST /done_login`: device keys and a challenge, or `"Otp"`.
async fn done(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDoneLogin>,
    address: ClientAddress,
    Body(input): Body<DoneLoginInput>,
) -> ApiResult<DoneLoginOutput> {
    login::done(&state, &Origin::new(&app, address), &input).await.map(Reply)
}

/// `POST /validate_mfa`: after `"Otp"`, with a one-time code.
async fn validate_mfa(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDoneLogin>,
    address: ClientAddress,
    Body(input): Body<OtpInput>,
) -> ApiResult<LoginKeys> {
    second_factor::validate_code(&state, &Origin::new(&app, address), &input).await.map(Reply)
}

/// `POST /validate_recovery_otp`: after `"Otp"`, with a recovery key.
async fn validate_recovery_otp(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDoneLogin>,
    address: ClientAddress,
    Body(input): Body<OtpInput>,
) -> ApiResult<LoginKeys> {
    second_factor::validate_recovery_key(&state, &Origin::new(&app, address), &input).await.map(Reply)
}

/// `POST /verify_login`: a session, for the decrypted challenge.
async fn verify(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDoneLogin>,
    address: ClientAddress,
    Body(input): Body<VerifyLoginInput>,
) -> ApiResult<VerifyLogin> {
    login::verify(&state, &Origin::new(&app, address), &app.app, &input).await.map(Reply)
}

/// `POST /verify_login_light`: the same without keys.
async fn verify_light(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDoneLogin>,
    address: ClientAddress,
    Body(input): Body<VerifyLoginInput>,
) -> ApiResult<VerifyLoginLight> {
    let login = login::verify(&state, &Origin::new(&app, address), &app.app, &input).await?;
    Ok(Reply(login::without_keys(login)))
}
