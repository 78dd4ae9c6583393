//! Permissions to upload the remaining keys of a member.

use keyfold_protocol::id::{GroupId, KeySessionId, MemberId, UserId};

use crate::db::{DbError, Tx, params};

/// An open session.
pub(in crate::group) struct Session {
    pub(in crate::group) member: MemberId,
    pub(in crate::group) created_by: UserId,
    pub(in crate::group) expires_at: u64,
}

pub(in crate::group) async fn insert(
    tx: &mut Tx,
    id: &KeySessionId,
    group: &GroupId,
    session: &Session,
) -> Result<(), DbError> {
    let sql = "INSERT INTO key_sessions (id, group_id, member_id, created_by, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let parameters = params![id, group, session.member, session.created_by, session.expires_at];
    tx.execute(sql, parameters).await.map(drop)
}

pub(in crate::group) async fn find(
    tx: &mut Tx,
    group: &GroupId,
    id: &KeySessionId,
) -> Result<Option<Session>, DbError> {
    tx.query_opt(
        "SELECT member_id, created_by, expires_at FROM key_sessions WHERE id = $1 AND group_id = $2",
        params![id, group],
        |row| Ok(Session { member: row.col()?, created_by: row.col()?, expires_at: row.col()? }),
    )
    .await
}

/// Sessions that fill the keys of this member.
pub(in crate::group) async fn delete_of(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<(), DbError> {
    let sql = "DELETE FROM key_sessions WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member]).await.map(drop)
}

/// Forgets what has expired, a few at a time: every new session pays for the old ones.
pub(in crate::group) async fn delete_expired(tx: &mut Tx, now: u64) -> Result<(), DbError> {
    let sql =
        "DELETE FROM key_sessions WHERE id IN (SELECT id FROM key_sessions WHERE expires_at <= $1 LIMIT 16)";
    tx.execute(sql, params![now]).await.map(drop)
}
