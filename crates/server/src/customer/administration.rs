//! Customers in the hands of the operator.

use keyfold_protocol::customer::{CustomerDataOutput, EmailAddress};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;

use super::proof::NewToken;
use super::root_app::root_app_id;
use super::store::customers::{self, CustomerRow};
use super::{deletion, email, invitation, password, profile};
use crate::app::change;
use crate::db::{Db, Tx};
use crate::error::ApiError;
use crate::mail::{self, Envelope, Mail};
use crate::root_key::RootKey;
use crate::user::second_factor;

/// What an operator can do for customers without a mail server, and without their passwords. May be used while servers run on the database.
pub struct Administration<'a> {
    db: &'a Db,
    now: u64,
}

/// A customer as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCustomer {
    /// Its id.
    pub id: UserId,
    /// What the customer sees of itself.
    pub profile: CustomerDataOutput,
    /// The address it wants to change to and has not confirmed.
    pub pending_email: Option<String>,
    /// When it registered, in milliseconds since 1970.
    pub created_at: u64,
    /// Why the last mail could not be sent.
    pub email_error: Option<String>,
    /// Whether a login needs a one-time code.
    pub second_factor: bool,
}

impl<'a> Administration<'a> {
    /// On a database. `now` in milliseconds since 1970.
    #[must_use]
    pub fn new(db: &'a Db, now: u64) -> Self {
        Self { db, now }
    }

    /// At most `size` customers in the order of registration: the first ones, or those after `after`.
    ///
    /// # Errors
    /// 400/62 when there is no customer `after`.
    pub async fn list(&self, after: Option<&UserId>, size: u32) -> Result<Vec<ListedCustomer>, ApiError> {
        let page = self.db.read((after.cloned(), size), |tx, (after, size)| {
            Box::pin(async move {
                let (time, id) = match after {
                    None => (0, String::new()),
                    Some(after) => (profile::find(tx, after).await?.created_at, after.to_string()),
                };
                Ok(customers::list(tx, time, &id, *size).await?)
            })
        });
        Ok(page.await?.into_iter().map(ListedCustomer::from).collect())
    }

    /// The customer with this address.
    ///
    /// # Errors
    /// 400/64, 400/62.
    pub async fn show(&self, address: &str) -> Result<ListedCustomer, ApiError> {
        let address = parse(address)?;
        self.db
            .read(address, |tx, address| {
                Box::pin(async move { Ok(ListedCustomer::from(find(tx, address).await?)) })
            })
            .await
    }

    /// Confirms an address, as the token from a mail would: that of an account, or the one that it wants to change to.
    ///
    /// # Errors
    /// 400/64, 400/62, 400/63 when the account does not want that address.
    pub async fn validate(&self, account: &str, address: &str) -> Result<(), ApiError> {
        let data = (parse(account)?, parse(address)?, self.now);
        let confirmed = self.db.write(data, |tx, (account, address, now)| {
            Box::pin(async move {
                let customer = find(tx, account).await?.id;
                email::confirm(tx, &customer, address, None, *now).await
            })
        });
        match confirmed.await {
            Err(error) if error.is_constraint() => Err(ErrorCode::IdentifierTaken.into()),
            outcome => outcome,
        }
    }

    /// A token with which the customer can set a new password within an hour, as a mail would bring it:
    /// `<public URL>/dashboard/customer/validation/pw_reset/?token=<token>`.
    ///
    /// # Errors
    /// 400/64, 400/62.
    pub async fn password_reset_token(&self, account: &str) -> Result<SecretText, ApiError> {
        let data = (parse(account)?, NewToken::generate()?, self.now);
        self.db
            .write(data, |tx, (account, token, now)| {
                Box::pin(async move {
                    let customer = find(tx, account).await?.id;
                    password::issue_by_hand(tx, &customer, token, *now).await
                })
            })
            .await
    }

    /// Turns the second factor of a customer off who has lost it and the recovery keys.
    ///
    /// # Errors
    /// 400/64, 400/62.
    pub async fn disable_second_factor(&self, account: &str) -> Result<(), ApiError> {
        self.db
            .write(parse(account)?, |tx, account| {
                Box::pin(async move {
                    let customer = find(tx, account).await?.id;
                    second_factor::disable(tx, &root_app_id(), &customer).await
                })
            })
            .await
    }

    /// Invites an address to register, in place of an earlier invitation. The token works once, for a week:
    /// `<public URL>/dashboard/customer/register/?invitation=<token>`.
    ///
    /// # Errors
    /// 400/64, 400/101 when the address has an account.
    pub async fn invite(&self, address: &str) -> Result<SecretText, ApiError> {
        let address = parse(address)?;
        let token = NewToken::generate()?;
        let text = token.token.clone();
        self.store_invitation(address, token, None).await?;
        Ok(text)
    }

    /// As [`Self::invite`], by a mail that a server sends. The token is in the mail alone; it waits encrypted under the root key.
    ///
    /// # Errors
    /// 400/64, 400/101 when the address has an account.
    pub async fn invite_by_mail(&self, address: &str, root_key: &RootKey) -> Result<(), ApiError> {
        let address = parse(address)?;
        let token = NewToken::generate()?;
        let mail = Envelope::seal(root_key, None, &address, &Mail::Invitation(token.token.clone()))?;
        self.store_invitation(address, token, Some(mail)).await
    }

    async fn store_invitation(
        &self,
        address: EmailAddress,
        token: NewToken,
        mail: Option<Envelope>,
    ) -> Result<(), ApiError> {
        let data = (address, token, mail, self.now);
        let invited = self.db.write(data, |tx, (address, token, mail, now)| {
            Box::pin(async move {
                if customers::find_by_email(tx, address).await?.is_some() {
                    return Err(ErrorCode::IdentifierTaken.into());
                }
                invitation::invite(tx, address, token, *now).await?;
                match mail {
                    Some(mail) => mail::post(tx, mail, *now).await,
                    None => Ok(()),
                }
            })
        });
        invited.await
    }

    /// Deletes a customer with its own apps, and with the groups of which it was the only member.
    ///
    /// # Errors
    /// 400/64, 400/62.
    pub async fn delete(&self, account: &str) -> Result<(), ApiError> {
        let data = (parse(account)?, self.now);
        change(self.db, data, |tx, (account, now)| {
            Box::pin(async move {
                let customer = find(tx, account).await?.id;
                deletion::delete(tx, &customer, *now).await
            })
        })
        .await
    }
}

fn parse(address: &str) -> Result<EmailAddress, ApiError> {
    super::registration::parse_address(address)
}

async fn find(tx: &mut Tx, address: &EmailAddress) -> Result<CustomerRow, ApiError> {
    customers::find_by_email(tx, address).await?.ok_or_else(|| ErrorCode::CustomerNotFound.into())
}

impl From<CustomerRow> for ListedCustomer {
    fn from(row: CustomerRow) -> Self {
        Self {
            id: row.id.clone(),
            pending_email: row.pending_email.as_ref().map(|email| email.as_str().to_owned()),
            created_at: row.created_at,
            email_error: row.email_error.clone(),
            second_factor: row.second_factor,
            profile: row.into(),
        }
    }
}
