//! The address of a customer: its validation, and the change to another one.
//!
//! An account moves to a new address only when somebody has read a mail there. Until then the old one works on; afterwards it is told.

use std::net::IpAddr;

use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;

use super::profile;
use super::proof::{self, NewToken, Purpose};
use super::registration::{identifier, parse_address};
use super::root_app::root_app_id;
use super::store::{customers, tokens};
use crate::db::Tx;
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::hash::Hash;
use crate::mail::{self, Envelope, Mail};
use crate::state::AppState;
use crate::throttle::Bucket;
use crate::user;

/// Confirms the address that the token was mailed to: that of the account, or the one it wants to change to.
///
/// # Errors
/// 400/62, 400/63 for a token that is unknown, expired, used, of another customer or purpose, or of an address that is no longer wanted, 400/101
/// when another account has taken the new address meanwhile.
pub(super) async fn validate(state: &AppState, customer: UserId, token: &SecretText) -> Result<(), ApiError> {
    let notice = change_notice(state, &customer).await?;
    let data = (customer, proof::hash(token), notice, state.now());
    let validated = state.db.write(data, |tx, (customer, token, notice, now)| {
        Box::pin(async move {
            profile::find(tx, customer).await?;
            let proven = tokens::take(tx, Purpose::ValidateAddress, token, *now).await?;
            let address = match proven {
                Some((owner, address)) if owner == *customer => address,
                _ => return Err(ErrorCode::EmailToken.into()),
            };
            confirm(tx, customer, &address, notice.as_ref(), *now).await
        })
    });
    finish(state, validated.await)
}

/// Mails the token for the address that waits to be confirmed; earlier ones end.
///
/// # Errors
/// 400/50 without a mail server, 400/62, 400/63 when nothing waits, 429.
pub(super) async fn resend(state: &AppState, address: IpAddr, customer: UserId) -> Result<(), ApiError> {
    state.mailer.require()?;
    let found = state.db.read(customer.clone(), |tx, customer| Box::pin(profile::find(tx, customer)));
    let row = found.await?;
    let is_change = row.pending_email.is_some();
    let recipient = match row.pending_email {
        Some(pending) => pending,
        None if row.validated_at.is_none() => row.email,
        None => {
            let text = "The e-mail address is validated already";
            return Err(ApiError::with_message(ErrorCode::EmailToken, text));
        }
    };
    count_mail(state, address, &recipient)?;
    let token = NewToken::generate()?;
    let mail =
        if is_change { Mail::NewAddress(token.token.clone()) } else { Mail::Validation(token.token.clone()) };
    let mail = Envelope::seal(&state.root_key, Some(&customer), &recipient, &mail)?;
    let data = (customer, recipient, token.hash, mail, state.now());
    let posted = state.db.write(data, |tx, (customer, recipient, token, mail, now)| {
        Box::pin(async move {
            proof::issue(tx, customer, Purpose::ValidateAddress, recipient, token, *now).await?;
            mail::post(tx, mail, *now).await
        })
    });
    finish(state, posted.await)
}

/// Begins the change to another address. The one that the account has already ends a change that has begun.
///
/// # Errors
/// 401/113 for a token from a refresh, 400/50 without a mail server, 400/64, 429, 400/62, 400/101.
pub(super) async fn begin_change(
    state: &AppState,
    address: IpAddr,
    jwt: Jwt,
    new_email: &str,
) -> Result<(), ApiError> {
    // Whoever holds the address can reset the password: a stolen session must not be enough to move it.
    jwt.require_fresh()?;
    let new_address = parse_address(new_email)?;
    state.mailer.require()?;
    count_mail(state, address, &new_address)?;
    let token = NewToken::generate()?;
    let mail = Mail::NewAddress(token.token.clone());
    let mail = Envelope::seal(&state.root_key, Some(&jwt.user_id), &new_address, &mail)?;
    let change = Change { customer: jwt.user_id, new_address, token: token.hash, mail, now: state.now() };
    finish(state, state.db.write(change, |tx, change| Box::pin(note_change(tx, change))).await)
}

/// Counts a mail that somebody without rights can have sent.
///
/// # Errors
/// 429.
pub(super) fn count_mail(state: &AppState, from: IpAddr, to: &EmailAddress) -> Result<(), ApiError> {
    let (limits, now) = (&state.limits.throttle, state.now());
    state.throttle.take(Bucket::AddressMail(from), limits.mails_per_address, now)?;
    state.throttle.take(Bucket::Recipient(to.as_str()), limits.mails_per_recipient, now)
}

/// Confirms an address of the customer, in a transaction of the caller.
///
/// # Errors
/// 400/62, 400/63 for an address that the account neither has nor wants.
pub(super) async fn confirm(
    tx: &mut Tx,
    customer: &UserId,
    address: &EmailAddress,
    notice: Option<&Envelope>,
    now: u64,
) -> Result<(), ApiError> {
    let row = profile::find(tx, customer).await?;
    if row.email == *address {
        return Ok(customers::set_validated(tx, customer, now).await?);
    }
    if row.pending_email.as_ref() != Some(address) {
        return Err(ErrorCode::EmailToken.into());
    }
    customers::move_to(tx, customer, address, now).await?;
    user::account::set_only_identifier(tx, customer, &identifier(address)).await?;
    // What was mailed to the old address proves nothing any more.
    tokens::delete_all(tx, customer).await?;
    if let Some(notice) = notice {
        mail::post(tx, notice, now).await?;
    }
    Ok(())
}

/// The mail to the old address, should the account move.
pub(super) async fn change_notice(state: &AppState, customer: &UserId) -> Result<Option<Envelope>, ApiError> {
    if !state.mailer.is_available() {
        return Ok(None);
    }
    let found = state.db.read(customer.clone(), |tx, customer| Box::pin(profile::find(tx, customer)));
    let row = found.await?;
    // An address that nobody has confirmed belongs to a stranger.
    if row.validated_at.is_none() {
        return Ok(None);
    }
    Envelope::seal(&state.root_key, Some(customer), &row.email, &Mail::AddressChanged).map(Some)
}

struct Change {
    customer: UserId,
    new_address: EmailAddress,
    token: Hash,
    mail: Envelope,
    now: u64,
}

async fn note_change(tx: &mut Tx, change: &Change) -> Result<(), ApiError> {
    let Change { customer, new_address, token, mail, now } = change;
    let row = profile::find(tx, customer).await?;
    if row.email == *new_address {
        return Ok(customers::set_pending(tx, customer, None).await?);
    }
    if user::account::is_taken(tx, &root_app_id(), &identifier(new_address)).await? {
        return Err(ErrorCode::IdentifierTaken.into());
    }
    customers::set_pending(tx, customer, Some(new_address)).await?;
    proof::issue(tx, customer, Purpose::ValidateAddress, new_address, token, *now).await?;
    mail::post(tx, mail, *now).await
}

fn finish(state: &AppState, outcome: Result<(), ApiError>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if error.is_constraint() => Err(ErrorCode::IdentifierTaken.into()),
        Err(error) => Err(error),
        Ok(()) => {
            state.jobs.wake();
            Ok(())
        }
    }
}
