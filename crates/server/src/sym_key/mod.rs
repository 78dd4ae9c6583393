//! Symmetric keys that the server keeps for users, encrypted under keys that it does not know.

mod routes;

use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{StoredKey, StoredKeyInput};
use keyfold_protocol::id::{AppId, KeyId, StoredKeyId, UserId};

pub(crate) use routes::endpoints;

use crate::db::{DbError, Row, Tx, params};
use crate::error::ApiError;

/// Who stores a key, and how many the user may have.
struct Creator {
    app: AppId,
    user: UserId,
    limit: u32,
}

/// Stores a key.
///
/// # Errors
/// 400/522 when the user has as many as a user may have.
async fn insert(
    tx: &mut Tx,
    id: &StoredKeyId,
    creator: &Creator,
    input: &StoredKeyInput,
    now: u64,
) -> Result<(), ApiError> {
    let Creator { app, user, limit } = creator;
    let counted =
        "UPDATE users SET stored_keys = stored_keys + 1 WHERE id = $1 AND app_id = $2 AND stored_keys < $3";
    if tx.execute(counted, params![user, app, limit]).await? == 0 {
        return Err(ApiError::with_message(
            ErrorCode::FileQuota,
            "The user has as many stored keys as a user may have",
        ));
    }
    tx.execute(
        "INSERT INTO stored_keys (id, app_id, creator_id, master_key_id, created_at, alg, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![id, app, user, input.master_key_id, now, input.alg, input.encrypted_key_string],
    )
    .await?;
    Ok(())
}

/// Deletes a key of its creator, if there is one.
async fn delete(tx: &mut Tx, id: &StoredKeyId, app: &AppId, creator: &UserId) -> Result<(), DbError> {
    let sql = "DELETE FROM stored_keys WHERE id = $1 AND app_id = $2 AND creator_id = $3";
    if tx.execute(sql, params![id, app, creator]).await? > 0 {
        let counted = "UPDATE users SET stored_keys = stored_keys - 1 WHERE id = $1 AND stored_keys > 0";
        tx.execute(counted, params![creator]).await?;
    }
    Ok(())
}

async fn find(tx: &mut Tx, app: &AppId, id: &StoredKeyId) -> Result<Option<StoredKey>, DbError> {
    tx.query_opt(
        "SELECT id, master_key_id, encrypted_key, alg, created_at FROM stored_keys WHERE id = $1 AND app_id = $2",
        params![id, app],
        key,
    )
    .await
}

/// A page of the keys under one master key, newest first, after the last one seen; the first page for time 0.
async fn list(
    tx: &mut Tx,
    app: &AppId,
    master_key: &KeyId,
    last_time: u64,
    last_id: &str,
) -> Result<Vec<StoredKey>, DbError> {
    let (time, id) = if last_time == 0 { (u64::MAX, "") } else { (last_time, last_id) };
    tx.query(
        "SELECT id, master_key_id, encrypted_key, alg, created_at FROM stored_keys
         WHERE app_id = $1 AND master_key_id = $2 AND created_at <= $3 AND (created_at < $3 OR id > $4)
         ORDER BY created_at DESC, id LIMIT $5",
        params![app, master_key, time, id, i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX)],
        key,
    )
    .await
}

fn key(row: &Row<'_>) -> Result<StoredKey, DbError> {
    Ok(StoredKey {
        key_id: row.col()?,
        master_key_id: row.col()?,
        encrypted_key_string: row.col()?,
        alg: row.col()?,
        time: row.col()?,
    })
}
