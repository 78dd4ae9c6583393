//! Registration, profile, address, password, deletion.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use keyfold_protocol::customer::{
    AskPasswordResetInput, CaptchaOutput, CustomerData, CustomerDataOutput, CustomerInfo,
    CustomerRegisterInput, CustomerRegisterOutput, CustomerRegistration, PasswordResetInput,
    UpdateEmailInput, ValidateEmailInput,
};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::ChangePasswordInput;

use crate::app::change;
use crate::captcha;
use crate::customer::root_app::{Customer, RootApp};
use crate::customer::{deletion, email, password, profile, registration};
use crate::endpoint::{Demand, Endpoint, Operation, delete, get, patch, post, put};
use crate::error::ApiError;
use crate::extract::{Body, ClientAddress};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::account;
use crate::user::authentication::Origin;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get(
            "/customer/info",
            info,
            "Tells what a registration form has to know. Other servers do not have it",
        ),
        get("/customer/captcha", create_captcha, "Returns a captcha").refuses(&[ErrorCode::CaptchaCreate]),
        post(
            "/customer/register",
            register,
            "Registers a customer and mails a token that validates the address",
        )
        .refuses(&[
            ErrorCode::RegistrationClosed,
            ErrorCode::CaptchaNotFound,
            ErrorCode::CaptchaExpired,
            ErrorCode::CaptchaWrong,
            ErrorCode::EmailSyntax,
            ErrorCode::IdentifierTaken,
        ]),
        post(
            "/customer/register_validation",
            validate_email,
            "Validates the address with the token from the mail",
        )
        .refuses(&[ErrorCode::CustomerNotFound, ErrorCode::EmailToken, ErrorCode::IdentifierTaken]),
        patch("/customer/email_resend", resend_email, "Mails another token that validates the address")
            .refuses(&[ErrorCode::MailSend, ErrorCode::CustomerNotFound, ErrorCode::EmailToken]),
        put(
            "/customer",
            change_email,
            "Changes the address as soon as the new one is validated; needs a recent login",
        )
        .refuses(&[
            ErrorCode::JwtNotFresh,
            ErrorCode::MailSend,
            ErrorCode::EmailSyntax,
            ErrorCode::CustomerNotFound,
            ErrorCode::IdentifierTaken,
        ]),
        delete(
            "/customer",
            delete_account,
            "Deletes the account with its apps, and groups that have no other member; needs a recent login",
        )
        .refuses(&[ErrorCode::JwtNotFresh]),
        get("/customer/data", data, "Returns the profile. Other servers do not have it")
            .refuses(&[ErrorCode::CustomerNotFound]),
        put("/customer/data", update_data, "Changes names and company")
            .refuses(&[ErrorCode::CustomerNotFound]),
        put("/customer/password", change_password, "Changes the password; needs a recent login").refuses(&[
            ErrorCode::JwtNotFresh,
            ErrorCode::AuthKeyFormat,
            ErrorCode::WrongPassword,
        ]),
        put(
            "/customer/password_reset",
            ask_password_reset,
            "Mails a token to set another password, if the address has an account",
        )
        .refuses(&[
            ErrorCode::MailSend,
            ErrorCode::CaptchaNotFound,
            ErrorCode::CaptchaExpired,
            ErrorCode::CaptchaWrong,
            ErrorCode::EmailSyntax,
        ]),
        put(
            "/customer/password_reset_validation",
            reset_password,
            "Sets another password with the token from the mail",
        )
        .refuses(&[ErrorCode::CustomerNotFound, ErrorCode::UserNotFound]),
    ]
}

/// Passes while somebody may register at all.
struct RegistrationOpen;

impl FromRequestParts<AppState> for RegistrationOpen {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match state.customers.registration {
            CustomerRegistration::Closed => Err(ErrorCode::RegistrationClosed.into()),
            CustomerRegistration::Open | CustomerRegistration::Invitation => Ok(Self),
        }
    }
}

impl Demand for RegistrationOpen {
    fn describe(operation: &mut Operation) {
        operation.can_refuse(&[ErrorCode::RegistrationClosed]);
    }
}

/// `GET /customer/info`: what a registration form has to know. An addition to the protocol.
async fn info(State(state): State<AppState>) -> ApiResult<CustomerInfo> {
    Ok(Reply(CustomerInfo {
        registration: state.customers.registration,
        captcha: state.customers.captcha.kind(),
        mail: state.mailer.is_available(),
    }))
}

/// `GET /customer/captcha`.
async fn create_captcha(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
) -> ApiResult<CaptchaOutput> {
    captcha::create(&state, address).await.map(Reply)
}

/// `POST /customer/register`.
async fn register(
    State(state): State<AppState>,
    _: RegistrationOpen,
    RootApp(app): RootApp,
    address: ClientAddress,
    Body(input): Body<CustomerRegisterInput>,
) -> ApiResult<CustomerRegisterOutput> {
    registration::register(&state, &Origin::new(&app, address), input).await.map(Reply)
}

/// `POST /customer/register_validation`: confirms an address with the token that was mailed there.
async fn validate_email(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Body(input): Body<ValidateEmailInput>,
) -> ApiResult<&'static str> {
    email::validate(&state, jwt.user_id, &input.token).await?;
    Ok(done())
}

/// `PATCH /customer/email_resend`: another mail with another token.
async fn resend_email(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    ClientAddress(address): ClientAddress,
) -> ApiResult<&'static str> {
    email::resend(&state, address, jwt.user_id).await?;
    Ok(done())
}

/// `PUT /customer`: another address, once it is confirmed.
async fn change_email(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    ClientAddress(address): ClientAddress,
    Body(input): Body<UpdateEmailInput>,
) -> ApiResult<&'static str> {
    email::begin_change(&state, address, jwt, &input.new_email).await?;
    Ok(done())
}

/// `GET /customer/data`: the profile. An addition to the protocol.
async fn data(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<CustomerDataOutput> {
    state.db.read(jwt.user_id, |tx, customer| Box::pin(profile::show(tx, customer))).await.map(Reply)
}

/// `PUT /customer/data`: other names.
async fn update_data(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Body(input): Body<CustomerData>,
) -> ApiResult<&'static str> {
    let update = (jwt.user_id, input);
    state.db.write(update, |tx, (customer, input)| Box::pin(profile::update(tx, customer, input))).await?;
    Ok(done())
}

/// `PUT /customer/password`: another password, with the old one.
async fn change_password(
    State(state): State<AppState>,
    RootApp(app): RootApp,
    Customer(jwt): Customer,
    address: ClientAddress,
    Body(input): Body<ChangePasswordInput>,
) -> ApiResult<&'static str> {
    account::change_password(&state, &Origin::new(&app, address), jwt, input).await?;
    Ok(done())
}

/// `PUT /customer/password_reset`: a mail with a token, if the address has an account.
async fn ask_password_reset(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Body(input): Body<AskPasswordResetInput>,
) -> ApiResult<&'static str> {
    password::ask(&state, address, &input).await?;
    Ok(done())
}

/// `PUT /customer/password_reset_validation`: another password, with the token.
async fn reset_password(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Body(input): Body<PasswordResetInput>,
) -> ApiResult<&'static str> {
    password::reset(&state, address, input).await?;
    Ok(done())
}

/// `DELETE /customer`.
async fn delete_account(State(state): State<AppState>, Customer(jwt): Customer) -> ApiResult<&'static str> {
    jwt.require_fresh()?;
    let data = (jwt.user_id, state.now());
    change(&state.db, data, |tx, (customer, now)| Box::pin(deletion::delete(tx, customer, *now))).await?;
    state.jobs.wake();
    Ok(done())
}
