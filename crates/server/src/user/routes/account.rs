//! `PUT /user`, `DELETE /user`, `/user/update_pw`, `/user/reset_pw`.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{ChangePasswordInput, ResetPasswordInput, UserIdentifier};

use crate::endpoint::{Endpoint, delete, put};
use crate::extract::{Allow, AppToken, Body, ClientAddress, Jwt, gate};
use crate::reply::{ApiResult, done};
use crate::state::AppState;
use crate::user::account;
use crate::user::authentication::Origin;
use crate::user::deletion;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        put("/user", rename, "Gives the device of the token another identifier")
            .refuses(&[ErrorCode::IdentifierTaken]),
        delete("/user", remove, "Deletes the account; needs a recent login")
            .refuses(&[ErrorCode::JwtNotFresh]),
        put("/user/update_pw", change_password, "Changes the password of the device; needs a recent login")
            .refuses(&[ErrorCode::JwtNotFresh, ErrorCode::AuthKeyFormat, ErrorCode::WrongPassword]),
        put(
            "/user/reset_pw",
            reset_password,
            "Sets a new password for the device, for who holds its open keys",
        ),
    ]
}

/// `PUT /user`: another identifier for the device of the token.
async fn rename(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserUpdate>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<&'static str> {
    account::rename(&state, jwt, &input).await?;
    Ok(done())
}

/// `DELETE /user`: the account with all its devices.
async fn remove(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDelete>,
) -> ApiResult<&'static str> {
    jwt.require_fresh()?;
    let deleted =
        state.db.write((jwt, state.now()), |tx, (jwt, now)| Box::pin(deletion::delete_own(tx, jwt, *now)));
    deleted.await?;
    state.jobs.wake();
    Ok(done())
}

/// `PUT /user/update_pw`: a new password, with the old one.
async fn change_password(
    State(state): State<AppState>,
    app: AppToken,
    jwt: Jwt,
    _: Allow<gate::UserChangePassword>,
    address: ClientAddress,
    Body(input): Body<ChangePasswordInput>,
) -> ApiResult<&'static str> {
    account::change_password(&state, &Origin::new(&app, address), jwt, input).await?;
    Ok(done())
}

/// `PUT /user/reset_pw`: a new password, with the open keys of the device.
async fn reset_password(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserResetPassword>,
    Body(input): Body<ResetPasswordInput>,
) -> ApiResult<&'static str> {
    account::reset_password(&state, jwt, input).await?;
    Ok(done())
}
