//! Rows of users.

use keyfold_protocol::id::{AppId, GroupId, UserId};

use super::Action;
use crate::db::{DbError, Tx, params};
use crate::hash::Hash;

pub(in crate::user) async fn insert(
    tx: &mut Tx,
    id: &UserId,
    app: &AppId,
    group: &GroupId,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO users (id, app_id, group_id, created_at) VALUES ($1, $2, $3, $4)",
        params![id, app, group, now],
    )
    .await
    .map(drop)
}

/// The user group of a user of the app.
pub(in crate::user) async fn group_of(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
) -> Result<Option<GroupId>, DbError> {
    let sql = "SELECT group_id FROM users WHERE id = $1 AND app_id = $2";
    tx.query_opt(sql, params![user, app], |row| row.col()).await
}

/// Locks the user until the end of the transaction: everything that counts or replaces devices does this first.
pub(in crate::user) async fn lock(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
) -> Result<Option<GroupId>, DbError> {
    let sql = "SELECT group_id FROM users WHERE id = $1 AND app_id = $2 FOR UPDATE";
    tx.query_opt(sql, params![user, app], |row| row.col()).await
}

/// The user to whom a device with this identifier belongs.
pub(in crate::user) async fn find_by_identifier(
    tx: &mut Tx,
    app: &AppId,
    identifier: &Hash,
) -> Result<Option<UserId>, DbError> {
    let sql = "SELECT user_id FROM devices WHERE app_id = $1 AND identifier_hash = $2";
    tx.query_opt(sql, params![app, identifier], |row| row.col()).await
}

pub(in crate::user) async fn set_group(tx: &mut Tx, user: &UserId, group: &GroupId) -> Result<(), DbError> {
    tx.execute("UPDATE users SET group_id = $2 WHERE id = $1", params![user, group]).await.map(drop)
}

/// Deletes a user with everything that refers to the row: devices, sessions, challenges, the user group, recovery keys.
pub(in crate::user) async fn delete(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.execute("DELETE FROM users WHERE id = $1", params![user]).await.map(drop)
}

pub(in crate::user) async fn log(
    tx: &mut Tx,
    app: &AppId,
    subject: &str,
    action: Action,
    amount: u64,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO action_log (app_id, subject_id, action, amount, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![app, subject, action.number(), amount, now],
    )
    .await
    .map(drop)
}

/// How often something was logged since a time.
pub(in crate::user) async fn count_logged(
    tx: &mut Tx,
    subject: &str,
    action: Action,
    since: u64,
) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM action_log WHERE subject_id = $1 AND action = $2 AND created_at >= $3";
    let count = tx.query_opt(sql, params![subject, action.number(), since], |row| row.col()).await?;
    Ok(count.unwrap_or(0))
}
