//! `/user/register_otp`, `/user/reset_otp`, `/user/disable_otp`, `/user/otp_recovery_keys`.
//!
//! All of them need a token from a login: with a stolen refresh token alone nobody may replace or read the second factor.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{OtpRecoveryKeys, OtpRegister};

use crate::endpoint::{Endpoint, get, patch};
use crate::extract::{Allow, Jwt, gate};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::second_factor;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const FRESH: &[ErrorCode] = &[ErrorCode::JwtNotFresh];
    vec![
        patch("/user/register_otp", register, "Turns the second factor on; needs a recent login")
            .refuses(FRESH),
        patch("/user/reset_otp", reset, "Makes a new secret and new recovery keys; needs a recent login")
            .refuses(FRESH),
        patch("/user/disable_otp", disable, "Turns the second factor off; needs a recent login")
            .refuses(FRESH),
        get("/user/otp_recovery_keys", recovery_keys, "Lists the unused recovery keys; needs a recent login")
            .refuses(FRESH),
    ]
}

/// `PATCH /user/register_otp`: turns the second factor on.
async fn register(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserRegisterOtp>,
) -> ApiResult<OtpRegister> {
    jwt.require_fresh()?;
    second_factor::replace(&state, &jwt.app_id, &jwt.user_id).await.map(Reply)
}

/// `PATCH /user/reset_otp`: a new secret and new recovery keys.
async fn reset(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserResetOtp>,
) -> ApiResult<OtpRegister> {
    jwt.require_fresh()?;
    second_factor::replace(&state, &jwt.app_id, &jwt.user_id).await.map(Reply)
}

/// `PATCH /user/disable_otp`.
async fn disable(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDisableOtp>,
) -> ApiResult<&'static str> {
    jwt.require_fresh()?;
    let disabled =
        state.db.write(jwt, |tx, jwt| Box::pin(second_factor::disable(tx, &jwt.app_id, &jwt.user_id)));
    disabled.await?;
    Ok(done())
}

/// `GET /user/otp_recovery_keys`: those that are left.
async fn recovery_keys(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserGetOtpRecoveryKeys>,
) -> ApiResult<OtpRecoveryKeys> {
    jwt.require_fresh()?;
    second_factor::recovery_keys(&state, &jwt.user_id).await.map(Reply)
}
