//! The number that tells servers that an app was changed.

use crate::db::{DbError, Tx, params};

/// The revision of this snapshot.
pub(crate) async fn read(tx: &mut Tx) -> Result<i64, DbError> {
    let sql = "SELECT revision FROM app_revision WHERE id = 1";
    // An empty table equals no revision that anything was loaded at: everything is loaded anew.
    Ok(tx.query_opt(sql, params![], |row| row.col()).await?.unwrap_or(i64::MIN))
}

/// Counts it up. The last statement of a change: the row is locked until the commit, one change waits for the other here.
pub(crate) async fn count_up(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute("UPDATE app_revision SET revision = revision + 1 WHERE id = 1", params![]).await.map(drop)
}
