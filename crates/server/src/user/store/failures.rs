//! Failed attempts, counted in the row of what was attempted, so that every server of an installation sees them.

use keyfold_protocol::id::{DeviceId, UserId};

use crate::config::Rate;
use crate::db::{DbError, Tx, params};
use crate::throttle::full_at_after_one;

/// Whose failures.
#[derive(Debug, Clone)]
pub(in crate::user) enum Of {
    /// Passwords and challenges of a device.
    Device(DeviceId),
    /// Second factors of a user.
    User(UserId),
}

/// When the bucket of a user will be full again; that of a device is read with its password.
pub(in crate::user) async fn full_at(tx: &mut Tx, user: &UserId) -> Result<u64, DbError> {
    let sql = "SELECT failures_full_at FROM users WHERE id = $1";
    Ok(tx.query_opt(sql, params![user], |row| row.col()).await?.unwrap_or(0))
}

/// Takes one from the bucket.
pub(in crate::user) async fn count(tx: &mut Tx, of: &Of, rate: Rate, now: u64) -> Result<(), DbError> {
    let (sql, id) = match of {
        Of::Device(id) => ("SELECT failures_full_at FROM devices WHERE id = $1 FOR UPDATE", id.as_str()),
        Of::User(id) => ("SELECT failures_full_at FROM users WHERE id = $1 FOR UPDATE", id.as_str()),
    };
    let full_at: u64 = tx.query_opt(sql, params![id], |row| row.col()).await?.unwrap_or(0);
    set(tx, of, full_at_after_one(full_at, rate, now)).await
}

/// Fills the bucket.
pub(in crate::user) async fn forgive(tx: &mut Tx, of: &Of) -> Result<(), DbError> {
    set(tx, of, 0).await
}

async fn set(tx: &mut Tx, of: &Of, full_at: u64) -> Result<(), DbError> {
    let (sql, id) = match of {
        Of::Device(id) => ("UPDATE devices SET failures_full_at = $2 WHERE id = $1", id.as_str()),
        Of::User(id) => ("UPDATE users SET failures_full_at = $2 WHERE id = $1", id.as_str()),
    };
    tx.execute(sql, params![id, full_at]).await.map(drop)
}
