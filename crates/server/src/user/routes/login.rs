//! `/prepare_login`, `/done_login`, `/validate_mfa`, `/validate_recovery_otp`, `/verify_login`, `/verify_login_light`.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{
    DoneLoginInput, DoneLoginOutput, LoginKeys, OtpInput, PrepareLoginOutput, UserIdentifier, VerifyLogin,
    VerifyLoginInput, VerifyLoginLight,
};

use crate::endpoint::{Endpoint, post};
use crate::extract::{Allow, AppToken, Body, ClientAddress, gate};
use crate::reply::{ApiResult, Reply};
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::{login, second_factor};

/// What every step refuses that checks the password.
const PASSWORD: &[ErrorCode] =
    &[ErrorCode::LoginUserNotFound, ErrorCode::AuthKeyFormat, ErrorCode::WrongPassword];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/prepare_login", prepare, "Returns the salt with which the password is derived")
            .refuses(&[ErrorCode::SaltCreate]),
        post(
            "/done_login",
            done,
            "Returns the device's keys and a challenge for the right password, or `Otp`",
        )
        .refuses(PASSWORD)
        .refuses(&[ErrorCode::ChallengeCreate]),
        post("/validate_mfa", validate_mfa, "Continues a login after `Otp` with a one-time code")
            .refuses(PASSWORD)
            .refuses(&[
                ErrorCode::OtpNotFound,
                ErrorCode::OtpSecret,
                ErrorCode::OtpWrong,
                ErrorCode::ChallengeCreate,
            ]),
        post(
            "/validate_recovery_otp",
            validate_recovery_otp,
            "Continues a login after `Otp` with a recovery key, which is used up",
        )
        .refuses(PASSWORD)
        .refuses(&[ErrorCode::OtpNotFound, ErrorCode::ChallengeCreate]),
        post("/verify_login", verify, "Begins a session for the decrypted challenge").refuses(SESSION),
        post("/verify_login_light", verify_light, "Begins a session, without user keys").refuses(SESSION),
    ]
}

/// What the last step refuses.
const SESSION: &[ErrorCode] = &[
    ErrorCode::LoginUserNotFound,
    ErrorCode::AuthKeyFormat,
    ErrorCode::WrongPassword,
    ErrorCode::JwtKeyUnknown,
    ErrorCode::JwtCreate,
];

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
