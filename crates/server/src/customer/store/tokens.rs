//! Rows of tokens that were mailed.

use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::id::UserId;

use super::customers::Address;
use crate::customer::proof::Purpose;
use crate::db::{DbError, Param, ToParam, Tx, params};
use crate::hash::Hash;

/// Stores a token in place of the one that the customer may have of the same purpose.
pub(in crate::customer) async fn replace(
    tx: &mut Tx,
    customer: &UserId,
    purpose: Purpose,
    email: &EmailAddress,
    token: &Hash,
    expires_at: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO customer_tokens (token_hash, customer_id, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id, purpose) DO UPDATE
            SET token_hash = excluded.token_hash, email = excluded.email, expires_at = excluded.expires_at",
        params![token, customer, purpose, email.as_str(), expires_at],
    )
    .await
    .map(drop)
}

/// Uses a token up: whose it is, and which address it proves. One statement: of two who show it at the same moment, one gets it.
pub(in crate::customer) async fn take(
    tx: &mut Tx,
    purpose: Purpose,
    token: &Hash,
    now: u64,
) -> Result<Option<(UserId, EmailAddress)>, DbError> {
    tx.query_opt(
        "DELETE FROM customer_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
         RETURNING customer_id, email",
        params![token, purpose, now],
        |row| Ok((row.col()?, row.col::<Address>()?.0)),
    )
    .await
}

/// The same without using it up.
pub(in crate::customer) async fn find(
    tx: &mut Tx,
    purpose: Purpose,
    token: &Hash,
) -> Result<Option<(UserId, EmailAddress)>, DbError> {
    let sql = "SELECT customer_id, email FROM customer_tokens WHERE token_hash = $1 AND purpose = $2";
    tx.query_opt(sql, params![token, purpose], |row| Ok((row.col()?, row.col::<Address>()?.0))).await
}

pub(in crate::customer) async fn delete_all(tx: &mut Tx, customer: &UserId) -> Result<(), DbError> {
    tx.execute("DELETE FROM customer_tokens WHERE customer_id = $1", params![customer]).await.map(drop)
}

impl ToParam for Purpose {
    fn to_param(&self) -> Param<'_> {
        Param::Int(match self {
            Self::ValidateAddress => 0,
            Self::ResetPassword => 1,
        })
    }
}
