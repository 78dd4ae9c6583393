//! The login of users, for customers: the same steps, with e-mail addresses as identifiers.

use axum::extract::State;
use keyfold_protocol::customer::{CustomerLogin, CustomerTokens, EmailAddress};
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{
    DoneLoginInput, DoneLoginOutput, LoginKeys, OtpInput, PrepareLoginOutput, RefreshInput, RefreshOutput,
    UserIdentifier, VerifyLoginInput,
};

use crate::customer::root_app::{ExpiredCustomer, RootApp};
use crate::customer::store::customers;
use crate::endpoint::{Endpoint, delete, post, put};
use crate::error::ApiError;
use crate::extract::{Body, ClientAddress};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::{login, second_factor, session};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/customer/prepare_login", prepare, "Returns the salt, for addresses without account as well")
            .refuses(&[ErrorCode::SaltCreate]),
        post("/customer/done_login", done_login, "Returns device keys and a challenge, or `\"Otp\"`")
            .refuses(&[ErrorCode::AuthKeyFormat, ErrorCode::WrongPassword, ErrorCode::ChallengeCreate]),
        post(
            "/customer/validate_mfa",
            validate_mfa,
            "Returns device keys and a challenge, with a one-time code",
        )
        .refuses(&[
            ErrorCode::AuthKeyFormat,
            ErrorCode::WrongPassword,
            ErrorCode::ChallengeCreate,
            ErrorCode::OtpSecret,
            ErrorCode::OtpNotFound,
            ErrorCode::OtpWrong,
        ]),
        post(
            "/customer/validate_recovery_otp",
            validate_recovery_otp,
            "Returns device keys and a challenge, with a recovery key",
        )
        .refuses(&[
            ErrorCode::AuthKeyFormat,
            ErrorCode::WrongPassword,
            ErrorCode::ChallengeCreate,
            ErrorCode::OtpNotFound,
        ]),
        post("/customer/verify_login", verify, "Begins a session, for the decrypted challenge").refuses(&[
            ErrorCode::AuthKeyFormat,
            ErrorCode::WrongPassword,
            ErrorCode::ChallengeCreate,
            ErrorCode::JwtKeyUnknown,
            ErrorCode::JwtCreate,
            ErrorCode::CustomerNotFound,
        ]),
        put("/customer/refresh", refresh, "Returns a new access token")
            .refuses(&[ErrorCode::RefreshTokenNotFound, ErrorCode::JwtCreate]),
        delete("/customer/session", log_out, "Ends the session. Other servers do not have it"),
    ]
}

/// `POST /customer/prepare_login`: the salt.
async fn prepare(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(mut input): Body<UserIdentifier>,
) -> ApiResult<PrepareLoginOutput> {
    fold(&mut input.user_identifier);
    login::prepare(&state, &Origin::new(&app, address), &input).await.map(Reply)
}

/// `POST /customer/done_login`: device keys and a challenge, or `"Otp"`.
async fn done_login(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(mut input): Body<DoneLoginInput>,
) -> ApiResult<DoneLoginOutput> {
    fold(&mut input.device_identifier);
    let done = login::done(&state, &Origin::new(&app, address), &input).await;
    done.map(Reply).map_err(without_hint)
}

/// `POST /customer/validate_mfa`: after `"Otp"`, with a one-time code.
async fn validate_mfa(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(mut input): Body<OtpInput>,
) -> ApiResult<LoginKeys> {
    fold(&mut input.device_identifier);
    let validated = second_factor::validate_code(&state, &Origin::new(&app, address), &input).await;
    validated.map(Reply).map_err(without_hint)
}

/// `POST /customer/validate_recovery_otp`: after `"Otp"`, with a recovery key.
async fn validate_recovery_otp(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(mut input): Body<OtpInput>,
) -> ApiResult<LoginKeys> {
    fold(&mut input.device_identifier);
    let validated = second_factor::validate_recovery_key(&state, &Origin::new(&app, address), &input).await;
    validated.map(Reply).map_err(without_hint)
}

/// `POST /customer/verify_login`: a session and the profile, for the decrypted challenge.
async fn verify(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(mut input): Body<VerifyLoginInput>,
) -> ApiResult<CustomerLogin> {
    fold(&mut input.device_identifier);
    let origin = Origin::new(&app, address);
    let session = login::verify(&state, &origin, &app.app, &input).await.map_err(without_hint)?;
    let profile = state.db.read(input.device_identifier, |tx, identifier| {
        Box::pin(async move {
            let email = EmailAddress::from_checked(identifier.as_str());
            let row = customers::find_by_email(tx, &email).await?;
            row.map(Into::into).ok_or_else(|| ErrorCode::CustomerNotFound.into())
        })
    });
    let verify = CustomerTokens { jwt: session.jwt, refresh_token: session.refresh_token };
    Ok(Reply(CustomerLogin { verify, email_data: profile.await? }))
}

/// `PUT /customer/refresh`: a new access token.
async fn refresh(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    ExpiredCustomer(jwt): ExpiredCustomer,
    Body(input): Body<RefreshInput>,
) -> ApiResult<RefreshOutput> {
    let token = session::refresh(&state, &app.app, &jwt, &input.refresh_token).await?;
    Ok(Reply(RefreshOutput { user_id: jwt.user_id, jwt: token, device_id: jwt.device_id }))
}

/// `DELETE /customer/session`: ends the session of the token, which may have expired. An addition to the protocol.
async fn log_out(
    State(state): State<AppState>,
    ExpiredCustomer(jwt): ExpiredCustomer,
) -> ApiResult<&'static str> {
    session::end(&state, jwt).await?;
    Ok(done())
}

/// One mailbox is one account, however its address is written. What is no address belongs to nobody.
fn fold(identifier: &mut DeviceIdentifier) {
    if let Ok(email) = EmailAddress::parse(identifier.as_str()) {
        *identifier = DeviceIdentifier::from_checked(email.as_str());
    }
}

/// Whether an address has an account is nobody's business: it is the wrong password either way.
fn without_hint(error: ApiError) -> ApiError {
    match error.code() {
        ErrorCode::LoginUserNotFound => ErrorCode::WrongPassword.into(),
        _ => error,
    }
}
