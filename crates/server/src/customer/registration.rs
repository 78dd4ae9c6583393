//! New customers.

use keyfold_protocol::customer::{
    CustomerData, CustomerRegisterInput, CustomerRegisterOutput, CustomerRegistration, EmailAddress,
};
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::error::ErrorCode;

use super::profile;
use super::proof::{self, NewToken, Purpose};
use super::root_app::root_app_id;
use super::store::{customers, invitations};
use crate::captcha;
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::Hash;
use crate::mail::{self, Envelope, Mail};
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::credentials;
use crate::user::registration::{Ids, NewUser, insert};

/// Registers a customer and mails the token that validates the address. Whoever was invited has proven the address already.
///
/// Without a mail server the account waits for the operator to validate it.
///
/// # Errors
/// In this order: 400/601 to 603 for the captcha, 400/64, 422/11 for unusable keys and overlong data, 429, 400/65 without a valid invitation where one is
/// needed, 400/101.
pub(super) async fn register(
    state: &AppState,
    origin: &Origin,
    input: CustomerRegisterInput,
) -> Result<CustomerRegisterOutput, ApiError> {
    captcha::redeem(state, input.captcha_input.as_ref()).await?;
    let email = parse_address(&input.email)?;
    let mut device = input.register_data;
    // An account that is used with another name than the one that gets its mails could never be reset.
    if parse_address(device.device_identifier.as_str())? != email {
        return Err(ErrorCode::EmailSyntax.into());
    }
    device.device_identifier = identifier(&email);
    credentials::usable_device(&device)?;
    profile::check(&input.customer_data)?;
    origin.count_registration(state)?;
    let invitation = match (state.customers.registration, &input.invitation) {
        (CustomerRegistration::Invitation, None) | (CustomerRegistration::Closed, _) => {
            return Err(ErrorCode::RegistrationClosed.into());
        }
        (CustomerRegistration::Invitation, Some(token)) => Some(proof::hash(token)),
        (CustomerRegistration::Open, _) => None,
    };
    let ids = Ids::new();
    let customer_id = ids.user.clone();
    let token = NewToken::generate()?;
    let mail = match invitation {
        None if state.mailer.is_available() => {
            let mail = Mail::Validation(token.token.clone());
            Some(Envelope::seal(&state.root_key, Some(&customer_id), &email, &mail)?)
        }
        _ => None,
    };
    let new = NewCustomer {
        user: NewUser { app_id: root_app_id(), device, group: None },
        ids,
        email,
        data: input.customer_data,
        token: token.hash,
        invitation,
        mail,
        now: state.now(),
    };
    match state.db.write(new, |tx, new| Box::pin(insert_customer(tx, new))).await {
        Err(error) if error.is_constraint() => Err(ErrorCode::IdentifierTaken.into()),
        outcome => {
            outcome?;
            state.jobs.wake();
            Ok(CustomerRegisterOutput { customer_id })
        }
    }
}

/// # Errors
/// 400/64.
pub(super) fn parse_address(text: &str) -> Result<EmailAddress, ApiError> {
    EmailAddress::parse(text).map_err(|_| ErrorCode::EmailSyntax.into())
}

/// The name under which the device of a customer logs in.
pub(super) fn identifier(email: &EmailAddress) -> DeviceIdentifier {
    DeviceIdentifier::from_checked(email.as_str())
}

struct NewCustomer {
    user: NewUser,
    ids: Ids,
    email: EmailAddress,
    data: CustomerData,
    token: Hash,
    invitation: Option<Hash>,
    mail: Option<Envelope>,
    now: u64,
}

async fn insert_customer(tx: &mut Tx, new: &NewCustomer) -> Result<(), ApiError> {
    let now = new.now;
    if let Some(token) = &new.invitation
        && !invitations::take(tx, &new.email, token, now).await?
    {
        return Err(ErrorCode::RegistrationClosed.into());
    }
    let customer = &new.ids.user;
    insert(tx, &new.user, &new.ids, now).await?;
    let validated_at = new.invitation.map(|_| now);
    customers::insert(tx, customer, &new.email, &new.data, validated_at, now).await?;
    if let Some(mail) = &new.mail {
        proof::issue(tx, customer, Purpose::ValidateAddress, &new.email, &new.token, now).await?;
        mail::post(tx, mail, now).await?;
    }
    Ok(())
}
