//! Rows of keys for access tokens.

use keyfold_protocol::id::{AppId, JwtKeyId};

use super::super::JwtKey;
use crate::db::{DbError, Tx, params};
use crate::jwt::ALGORITHM;

pub(crate) struct KeyRow {
    pub(crate) key: JwtKey,
    pub(crate) created_at: u64,
}

pub(crate) struct KeyCount {
    pub(crate) number: u64,
    /// Time of the newest one.
    pub(crate) newest: Option<u64>,
}

pub(crate) async fn insert(tx: &mut Tx, app: &AppId, key: &JwtKey, now: u64) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO app_jwt_keys (id, app_id, alg, created_at, public_key, sealed_private_key)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![key.id, app, ALGORITHM, now, key.public_key, key.sealed_private_key],
    )
    .await
    .map(drop)
}

/// Newest first.
pub(crate) async fn list(tx: &mut Tx, app: &AppId) -> Result<Vec<KeyRow>, DbError> {
    tx.query(
        "SELECT id, public_key, sealed_private_key, created_at FROM app_jwt_keys WHERE app_id = $1 AND alg = $2
         ORDER BY created_at DESC, id",
        params![app, ALGORITHM],
        |row| {
            let key = JwtKey { id: row.col()?, public_key: row.col()?, sealed_private_key: row.col()? };
            Ok(KeyRow { key, created_at: row.col()? })
        },
    )
    .await
}

pub(crate) async fn count(tx: &mut Tx, app: &AppId) -> Result<KeyCount, DbError> {
    let count = tx
        .query_opt(
            "SELECT COUNT(*), MAX(created_at) FROM app_jwt_keys WHERE app_id = $1 AND alg = $2",
            params![app, ALGORITHM],
            |row| Ok(KeyCount { number: row.col()?, newest: row.col()? }),
        )
        .await?;
    Ok(count.unwrap_or(KeyCount { number: 0, newest: None }))
}

/// Whether there was such a key.
pub(crate) async fn delete(tx: &mut Tx, app: &AppId, key: &JwtKeyId) -> Result<bool, DbError> {
    let sql = "DELETE FROM app_jwt_keys WHERE id = $1 AND app_id = $2";
    Ok(tx.execute(sql, params![key, app]).await? > 0)
}

/// All of an app, for its end.
pub(crate) async fn delete_all(tx: &mut Tx, app: &AppId) -> Result<(), DbError> {
    tx.execute("DELETE FROM app_jwt_keys WHERE app_id = $1", params![app]).await.map(drop)
}
