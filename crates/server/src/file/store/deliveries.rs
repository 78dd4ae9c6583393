//! Rows of messages to apps that store their files themselves.

use keyfold_protocol::id::AppId;

use crate::db::{DbError, Row, Tx, params};

/// A message.
pub(in crate::file) struct Delivery {
    pub(in crate::file) id: String,
    pub(in crate::file) created_at: u64,
    pub(in crate::file) attempts: u32,
    pub(in crate::file) last_error: Option<String>,
    /// The body, a JSON array.
    pub(in crate::file) part_ids: String,
}

pub(in crate::file) async fn insert(
    tx: &mut Tx,
    id: &str,
    app: &AppId,
    part_ids: &str,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO storage_deliveries (id, app_id, created_at, attempts, part_ids) VALUES ($1, $2, $3, 0, $4)",
        params![id, app, now, part_ids],
    )
    .await
    .map(drop)
}

/// The oldest that is still to be sent.
pub(in crate::file) async fn next(tx: &mut Tx, app: &AppId) -> Result<Option<Delivery>, DbError> {
    tx.query_opt(
        "SELECT id, created_at, attempts, last_error, part_ids FROM storage_deliveries
         WHERE app_id = $1 AND failed_at IS NULL ORDER BY created_at, id LIMIT 1",
        params![app],
        delivery,
    )
    .await
}

/// It has arrived.
pub(in crate::file) async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM storage_deliveries WHERE id = $1", params![id]).await.map(drop)
}

/// An attempt failed; with `failed_at`, the last one.
pub(in crate::file) async fn record_failure(
    tx: &mut Tx,
    id: &str,
    error: &str,
    failed_at: Option<u64>,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE storage_deliveries SET attempts = attempts + 1, last_error = $2, failed_at = $3 WHERE id = $1",
        params![id, error, failed_at],
    )
    .await
    .map(drop)
}

/// A page of those that were given up, oldest first.
pub(in crate::file) async fn failed(
    tx: &mut Tx,
    app: &AppId,
    after: (u64, &str),
    limit: u32,
) -> Result<Vec<Delivery>, DbError> {
    tx.query(
        "SELECT id, created_at, attempts, last_error, part_ids FROM storage_deliveries
         WHERE app_id = $1 AND failed_at IS NOT NULL AND created_at >= $2 AND (created_at > $2 OR id > $3)
         ORDER BY created_at, id LIMIT $4",
        params![app, after.0, after.1, limit],
        delivery,
    )
    .await
}

/// To be sent again; false when there is no such message that was given up.
pub(in crate::file) async fn revive(tx: &mut Tx, app: &AppId, id: &str) -> Result<bool, DbError> {
    let sql = "UPDATE storage_deliveries SET failed_at = NULL, attempts = 0
        WHERE id = $1 AND app_id = $2 AND failed_at IS NOT NULL";
    Ok(tx.execute(sql, params![id, app]).await? == 1)
}

pub(in crate::file) async fn count_failed(tx: &mut Tx) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM storage_deliveries WHERE failed_at IS NOT NULL";
    Ok(tx.query_opt(sql, params![], |row| row.col()).await?.unwrap_or(0))
}

pub(in crate::file) async fn forget_failed(tx: &mut Tx, before: u64) -> Result<u64, DbError> {
    tx.execute("DELETE FROM storage_deliveries WHERE failed_at <= $1", params![before]).await
}

fn delivery(row: &Row<'_>) -> Result<Delivery, DbError> {
    Ok(Delivery {
        id: row.col()?,
        created_at: row.col()?,
        attempts: row.col()?,
        last_error: row.col()?,
        part_ids: row.col()?,
    })
}
