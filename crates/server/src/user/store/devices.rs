//! Rows of devices.

use base64ct::{Base64, Encoding};
use keyfold_protocol::encoding::{AlgorithmId, ClientRandomValue, HashedAuthenticationKey};
use keyfold_protocol::id::{AppId, DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::user::{
    ChangePasswordInput, DeviceKeys, DeviceListItem, DeviceRegister, ResetPasswordInput,
};

use crate::db::{DbError, Tx, params};
use crate::hash::Hash;
use crate::keyring::{Cursor, PAGE};

/// What a login has to be checked against.
#[derive(Debug)]
pub(in crate::user) struct LoginRow {
    pub(in crate::user) device_id: DeviceId,
    pub(in crate::user) user_id: UserId,
    pub(in crate::user) user_group_id: GroupId,
    pub(in crate::user) hashed_authentication_key: HashedAuthenticationKey,
    pub(in crate::user) has_second_factor: bool,
    /// See [`crate::throttle`].
    pub(in crate::user) failures_full_at: u64,
}

/// What the password of a logged-in device has to be checked against.
#[derive(Debug)]
pub(in crate::user) struct Verifier {
    pub(in crate::user) hashed_authentication_key: HashedAuthenticationKey,
    /// See [`crate::throttle`].
    pub(in crate::user) failures_full_at: u64,
}

/// From what the salt is made.
#[derive(Debug)]
pub(in crate::user) struct SaltRow {
    pub(in crate::user) client_random_value: ClientRandomValue,
    pub(in crate::user) derived_alg: AlgorithmId,
}

/// Inserts a device of a user; `false`, and nothing written, when the identifier is taken.
pub(in crate::user) async fn insert(
    tx: &mut Tx,
    id: &DeviceId,
    app: &AppId,
    user: &UserId,
    identifier: &Hash,
    device: &DeviceRegister,
    now: u64,
) -> Result<bool, DbError> {
    let (master_key, derived) = (&device.master_key, &device.derived);
    let inserted = tx
        .execute(
            "INSERT INTO devices (id, app_id, user_id, identifier_hash, created_at, client_random_value,
                hashed_authentication_key, derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg,
                keypair_encrypt_alg, keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (app_id, identifier_hash) DO NOTHING",
            params![
                id,
                app,
                user,
                identifier,
                now,
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
        .await?;
    Ok(inserted == 1)
}

/// Whether a device of the app has the identifier.
pub(in crate::user) async fn exists(tx: &mut Tx, app: &AppId, identifier: &Hash) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM devices WHERE app_id = $1 AND identifier_hash = $2";
    Ok(tx.query_opt(sql, params![app, identifier], |row| row.col::<i64>()).await?.is_some())
}

pub(in crate::user) async fn salt(
    tx: &mut Tx,
    app: &AppId,
    identifier: &Hash,
) -> Result<Option<SaltRow>, DbError> {
    tx.query_opt(
        "SELECT client_random_value, derived_alg FROM devices WHERE app_id = $1 AND identifier_hash = $2",
        params![app, identifier],
        |row| Ok(SaltRow { client_random_value: row.col()?, derived_alg: row.col()? }),
    )
    .await
}

/// The derivation of the device whose identifier's hash comes next: a sample of what is used in the app that is always the same for an
/// identifier.
pub(in crate::user) async fn neighbouring_derivation(
    tx: &mut Tx,
    app: &AppId,
    identifier: &Hash,
) -> Result<Option<AlgorithmId>, DbError> {
    tx.query_opt(
        "SELECT derived_alg FROM devices WHERE app_id = $1 AND identifier_hash > $2 ORDER BY identifier_hash LIMIT 1",
        params![app, identifier],
        |row| row.col(),
    )
    .await
}

pub(in crate::user) async fn find_login(
    tx: &mut Tx,
    app: &AppId,
    identifier: &Hash,
) -> Result<Option<LoginRow>, DbError> {
    tx.query_opt(
        "SELECT d.id, u.id, u.group_id, d.hashed_authentication_key,
            CASE WHEN u.sealed_otp_secret IS NULL THEN 0 ELSE 1 END, d.failures_full_at
         FROM devices d JOIN users u ON u.id = d.user_id WHERE d.app_id = $1 AND d.identifier_hash = $2",
        params![app, identifier],
        |row| {
            Ok(LoginRow {
                device_id: row.col()?,
                user_id: row.col()?,
                user_group_id: row.col()?,
                hashed_authentication_key: row.col()?,
                has_second_factor: row.col()?,
                failures_full_at: row.col()?,
            })
        },
    )
    .await
}

/// What a device's password is checked against, if it belongs to the user.
pub(in crate::user) async fn verifier(
    tx: &mut Tx,
    user: &UserId,
    device: &DeviceId,
) -> Result<Option<Verifier>, DbError> {
    let sql =
        "SELECT hashed_authentication_key, failures_full_at FROM devices WHERE id = $1 AND user_id = $2";
    tx.query_opt(sql, params![device, user], |row| {
        Ok(Verifier { hashed_authentication_key: row.col()?, failures_full_at: row.col()? })
    })
    .await
}

pub(in crate::user) async fn keys(tx: &mut Tx, device: &DeviceId) -> Result<Option<DeviceKeys>, DbError> {
    tx.query_opt(
        "SELECT d.encrypted_master_key, d.encrypted_private_key, d.public_key, d.keypair_encrypt_alg, d.encrypted_sign_key,
            d.verify_key, d.keypair_sign_alg, d.id, u.id, u.group_id
         FROM devices d JOIN users u ON u.id = d.user_id WHERE d.id = $1",
        params![device],
        |row| {
            let encrypted_master_key = row.col()?;
            let encrypted_private_key = row.col()?;
            let public_key_string = row.col()?;
            let keypair_encrypt_alg = row.col()?;
            let encrypted_sign_key = row.col()?;
            let verify_key_string = row.col()?;
            let keypair_sign_alg = row.col()?;
            let device_id: DeviceId = row.col()?;
            Ok(DeviceKeys {
                encrypted_master_key,
                encrypted_private_key,
                public_key_string,
                keypair_encrypt_alg,
                encrypted_sign_key,
                verify_key_string,
                keypair_sign_alg,
                keypair_encrypt_id: KeyId::from(device_id.as_str()),
                keypair_sign_id: KeyId::from(device_id.as_str()),
                device_id,
                user_id: row.col()?,
                user_group_id: row.col()?,
            })
        },
    )
    .await
}

/// A page of a user's devices, oldest first.
pub(in crate::user) async fn page(
    tx: &mut Tx,
    user: &UserId,
    after: &Cursor,
) -> Result<Vec<DeviceListItem>, DbError> {
    // Time 0 is the first page, whatever the id says.
    let id = if after.time == 0 { "" } else { after.id.as_str() };
    tx.query(
        "SELECT id, created_at, identifier_hash FROM devices
         WHERE user_id = $1 AND created_at >= $2 AND (created_at > $2 OR id > $3)
         ORDER BY created_at, id LIMIT $4",
        params![user, after.time, id, PAGE],
        |row| {
            let device_id = row.col()?;
            let time = row.col()?;
            let hash: Hash = row.col()?;
            Ok(DeviceListItem { device_id, time, device_identifier: Base64::encode_string(&hash) })
        },
    )
    .await
}

pub(in crate::user) async fn count(tx: &mut Tx, user: &UserId) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM devices WHERE user_id = $1";
    Ok(tx.query_opt(sql, params![user], |row| row.col()).await?.unwrap_or(0))
}

/// Public keys of a user's devices.
pub(in crate::user) async fn public_keys(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<(DeviceId, String, String)>, DbError> {
    tx.query(
        "SELECT id, keypair_encrypt_alg, public_key FROM devices WHERE user_id = $1 ORDER BY created_at, id",
        params![user],
        |row| Ok((row.col()?, row.col()?, row.col()?)),
    )
    .await
}

/// Ids of a user's devices.
pub(in crate::user) async fn ids(tx: &mut Tx, user: &UserId) -> Result<Vec<DeviceId>, DbError> {
    tx.query("SELECT id FROM devices WHERE user_id = $1", params![user], |row| row.col()).await
}

/// Gives all devices of a user, of which there is one, another identifier.
pub(in crate::user) async fn rename_all(
    tx: &mut Tx,
    user: &UserId,
    identifier: &Hash,
) -> Result<(), DbError> {
    let sql = "UPDATE devices SET identifier_hash = $2 WHERE user_id = $1";
    tx.execute(sql, params![user, identifier]).await.map(drop)
}

/// Gives a device another identifier. Fails with [`DbError::Constraint`] when another device has it.
pub(in crate::user) async fn rename(
    tx: &mut Tx,
    device: &DeviceId,
    identifier: &Hash,
) -> Result<bool, DbError> {
    let sql = "UPDATE devices SET identifier_hash = $2 WHERE id = $1";
    Ok(tx.execute(sql, params![device, identifier]).await? == 1)
}

/// `false` when the password was changed meanwhile.
pub(in crate::user) async fn change_password(
    tx: &mut Tx,
    device: &DeviceId,
    old: &HashedAuthenticationKey,
    input: &ChangePasswordInput,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE devices SET derived_alg = $3, client_random_value = $4, hashed_authentication_key = $5,
                encrypted_master_key = $6, encrypted_master_key_alg = $7
             WHERE id = $1 AND hashed_authentication_key = $2",
            params![
                device,
                old,
                input.new_derived_alg,
                input.new_client_random_value,
                input.new_hashed_authentication_key,
                input.new_encrypted_master_key,
                input.new_encrypted_master_key_alg,
            ],
        )
        .await?;
    Ok(changed == 1)
}

pub(in crate::user) async fn reset_password(
    tx: &mut Tx,
    device: &DeviceId,
    input: &ResetPasswordInput,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE devices SET derived_alg = $2, client_random_value = $3, hashed_authentication_key = $4,
                master_key_alg = $5, encrypted_master_key = $6, encrypted_master_key_alg = $7,
                encrypted_private_key = $8, encrypted_sign_key = $9
             WHERE id = $1",
            params![
                device,
                input.derived_alg,
                input.client_random_value,
                input.hashed_authentication_key,
                input.master_key.master_key_alg,
                input.master_key.encrypted_master_key,
                input.master_key.encrypted_master_key_alg,
                input.encrypted_private_key,
                input.encrypted_sign_key,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Replaces credentials and all keys of the device with this identifier; its id, or `None` when there is none.
pub(in crate::user) async fn replace_keys(
    tx: &mut Tx,
    app: &AppId,
    identifier: &Hash,
    device: &DeviceRegister,
) -> Result<Option<DeviceId>, DbError> {
    let (master_key, derived) = (&device.master_key, &device.derived);
    tx.query_opt(
        "UPDATE devices SET client_random_value = $3, hashed_authentication_key = $4, derived_alg = $5, master_key_alg = $6,
            encrypted_master_key = $7, encrypted_master_key_alg = $8, keypair_encrypt_alg = $9, keypair_sign_alg = $10,
            public_key = $11, encrypted_private_key = $12, verify_key = $13, encrypted_sign_key = $14
         WHERE app_id = $1 AND identifier_hash = $2 RETURNING id",
        params![
            app,
            identifier,
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
        |row| row.col(),
    )
    .await
}

/// Deletes a device of the user with its sessions and challenges; `false` when there is no such device.
pub(in crate::user) async fn delete(tx: &mut Tx, user: &UserId, device: &DeviceId) -> Result<bool, DbError> {
    let sql = "DELETE FROM devices WHERE id = $1 AND user_id = $2";
    Ok(tx.execute(sql, params![device, user]).await? == 1)
}

pub(in crate::user) async fn delete_all(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.execute("DELETE FROM devices WHERE user_id = $1", params![user]).await.map(drop)
}

/// Removes a device from the group of its user, with its copies of the keys and the rotations that wait for it.
pub(in crate::user) async fn leave_group(
    tx: &mut Tx,
    group: &GroupId,
    device: &DeviceId,
) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM group_members WHERE group_id = $1 AND member_id = $2",
        "DELETE FROM group_member_keys WHERE group_id = $1 AND member_id = $2",
        "DELETE FROM pending_key_rotations WHERE group_id = $1 AND member_id = $2",
        "DELETE FROM key_sessions WHERE group_id = $1 AND member_id = $2",
    ] {
        tx.execute(sql, params![group, device]).await?;
    }
    Ok(())
}
