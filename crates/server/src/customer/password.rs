//! A new password for who has forgotten the old one, by a mail to the address of the account.

use std::net::IpAddr;

use keyfold_protocol::customer::{AskPasswordResetInput, PasswordResetInput};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;
use keyfold_protocol::user::DeviceRegister;

use super::email::count_mail;
use super::profile;
use super::proof::{self, NewToken, Purpose};
use super::registration::{identifier, parse_address};
use super::root_app::root_app_id;
use super::store::{customers, tokens};
use crate::captcha;
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::Hash;
use crate::mail::{self, Envelope, Mail};
use crate::state::AppState;
use crate::throttle::Bucket;
use crate::user::{credentials, forced};

/// Mails a token to the address, if it is the confirmed one of an account. Whether it is, the answer does not tell.
///
/// # Errors
/// 400/50 without a mail server, 400/601 to 603 for the captcha, 400/64, 429.
pub(super) async fn ask(
    state: &AppState,
    address: IpAddr,
    input: &AskPasswordResetInput,
) -> Result<(), ApiError> {
    state.mailer.require()?;
    captcha::redeem(state, input.captcha_input.as_ref()).await?;
    let email = parse_address(&input.email)?;
    count_mail(state, address, &email)?;
    let found = state.db.read(email.clone(), |tx, email| {
        Box::pin(async move { Ok(customers::find_validated(tx, email).await?) })
    });
    let Some(customer) = found.await? else {
        return Ok(());
    };
    let token = NewToken::generate()?;
    let mail = Mail::PasswordReset(token.token.clone());
    let mail = Envelope::seal(&state.root_key, Some(&customer), &email, &mail)?;
    let data = (customer, email, token.hash, mail, state.now());
    let posted = state.db.write(data, |tx, (customer, email, token, mail, now)| {
        Box::pin(async move {
            proof::issue(tx, customer, Purpose::ResetPassword, email, token, *now).await?;
            mail::post(tx, mail, *now).await
        })
    });
    posted.await?;
    state.jobs.wake();
    Ok(())
}

/// Gives the account new credentials. All its sessions end; its second factor stays, or a mailbox alone would be enough to get around it.
///
/// # Errors
/// 422/11 for unusable keys, 429, 400/62 for a token that is unknown, expired, used or of another purpose.
pub(super) async fn reset(
    state: &AppState,
    address: IpAddr,
    input: PasswordResetInput,
) -> Result<(), ApiError> {
    credentials::usable_device(&input.reset_password_data)?;
    let (rate, now) = (state.limits.throttle.failed_logins_per_address, state.now());
    state.throttle.check(Bucket::AddressLogin(address), rate, now)?;
    let hash = proof::hash(&input.token);
    let notice = change_notice(state, hash).await?;
    let reset = Reset { token: hash, device: input.reset_password_data, notice, now };
    let outcome = state.db.write(reset, |tx, reset| Box::pin(replace_credentials(tx, reset))).await;
    match outcome {
        Err(error) if error.code() == ErrorCode::CustomerNotFound => {
            state.throttle.count(Bucket::AddressLogin(address), rate, now);
            Err(error)
        }
        Err(error) => Err(error),
        Ok(()) => {
            state.jobs.wake();
            Ok(())
        }
    }
}

/// A token for the operator to hand over, where no mail can be sent. As [`ask`], for the account of a known customer.
pub(super) async fn issue_by_hand(
    tx: &mut Tx,
    customer: &UserId,
    token: &NewToken,
    now: u64,
) -> Result<SecretText, ApiError> {
    let row = profile::find(tx, customer).await?;
    proof::issue(tx, customer, Purpose::ResetPassword, &row.email, &token.hash, now).await?;
    Ok(token.token.clone())
}

struct Reset {
    token: Hash,
    device: DeviceRegister,
    notice: Option<Envelope>,
    now: u64,
}

async fn replace_credentials(tx: &mut Tx, reset: &Reset) -> Result<(), ApiError> {
    let proven = tokens::take(tx, Purpose::ResetPassword, &reset.token, reset.now).await?;
    let (customer, address) = proven.ok_or(ErrorCode::CustomerNotFound)?;
    let row = profile::find(tx, &customer).await?;
    if row.email != address {
        return Err(ErrorCode::CustomerNotFound.into());
    }
    let mut device = reset.device.clone();
    device.device_identifier = identifier(&row.email);
    forced::replace_credentials(tx, &root_app_id(), &device).await?;
    tokens::delete_all(tx, &customer).await?;
    if let Some(notice) = &reset.notice {
        mail::post(tx, notice, reset.now).await?;
    }
    Ok(())
}

/// The mail that tells the owner, should the token be right.
async fn change_notice(state: &AppState, token: Hash) -> Result<Option<Envelope>, ApiError> {
    if !state.mailer.is_available() {
        return Ok(None);
    }
    let found = state.db.read(token, |tx, token| {
        Box::pin(async move { Ok(tokens::find(tx, Purpose::ResetPassword, token).await?) })
    });
    match found.await? {
        None => Ok(None),
        Some((customer, email)) => {
            Envelope::seal(&state.root_key, Some(&customer), &email, &Mail::PasswordChanged).map(Some)
        }
    }
}
