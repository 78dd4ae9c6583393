//! Rows of TOTP secrets and recovery keys.

use keyfold_protocol::id::UserId;

use crate::db::{DbError, ToParam, Tx, params};
use crate::hash::Hash;

/// A recovery key as it is stored.
pub(in crate::user) struct RecoveryKeyRow {
    pub(in crate::user) id: String,
    pub(in crate::user) hash: Hash,
    pub(in crate::user) sealed: Vec<u8>,
}

/// The sealed TOTP secret of a user, if there is one.
pub(in crate::user) async fn secret(tx: &mut Tx, user: &UserId) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT sealed_otp_secret FROM users WHERE id = $1";
    Ok(tx.query_opt(sql, params![user], |row| row.col::<Option<Vec<u8>>>()).await?.flatten())
}

/// Notes that the code of a time step was used; `false` when it, or a later one, was used already.
pub(in crate::user) async fn take_step(tx: &mut Tx, user: &UserId, step: u64) -> Result<bool, DbError> {
    let sql = "UPDATE users SET otp_last_step = $2 WHERE id = $1 AND sealed_otp_secret IS NOT NULL
        AND (otp_last_step IS NULL OR otp_last_step < $2)";
    Ok(tx.execute(sql, params![user, step]).await? == 1)
}

/// Replaces secret and recovery keys; without a secret the second factor is off.
pub(in crate::user) async fn replace(
    tx: &mut Tx,
    user: &UserId,
    secret: Option<(&str, &[u8])>,
    recovery_keys: &[RecoveryKeyRow],
) -> Result<(), DbError> {
    tx.execute("DELETE FROM otp_recovery_keys WHERE user_id = $1", params![user]).await?;
    tx.execute(
        "UPDATE users SET otp_alg = $2, sealed_otp_secret = $3, otp_last_step = NULL WHERE id = $1",
        params![user, secret.map(|(alg, _)| alg), secret.map(|(_, sealed)| sealed)],
    )
    .await?;
    let rows: Vec<_> = recovery_keys
        .iter()
        .map(|key| vec![key.id.to_param(), user.to_param(), key.hash.to_param(), key.sealed.to_param()])
        .collect();
    tx.execute_many(
        "INSERT INTO otp_recovery_keys (id, user_id, key_hash, sealed_key) VALUES ($1, $2, $3, $4)",
        &rows,
    )
    .await
    .map(drop)
}

/// The recovery keys that are left: row id and sealed key.
pub(in crate::user) async fn recovery_keys(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    let sql = "SELECT id, sealed_key FROM otp_recovery_keys WHERE user_id = $1 ORDER BY id";
    tx.query(sql, params![user], |row| Ok((row.col()?, row.col()?))).await
}

/// Uses a recovery key up; `false` when there is no such key. One statement, so that it works once even when it is sent twice at the
/// same moment.
pub(in crate::user) async fn take_recovery_key(
    tx: &mut Tx,
    user: &UserId,
    hash: &Hash,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM otp_recovery_keys WHERE user_id = $1 AND key_hash = $2";
    Ok(tx.execute(sql, params![user, hash]).await? == 1)
}
