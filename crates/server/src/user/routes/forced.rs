//! `/user/forced/…` and `/user/reset_pw_light`: the app's own backend, with the secret token and no JWT.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;
use keyfold_protocol::user::{DeviceRegister, ForcedLogin, ForcedLoginLight, RegisterInput, UserIdentifier};

use crate::endpoint::{Endpoint, delete, post, put};
use crate::extract::{Allow, AppToken, Body, Path, gate};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::{forced, login};

pub(super) fn endpoints() -> Vec<Endpoint> {
    const USER: &[ErrorCode] = &[ErrorCode::UserNotFound];
    const LOGIN: &[ErrorCode] = &[ErrorCode::WrongPassword, ErrorCode::JwtKeyUnknown, ErrorCode::JwtCreate];
    vec![
        put("/user/forced/delete", delete_by_identifier, "Deletes the user with this identifier")
            .refuses(USER),
        delete("/user/forced/delete/{user_id}", delete_by_id, "Deletes a user").refuses(USER),
        put(
            "/user/forced/reset_user",
            reset_user,
            "Gives a user new keys under the same user id; what the old ones encrypted is lost to it",
        )
        .refuses(USER)
        .refuses(&[ErrorCode::UserKeysMissing]),
        put("/user/forced/disable_otp", disable_otp, "Turns the second factor of a user off").refuses(USER),
        // Existing backends use PUT, the published guides say DELETE.
        delete("/user/forced/disable_otp", disable_otp, "Turns the second factor of a user off")
            .refuses(USER),
        delete("/user/forced/sessions", end_sessions, "Ends all sessions of a user").refuses(USER),
        post("/user/forced/login", log_in, "Begins a session without a password").refuses(LOGIN),
        post(
            "/user/forced/login_light",
            log_in_light,
            "Begins a session without a password, without user keys",
        )
        .refuses(LOGIN),
        put(
            "/user/reset_pw_light",
            reset_password_light,
            "Replaces the credentials of a device of a light user",
        )
        .refuses(USER),
    ]
}

/// `PUT /user/forced/delete`: the user with this identifier.
async fn delete_by_identifier(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<&'static str> {
    forced::delete_by_identifier(&state, &app.id, &input.user_identifier).await?;
    Ok(done())
}

/// `DELETE /user/forced/delete/:user_id`.
async fn delete_by_id(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(user): Path<UserId>,
) -> ApiResult<&'static str> {
    forced::delete_by_id(&state, &app.id, user).await?;
    Ok(done())
}

/// `PUT /user/forced/reset_user`: a new start under the same user id, without the old keys.
async fn reset_user(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<RegisterInput>,
) -> ApiResult<&'static str> {
    forced::reset_user(&state, &app.id, input).await?;
    Ok(done())
}

/// `PUT` and `DELETE /user/forced/disable_otp`.
async fn disable_otp(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<&'static str> {
    forced::disable_second_factor(&state, &app.id, &input.user_identifier).await?;
    Ok(done())
}

/// `DELETE /user/forced/sessions`: with the identifier in the body.
async fn end_sessions(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<&'static str> {
    forced::end_sessions(&state, &app.id, &input.user_identifier).await?;
    Ok(done())
}

/// `POST /user/forced/login`.
async fn log_in(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<ForcedLogin> {
    forced::login(&state, &app, &input.user_identifier).await.map(Reply)
}

/// `POST /user/forced/login_light`.
async fn log_in_light(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<ForcedLoginLight> {
    let ForcedLogin { device_keys, verify } = forced::login(&state, &app, &input.user_identifier).await?;
    Ok(Reply(ForcedLoginLight { device_keys, verify: login::without_keys(verify) }))
}

/// `PUT /user/reset_pw_light`: new credentials for a device of a light user.
async fn reset_password_light(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Body(device): Body<DeviceRegister>,
) -> ApiResult<&'static str> {
    forced::reset_password_light(&state, &app.id, device).await?;
    Ok(done())
}
