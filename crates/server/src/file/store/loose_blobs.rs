//! Rows of contents that belong to no part.

use keyfold_protocol::id::FilePartId;

use crate::db::{DbError, ToParam as _, Tx, params};

pub(in crate::file) async fn insert(tx: &mut Tx, id: &FilePartId, remove_at: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO loose_blobs (id, remove_at, is_condemned) VALUES ($1, $2, 0)";
    tx.execute(sql, params![id, remove_at]).await.map(drop)
}

/// The content becomes a part; false when it was chosen for removal already.
pub(in crate::file) async fn take(tx: &mut Tx, id: &FilePartId) -> Result<bool, DbError> {
    let sql = "DELETE FROM loose_blobs WHERE id = $1 AND is_condemned = 0";
    Ok(tx.execute(sql, params![id]).await? == 1)
}

/// The content becomes no part: it may be removed from a time on.
pub(in crate::file) async fn remove_from(tx: &mut Tx, id: &FilePartId, time: u64) -> Result<(), DbError> {
    tx.execute("UPDATE loose_blobs SET remove_at = $2 WHERE id = $1", params![id, time]).await.map(drop)
}

/// Chooses contents whose time is over. None of them becomes a part after this.
pub(in crate::file) async fn condemn(tx: &mut Tx, now: u64, limit: u32) -> Result<Vec<FilePartId>, DbError> {
    tx.query(
        "UPDATE loose_blobs SET is_condemned = 1
         WHERE id IN (SELECT id FROM loose_blobs WHERE remove_at <= $1 ORDER BY remove_at, id LIMIT $2)
         RETURNING id",
        params![now, limit],
        |row| row.col(),
    )
    .await
}

/// The contents are gone.
pub(in crate::file) async fn forget(tx: &mut Tx, ids: &[FilePartId]) -> Result<(), DbError> {
    let rows: Vec<_> = ids.iter().map(|id| vec![id.to_param()]).collect();
    tx.execute_many("DELETE FROM loose_blobs WHERE id = $1", &rows).await.map(drop)
}
