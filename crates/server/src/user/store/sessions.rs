//! Rows of sessions and login challenges.

use keyfold_protocol::encoding::HashedAuthenticationKey;
use keyfold_protocol::group::GroupInviteItem;
use keyfold_protocol::id::{DeviceId, UserId};

use crate::db::{DbError, Tx, params};
use crate::hash::Hash;
use crate::keyring::PAGE;

/// A session, found by its refresh token.
#[derive(Debug)]
pub(in crate::user) struct SessionRow {
    pub(in crate::user) id: String,
    pub(in crate::user) created_at: u64,
    pub(in crate::user) last_used_at: u64,
}

/// Challenges that a device may have open; a further one ends the oldest.
const MAX_CHALLENGES: i64 = 20;

/// Notes a challenge for a device whose password is still `verifier`; `false` when it is not.
pub(in crate::user) async fn insert_challenge(
    tx: &mut Tx,
    device: &DeviceId,
    verifier: &HashedAuthenticationKey,
    challenge: &Hash,
    expires_at: u64,
) -> Result<bool, DbError> {
    let inserted = tx
        .execute(
            "INSERT INTO login_challenges (device_id, challenge_hash, expires_at)
             SELECT id, $3, $4 FROM devices WHERE id = $1 AND hashed_authentication_key = $2",
            params![device, verifier, challenge, expires_at],
        )
        .await?;
    tx.execute(
        "DELETE FROM login_challenges WHERE device_id = $1 AND challenge_hash NOT IN (
            SELECT challenge_hash FROM login_challenges WHERE device_id = $1
            ORDER BY expires_at DESC, challenge_hash LIMIT $2)",
        params![device, MAX_CHALLENGES],
    )
    .await?;
    Ok(inserted == 1)
}

/// Uses a challenge up; `false` when there is none. Deleting and asking is one statement: of two who send the same challenge at the
/// same moment, one gets it.
pub(in crate::user) async fn take_challenge(
    tx: &mut Tx,
    device: &DeviceId,
    verifier: &HashedAuthenticationKey,
    challenge: &Hash,
    now: u64,
) -> Result<bool, DbError> {
    let taken = tx
        .execute(
            "DELETE FROM login_challenges WHERE device_id = $1 AND challenge_hash = $3 AND expires_at > $4
                AND EXISTS (SELECT 1 FROM devices WHERE id = $1 AND hashed_authentication_key = $2)",
            params![device, verifier, challenge, now],
        )
        .await?;
    Ok(taken == 1)
}

pub(in crate::user) async fn delete_challenges(tx: &mut Tx, device: &DeviceId) -> Result<(), DbError> {
    tx.execute("DELETE FROM login_challenges WHERE device_id = $1", params![device]).await.map(drop)
}

/// Begins a session. The oldest of the device end when there are more than `cap`.
pub(in crate::user) async fn insert(
    tx: &mut Tx,
    id: &str,
    device: &DeviceId,
    refresh_token: &Hash,
    cap: u32,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO sessions (id, device_id, refresh_token_hash, created_at, last_used_at) VALUES ($1, $2, $3, $4, $4)",
        params![id, device, refresh_token, now],
    )
    .await?;
    tx.execute(
        "DELETE FROM sessions WHERE device_id = $1 AND id IN (
            SELECT id FROM sessions WHERE device_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $2)",
        params![device, cap],
    )
    .await
    .map(drop)
}

/// The session that a refresh token of the device belongs to.
pub(in crate::user) async fn find(
    tx: &mut Tx,
    user: &UserId,
    device: &DeviceId,
    refresh_token: &Hash,
) -> Result<Option<SessionRow>, DbError> {
    tx.query_opt(
        "SELECT s.id, s.created_at, s.last_used_at FROM sessions s JOIN devices d ON d.id = s.device_id
         WHERE s.refresh_token_hash = $1 AND s.device_id = $2 AND d.user_id = $3",
        params![refresh_token, device, user],
        |row| Ok(SessionRow { id: row.col()?, created_at: row.col()?, last_used_at: row.col()? }),
    )
    .await
}

pub(in crate::user) async fn touch(tx: &mut Tx, id: &str, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE sessions SET last_used_at = $2 WHERE id = $1", params![id, now]).await.map(drop)
}

/// Ends one session of a device.
pub(in crate::user) async fn delete(tx: &mut Tx, device: &DeviceId, id: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM sessions WHERE id = $1 AND device_id = $2", params![id, device]).await.map(drop)
}

/// Ends all sessions of a device but one.
pub(in crate::user) async fn delete_others(
    tx: &mut Tx,
    device: &DeviceId,
    keep: Option<&str>,
) -> Result<(), DbError> {
    // No session has an empty id.
    let sql = "DELETE FROM sessions WHERE device_id = $1 AND id <> $2";
    tx.execute(sql, params![device, keep.unwrap_or("")]).await.map(drop)
}

/// Ends all sessions of a user.
pub(in crate::user) async fn delete_of_user(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    let sql = "DELETE FROM sessions WHERE device_id IN (SELECT id FROM devices WHERE user_id = $1)";
    tx.execute(sql, params![user]).await.map(drop)
}

/// The newest invitations of a user.
pub(in crate::user) async fn invitations(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<GroupInviteItem>, DbError> {
    tx.query(
        "SELECT i.group_id, i.created_at FROM group_invites i JOIN groups g ON g.id = i.group_id
         WHERE i.member_id = $1 AND i.kind = 0 AND g.kind = 0
         ORDER BY i.created_at DESC, i.group_id LIMIT $2",
        params![user, PAGE],
        |row| Ok(GroupInviteItem { group_id: row.col()?, time: row.col()? }),
    )
    .await
}
