//! `PUT /user`, `DELETE /user`, `/user/update_pw`, `/user/reset_pw`.

use axum::Router;
use axum::extract::State;
use keyfold_protocol::user::{ChangePasswordInput, ResetPasswordInput, UserIdentifier};

use crate::extract::{Allow, AppToken, Body, ClientAddress, Jwt, gate};
use crate::reply::{ApiResult, done};
use crate::routing::{delete, put};
use crate::state::AppState;
use crate::user::account;
use crate::user::authentication::Origin;
use crate::user::deletion;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/user", put(rename).merge(delete(remove)))
        .route("/api/v1/user/update_pw", put(change_password))
        .route("/api/v1/user/reset_pw", put(reset_password))
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
