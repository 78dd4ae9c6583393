//! Devices that wait for an account.

use keyfold_protocol::id::{AppId, DeviceId, UserId};
use keyfold_protocol::user::DeviceRegister;

use crate::db::{DbError, Tx, params};
use crate::hash::Hash;

pub(in crate::user) struct NewPendingDevice<'a> {
    pub(in crate::user) id: &'a DeviceId,
    pub(in crate::user) app_id: &'a AppId,
    pub(in crate::user) token: &'a Hash,
    pub(in crate::user) identifier: &'a Hash,
    pub(in crate::user) device: &'a DeviceRegister,
    pub(in crate::user) expires_at: u64,
}

pub(in crate::user) async fn insert(tx: &mut Tx, new: &NewPendingDevice<'_>) -> Result<(), DbError> {
    let (master_key, derived) = (&new.device.master_key, &new.device.derived);
    tx.execute(
        "INSERT INTO pending_devices (id, app_id, token_hash, expires_at, identifier_hash, client_random_value,
            hashed_authentication_key, derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg,
            keypair_encrypt_alg, keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        params![
            new.id,
            new.app_id,
            new.token,
            new.expires_at,
            new.identifier,
            derived.client_random_value,
            derived.hashed_authentication_key,
            derived.derived_alg,
            master_key.master_key_alg,
            master_key.encrypted_master_key,
            master_key.encrypted_master_key_alg,
            derived.keypair_encrypt_alg,
            derived.keypair_sign_alg,
            derived.public_key,
            derived.encrypted_private_key,
            derived.verify_key,
            derived.encrypted_sign_key,
        ],
    )
    .await
    .map(drop)
}

/// The device that a token belongs to, locked: of two confirmations at the same time, the second finds nothing.
pub(in crate::user) async fn lock(
    tx: &mut Tx,
    app: &AppId,
    token: &Hash,
    now: u64,
) -> Result<Option<DeviceId>, DbError> {
    tx.query_opt(
        "SELECT id FROM pending_devices WHERE token_hash = $2 AND app_id = $1 AND expires_at > $3 FOR UPDATE",
        params![app, token, now],
        |row| row.col(),
    )
    .await
}

/// Makes it a device of the user; `false` when its identifier was taken meanwhile.
pub(in crate::user) async fn adopt(
    tx: &mut Tx,
    id: &DeviceId,
    user: &UserId,
    now: u64,
) -> Result<bool, DbError> {
    let adopted = tx
        .execute(
            "INSERT INTO devices (id, app_id, user_id, identifier_hash, created_at, client_random_value,
                hashed_authentication_key, derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg,
                keypair_encrypt_alg, keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
             SELECT id, app_id, $2, identifier_hash, $3, client_random_value, hashed_authentication_key, derived_alg,
                master_key_alg, encrypted_master_key, encrypted_master_key_alg, keypair_encrypt_alg, keypair_sign_alg,
                public_key, encrypted_private_key, verify_key, encrypted_sign_key
             FROM pending_devices WHERE id = $1
             ON CONFLICT (app_id, identifier_hash) DO NOTHING",
            params![id, user, now],
        )
        .await?;
    tx.execute("DELETE FROM pending_devices WHERE id = $1", params![id]).await?;
    Ok(adopted == 1)
}
