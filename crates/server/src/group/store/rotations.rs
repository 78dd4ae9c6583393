//! Key rotations: the running ones, and what members still have to finish.

use keyfold_protocol::encoding::{Base64Text, KeyText};
use keyfold_protocol::id::{AppId, GroupId, KeyId, MemberId};

use super::invites::InviteKind;
use super::public_keys::PublicKey;
use crate::db::{DbError, Param, Row, Tx, params};

/// Number of a started rotation in the action log.
const ACTION_KEY_ROTATION: i32 = 6;

/// A rotation whose ephemeral key is still handed out.
pub(in crate::group) struct Running {
    pub(in crate::group) key: KeyId,
    pub(in crate::group) encrypted_ephemeral_key: Base64Text,
}

/// What the job of a rotation works on.
pub(in crate::group) struct Work {
    pub(in crate::group) group: GroupId,
    pub(in crate::group) encrypted_ephemeral_key: Base64Text,
}

/// A member on a page, with its public key if it still waits to be served and has one.
pub(in crate::group) struct Candidate {
    pub(in crate::group) member: MemberId,
    pub(in crate::group) public_key: Option<PublicKey>,
}

/// The share of one member.
pub(in crate::group) struct Share {
    pub(in crate::group) member: MemberId,
    pub(in crate::group) public_key: KeyId,
    /// Empty when encryption failed.
    pub(in crate::group) encrypted_ephemeral_key: Base64Text,
    pub(in crate::group) error: Option<String>,
    /// When encryption failed: what was to be encrypted, under the root key.
    pub(in crate::group) sealed_ephemeral_key: Option<Vec<u8>>,
}

/// A share that could not be encrypted when its rotation ran.
pub(in crate::group) struct Failed {
    pub(in crate::group) key: KeyId,
    pub(in crate::group) sealed_ephemeral_key: Vec<u8>,
}

/// Running rotations whose key the member does not hold.
pub(in crate::group) async fn running_without(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<Vec<Running>, DbError> {
    tx.query(
        "SELECT k.id, k.encrypted_ephemeral_key FROM group_keys k
         WHERE k.group_id = $1 AND k.encrypted_ephemeral_key IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM group_member_keys c WHERE c.key_id = k.id AND c.member_id = $2)",
        params![group, member],
        |row| Ok(Running { key: row.col()?, encrypted_ephemeral_key: row.col()? }),
    )
    .await
}

/// `None` when the rotation is complete or its group is gone.
pub(in crate::group) async fn work(tx: &mut Tx, key: &KeyId) -> Result<Option<Work>, DbError> {
    tx.query_opt(
        "SELECT k.group_id, k.encrypted_ephemeral_key FROM group_keys k JOIN groups g ON g.id = k.group_id AND g.kind = 0
         WHERE k.id = $1 AND k.encrypted_ephemeral_key IS NOT NULL",
        params![key],
        |row| Ok(Work { group: row.col()?, encrypted_ephemeral_key: row.col()? }),
    )
    .await
}

/// A page of the members that come after `after`, in the order of their ids: it is that of every index a share is written to, so that the
/// shares of a page lie beside each other there.
pub(in crate::group) async fn members(
    tx: &mut Tx,
    group: &GroupId,
    key: &KeyId,
    after: &str,
    limit: u32,
) -> Result<Vec<Candidate>, DbError> {
    tx.query(
        "SELECT m.member_id, k.id, k.keypair_encrypt_alg, k.public_key
         FROM (SELECT member_id, member_kind FROM group_members
               WHERE group_id = $1 AND member_id > $3 ORDER BY member_id LIMIT $4) AS m
         LEFT JOIN users u ON u.id = m.member_id AND m.member_kind = 0
         LEFT JOIN groups g ON g.id = CASE WHEN m.member_kind = 0 THEN u.group_id ELSE m.member_id END
         LEFT JOIN group_keys k ON k.id = g.current_key_id
            AND NOT EXISTS (SELECT 1 FROM group_member_keys c WHERE c.key_id = $2 AND c.member_id = m.member_id)
            AND NOT EXISTS (SELECT 1 FROM pending_key_rotations p WHERE p.key_id = $2 AND p.member_id = m.member_id)
         ORDER BY m.member_id",
        params![group, key, after, limit],
        candidate,
    )
    .await
}

/// A page of those who are invited and have keys of the group already: they will read what is encrypted with the new key as soon
/// as they accept.
pub(in crate::group) async fn invited(
    tx: &mut Tx,
    group: &GroupId,
    key: &KeyId,
    after: &str,
    limit: u32,
) -> Result<Vec<Candidate>, DbError> {
    tx.query(
        "SELECT m.member_id, k.id, k.keypair_encrypt_alg, k.public_key
         FROM (SELECT member_id, member_kind FROM group_invites
               WHERE group_id = $1 AND kind = $5 AND member_id > $3 ORDER BY member_id LIMIT $4) AS m
         LEFT JOIN users u ON u.id = m.member_id AND m.member_kind = 0
         LEFT JOIN groups g ON g.id = CASE WHEN m.member_kind = 0 THEN u.group_id ELSE m.member_id END
         LEFT JOIN group_keys k ON k.id = g.current_key_id
            AND EXISTS (SELECT 1 FROM group_member_keys c WHERE c.group_id = $1 AND c.member_id = m.member_id)
            AND NOT EXISTS (SELECT 1 FROM group_member_keys c WHERE c.key_id = $2 AND c.member_id = m.member_id)
            AND NOT EXISTS (SELECT 1 FROM pending_key_rotations p WHERE p.key_id = $2 AND p.member_id = m.member_id)
         ORDER BY m.member_id",
        params![group, key, after, limit, InviteKind::Invitation],
        candidate,
    )
    .await
}

fn candidate(row: &Row<'_>) -> Result<Candidate, DbError> {
    let member = row.col()?;
    let parts: (Option<KeyId>, Option<_>, Option<KeyText>) = (row.col()?, row.col()?, row.col()?);
    let public_key = match parts {
        (Some(id), Some(alg), Some(key)) => Some(PublicKey { id, alg, key }),
        _ => None,
    };
    Ok(Candidate { member, public_key })
}

/// Stores shares and returns how many were new. Passed over is who left meanwhile, who holds the key already, and everybody once
/// the rotation is complete.
pub(in crate::group) async fn insert_shares(
    tx: &mut Tx,
    key: &KeyId,
    shares: &[Share],
) -> Result<u64, DbError> {
    const SQL: &str = "INSERT INTO pending_key_rotations
            (key_id, member_id, group_id, key_created_at, public_key_id, error, encrypted_ephemeral_key,
             sealed_ephemeral_key)
         SELECT $1, $2, $3, CAST($4 AS BIGINT), $5, $6, $7, $8
         WHERE (EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = $3 AND m.member_id = $2)
                OR EXISTS (SELECT 1 FROM group_invites i WHERE i.group_id = $3 AND i.member_id = $2 AND i.kind = 0))
            AND NOT EXISTS (SELECT 1 FROM group_member_keys c WHERE c.key_id = $1 AND c.member_id = $2)
         ON CONFLICT (key_id, member_id) DO NOTHING";
    // Once for all: the row of a key is large, and what is asked for stands at its end.
    let running: Option<(GroupId, u64)> = tx
        .query_opt(
            "SELECT group_id, created_at FROM group_keys
             WHERE id = $1 AND encrypted_ephemeral_key IS NOT NULL FOR SHARE",
            params![key],
            |row| Ok((row.col()?, row.col()?)),
        )
        .await?;
    let Some((group, key_created_at)) = running else {
        return Ok(0);
    };
    let rows: Vec<Vec<Param<'_>>> = shares
        .iter()
        .map(|share| {
            params![
                key,
                share.member,
                group,
                key_created_at,
                share.public_key,
                share.error,
                share.encrypted_ephemeral_key,
                share.sealed_ephemeral_key
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(SQL, &rows).await
}

/// Shares of a member that failed for another public key than the one it has now.
pub(in crate::group) async fn failed(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    public_key: &KeyId,
) -> Result<Vec<Failed>, DbError> {
    tx.query(
        "SELECT key_id, sealed_ephemeral_key FROM pending_key_rotations
         WHERE group_id = $1 AND member_id = $2 AND sealed_ephemeral_key IS NOT NULL AND public_key_id <> $3",
        params![group, member, public_key],
        |row| Ok(Failed { key: row.col()?, sealed_ephemeral_key: row.col()? }),
    )
    .await
}

/// Puts another share in the place of one that failed.
pub(in crate::group) async fn replace_failed(tx: &mut Tx, key: &KeyId, share: &Share) -> Result<(), DbError> {
    tx.execute(
        "UPDATE pending_key_rotations SET public_key_id = $3, error = $4, encrypted_ephemeral_key = $5, sealed_ephemeral_key = $6
         WHERE key_id = $1 AND member_id = $2 AND sealed_ephemeral_key IS NOT NULL",
        params![
            key,
            share.member,
            share.public_key,
            share.error,
            share.encrypted_ephemeral_key,
            share.sealed_ephemeral_key
        ],
    )
    .await
    .map(drop)
}

/// Erases the ephemeral key: from now on nobody can be served.
pub(in crate::group) async fn complete(tx: &mut Tx, key: &KeyId) -> Result<(), DbError> {
    tx.execute("UPDATE group_keys SET encrypted_ephemeral_key = NULL WHERE id = $1", params![key])
        .await
        .map(drop)
}

pub(in crate::group) async fn delete_pending_of(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<(), DbError> {
    let sql = "DELETE FROM pending_key_rotations WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member]).await.map(drop)
}

/// Rotations of the group that were started since `since`.
pub(in crate::group) async fn count_since(tx: &mut Tx, group: &GroupId, since: u64) -> Result<u64, DbError> {
    let sql = "SELECT count(*) FROM action_log WHERE subject_id = $1 AND action = $2 AND created_at >= $3";
    Ok(tx.query_opt(sql, params![group, ACTION_KEY_ROTATION, since], |row| row.col()).await?.unwrap_or(0))
}

/// Writes a rotation to the action log; the id of the entry.
pub(in crate::group) async fn log_start(
    tx: &mut Tx,
    app: &AppId,
    group: &GroupId,
    now: u64,
) -> Result<Option<i64>, DbError> {
    tx.query_opt(
        "INSERT INTO action_log (app_id, subject_id, action, amount, created_at) VALUES ($1, $2, $3, 0, $4) RETURNING id",
        params![app, group, ACTION_KEY_ROTATION, now],
        |row| row.col(),
    )
    .await
}

/// Adds the number of members that were served to the entry.
pub(in crate::group) async fn log_amount(tx: &mut Tx, entry: i64, amount: u64) -> Result<(), DbError> {
    let sql = "UPDATE action_log SET amount = amount + $2 WHERE id = $1";
    tx.execute(sql, params![entry, amount]).await.map(drop)
}
