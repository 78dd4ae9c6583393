//! The second factor of customers. Everything needs a token from a login: with a stolen refresh token alone nobody may replace or read it.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{OtpRecoveryKeys, OtpRegister};

use crate::customer::root_app::Customer;
use crate::endpoint::{Endpoint, get, patch};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::second_factor;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        patch("/customer/register_otp", register, "Turns the second factor on; needs a recent login")
            .refuses(&[ErrorCode::JwtNotFresh, ErrorCode::ChallengeCreate]),
        patch(
            "/customer/reset_otp",
            reset,
            "Returns a new secret and new recovery keys; needs a recent login",
        )
        .refuses(&[ErrorCode::JwtNotFresh, ErrorCode::ChallengeCreate]),
        patch("/customer/disable_otp", disable, "Turns the second factor off; needs a recent login")
            .refuses(&[ErrorCode::JwtNotFresh]),
        get(
            "/customer/otp_recovery_keys",
            recovery_keys,
            "Returns the recovery keys that are left; needs a recent login",
        )
        .refuses(&[ErrorCode::JwtNotFresh]),
    ]
}

/// `PATCH /customer/register_otp`: turns the second factor on.
async fn register(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<OtpRegister> {
    jwt.require_fresh()?;
    second_factor::replace(&state, &jwt.app_id, &jwt.user_id).await.map(Reply)
}

/// `PATCH /customer/reset_otp`: a new secret and new recovery keys.
async fn reset(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<OtpRegister> {
    jwt.require_fresh()?;
    second_factor::replace(&state, &jwt.app_id, &jwt.user_id).await.map(Reply)
}

/// `PATCH /customer/disable_otp`.
async fn disable(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<&'static str> {
    jwt.require_fresh()?;
    let disabled =
        state.db.write(jwt, |tx, jwt| Box::pin(second_factor::disable(tx, &jwt.app_id, &jwt.user_id)));
    disabled.await?;
    Ok(done())
}

/// `GET /customer/otp_recovery_keys`: those that are left.
async fn recovery_keys(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<OtpRecoveryKeys> {
    jwt.require_fresh()?;
    second_factor::recovery_keys(&state, &jwt.user_id).await.map(Reply)
}
