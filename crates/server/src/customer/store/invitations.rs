//! Rows of invitations.

use keyfold_protocol::customer::EmailAddress;

use crate::db::{DbError, Tx, params};
use crate::hash::Hash;

pub(in crate::customer) async fn replace(
    tx: &mut Tx,
    email: &EmailAddress,
    token: &Hash,
    expires_at: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO customer_invitations (email, token_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (email) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
        params![email.as_str(), token, expires_at],
    )
    .await
    .map(drop)
}

/// Uses an invitation up; false when there is none like that.
pub(in crate::customer) async fn take(
    tx: &mut Tx,
    email: &EmailAddress,
    token: &Hash,
    now: u64,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM customer_invitations WHERE email = $1 AND token_hash = $2 AND expires_at > $3";
    Ok(tx.execute(sql, params![email.as_str(), token, now]).await? == 1)
}
