//! New generations of keys, and who still has to take them over.

use keyfold_protocol::encoding::Base64Text;
use keyfold_protocol::group::{KeyRotationDone, KeyRotationPending, KeyRotationStart};
use keyfold_protocol::id::{GroupId, KeyId, MemberId};

use crate::db::{DbError, Tx, params};

/// Inserts the new generation as the group's current one, with the copy of the member who made it. `false`, and nothing written, when
/// `previous_group_key_id` is no longer the newest key: somebody else was faster.
pub(crate) async fn insert_rotation(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key_id: &KeyId,
    rotation: &KeyRotationStart,
    now: u64,
) -> Result<bool, DbError> {
    let newest = tx
        .query_opt(
            "SELECT k.created_at FROM groups g JOIN group_keys k ON k.id = g.current_key_id
             WHERE g.id = $1 AND g.current_key_id = $2 FOR UPDATE",
            params![group, rotation.previous_group_key_id],
            |row| row.col::<u64>(),
        )
        .await?;
    let Some(previous_time) = newest else {
        return Ok(false);
    };
    insert_generation(tx, group, member, key_id, rotation, previous_time, now).await?;
    Ok(true)
}

/// [`insert_rotation`] whatever key it starts from.
///
/// The new key is never older than `newest_time`, the time of the newest one, even when the clock was set back: the order of keys is
/// by time.
pub(crate) async fn insert_generation(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key_id: &KeyId,
    rotation: &KeyRotationStart,
    newest_time: u64,
    now: u64,
) -> Result<(), DbError> {
    let time = now.max(newest_time.saturating_add(1));
    tx.execute(
        "INSERT INTO group_keys (id, group_id, created_at, previous_key_id, group_key_alg, keypair_encrypt_alg, keypair_sign_alg,
            ephemeral_alg, signed_by_user_id, signed_by_user_sign_key_id, public_key, encrypted_private_key, verify_key,
            encrypted_sign_key, public_key_sig, group_key_sig, encrypted_group_key_by_ephemeral, encrypted_ephemeral_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            key_id,
            group,
            time,
            rotation.previous_group_key_id,
            rotation.group_key_alg,
            rotation.keypair_encrypt_alg,
            rotation.keypair_sign_alg,
            rotation.ephemeral_alg,
            rotation.signed_by_user_id,
            rotation.signed_by_user_sign_key_id,
            rotation.public_group_key,
            rotation.encrypted_private_group_key,
            rotation.verify_key,
            rotation.encrypted_sign_key,
            rotation.public_key_sig,
            rotation.group_key_sig,
            rotation.encrypted_group_key_by_ephemeral,
            rotation.encrypted_ephemeral_key,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            key_id,
            member,
            group,
            time,
            now,
            rotation.invoker_public_key_id,
            rotation.encrypted_group_key_alg,
            rotation.encrypted_group_key_by_user,
        ],
    )
    .await?;
    let sql = "UPDATE groups SET current_key_id = $2 WHERE id = $1";
    tx.execute(sql, params![group, key_id]).await.map(drop)
}

/// Notes that a member has to finish a rotation: the encrypted ephemeral key, or why there is none.
pub(crate) async fn insert_pending_rotation(
    tx: &mut Tx,
    key_id: &KeyId,
    member: &MemberId,
    public_key: &KeyId,
    encrypted: &Result<Base64Text, String>,
) -> Result<(), DbError> {
    let (text, error) = match encrypted {
        Ok(text) => (text.as_str(), None),
        Err(error) => ("", Some(error.as_str())),
    };
    tx.execute(
        "INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, error,
            encrypted_ephemeral_key)
         SELECT k.id, $2, k.group_id, k.created_at, $3, $4, $5 FROM group_keys k WHERE k.id = $1
         ON CONFLICT DO NOTHING",
        params![key_id, member, public_key, error, text],
    )
    .await
    .map(drop)
}

/// Whether a member has rotations to finish.
pub(crate) async fn has_pending_rotations(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<bool, DbError> {
    let found = tx
        .query_opt(
            "SELECT 1 FROM pending_key_rotations WHERE group_id = $1 AND member_id = $2 LIMIT 1",
            params![group, member],
            |row| row.col::<i64>(),
        )
        .await?;
    Ok(found.is_some())
}

/// Rotations that one answer lists. Who has more to finish asks again. More than apps let a group make in a month: somebody who makes
/// rotations that nobody can finish does not hide those that can be.
const MAX_PENDING: i64 = 200;

/// What a member has to finish, oldest first: a later one may need the key of an earlier one. What cannot be finished stands last,
/// so that it hides nothing.
pub(crate) async fn pending_rotations(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<Vec<KeyRotationPending>, DbError> {
    tx.query(
        "SELECT p.error, p.encrypted_ephemeral_key, k.encrypted_group_key_by_ephemeral, k.ephemeral_alg, p.public_key_id,
            k.previous_key_id, k.created_at, k.id, k.signed_by_user_id, k.signed_by_user_sign_key_id, k.group_key_sig
         FROM pending_key_rotations p JOIN group_keys k ON k.id = p.key_id
         WHERE p.group_id = $1 AND p.member_id = $2
         ORDER BY CASE WHEN p.error IS NULL THEN 0 ELSE 1 END, p.key_created_at, p.key_id LIMIT $3",
        params![group, member, MAX_PENDING],
        |row| {
            Ok(KeyRotationPending {
                error: row.col()?,
                encrypted_ephemeral_key_by_group_key_and_public_key: row.col()?,
                encrypted_group_key_by_ephemeral: row.col()?,
                ephemeral_alg: row.col()?,
                encrypted_eph_key_key_id: row.col()?,
                previous_group_key_id: row.col()?,
                time: row.col()?,
                new_group_key_id: row.col()?,
                signed_by_user_id: row.col()?,
                signed_by_user_sign_key_id: row.col()?,
                group_key_sig: row.col()?,
            })
        },
    )
    .await
}

/// Stores the member's own copy of the new key and strikes the rotation off the list. Only what is pending is stored: whoever finishes
/// twice, or something that does not wait, changes nothing.
pub(crate) async fn finish_rotation(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key_id: &KeyId,
    done: &KeyRotationDone,
    now: u64,
) -> Result<(), DbError> {
    let pending = tx
        .query_opt(
            "DELETE FROM pending_key_rotations WHERE key_id = $1 AND member_id = $2 AND group_id = $3 RETURNING key_created_at",
            params![key_id, member, group],
            |row| row.col::<u64>(),
        )
        .await?;
    let Some(key_created_at) = pending else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        params![
            key_id,
            member,
            group,
            key_created_at,
            now,
            done.public_key_id,
            done.encrypted_alg,
            done.encrypted_new_group_key,
        ],
    )
    .await
    .map(drop)
}
