//! Rows of members. Every insert and delete keeps `groups.member_count`.

use keyfold_protocol::id::{GroupId, MemberId};

use crate::db::{DbError, Tx, params};
use crate::group::principal::{MemberKind, Principal};

/// A member row.
pub(in crate::group) struct Member {
    pub(in crate::group) kind: MemberKind,
    pub(in crate::group) rank: i32,
    pub(in crate::group) joined_at: u64,
}

/// What came of an insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::group) enum Inserted {
    Yes,
    AlreadyMember,
    GroupFull,
}

pub(in crate::group) async fn find(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<Option<Member>, DbError> {
    tx.query_opt(
        "SELECT member_kind, member_rank, joined_at FROM group_members WHERE group_id = $1 AND member_id = $2",
        params![group, member],
        |row| Ok(Member { kind: row.col()?, rank: row.col()?, joined_at: row.col()? }),
    )
    .await
}

pub(in crate::group) async fn insert(
    tx: &mut Tx,
    group: &GroupId,
    principal: &Principal,
    rank: i32,
    now: u64,
    limit: u32,
) -> Result<Inserted, DbError> {
    let inserted = tx
        .execute(
            "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             SELECT g.id, $2, $3, $4, $5, g.created_at FROM groups g WHERE g.id = $1
             ON CONFLICT (group_id, member_id) DO NOTHING",
            params![group, principal.id, principal.kind, rank, now],
        )
        .await?;
    if inserted == 0 {
        return Ok(Inserted::AlreadyMember);
    }
    let sql = "UPDATE groups SET member_count = member_count + 1 WHERE id = $1 AND member_count < $2";
    let counted = tx.execute(sql, params![group, limit]).await?;
    Ok(if counted == 0 { Inserted::GroupFull } else { Inserted::Yes })
}

/// Removes the row of a member. Parents stay whatever happens: without them a child group would be out of reach.
pub(in crate::group) async fn delete(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM group_members WHERE group_id = $1 AND member_id = $2 AND member_kind <> 1";
    let deleted = tx.execute(sql, params![group, member]).await? > 0;
    if deleted {
        let sql = "UPDATE groups SET member_count = member_count - 1 WHERE id = $1 AND member_count > 0";
        tx.execute(sql, params![group]).await?;
    }
    Ok(deleted)
}

pub(in crate::group) async fn set_rank(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    rank: i32,
) -> Result<(), DbError> {
    let sql = "UPDATE group_members SET member_rank = $3 WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member, rank]).await.map(drop)
}

/// Whether somebody else than `member` administrates the group.
pub(in crate::group) async fn has_other_admin(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<bool, DbError> {
    let sql =
        "SELECT 1 FROM group_members WHERE group_id = $1 AND member_rank <= 1 AND member_id <> $2 LIMIT 1";
    Ok(tx.query_opt(sql, params![group, member], |row| row.col::<i64>()).await?.is_some())
}

/// The strongest member, of equals the one who has been there longest.
pub(in crate::group) async fn strongest(tx: &mut Tx, group: &GroupId) -> Result<Option<MemberId>, DbError> {
    let sql = "SELECT member_id FROM group_members WHERE group_id = $1
         ORDER BY member_rank, joined_at, member_id LIMIT 1";
    tx.query_opt(sql, params![group], |row| row.col()).await
}

/// Some of the groups in which `member` has a row that it can lose, with its rank.
pub(in crate::group) async fn memberships(
    tx: &mut Tx,
    member: &MemberId,
    limit: u64,
) -> Result<Vec<(GroupId, i32)>, DbError> {
    let sql = "SELECT group_id, member_rank FROM group_members WHERE member_id = $1 AND member_kind <> 1
         ORDER BY group_id LIMIT $2";
    tx.query(sql, params![member, limit], |row| Ok((row.col()?, row.col()?))).await
}

/// What a principal that ceases to exist has left behind where it is no member: invitations, join requests and what came with them.
/// Deletes no more rows than the budget has; false when it did not suffice.
pub(in crate::group) async fn delete_traces(
    tx: &mut Tx,
    member: &MemberId,
    budget: &mut u64,
) -> Result<bool, DbError> {
    const TRACES: &[&str] = &[
        "DELETE FROM group_invites WHERE member_id = $1 AND (group_id, kind) IN (
            SELECT group_id, kind FROM group_invites WHERE member_id = $1 LIMIT $2)",
        "DELETE FROM group_member_keys WHERE member_id = $1 AND key_id IN (
            SELECT key_id FROM group_member_keys WHERE member_id = $1 LIMIT $2)",
        "DELETE FROM pending_key_rotations WHERE member_id = $1 AND key_id IN (
            SELECT key_id FROM pending_key_rotations WHERE member_id = $1 LIMIT $2)",
        "DELETE FROM key_sessions WHERE id IN (SELECT id FROM key_sessions WHERE member_id = $1 LIMIT $2)",
    ];
    delete_within(tx, TRACES, member.as_str(), budget).await
}

/// Runs statements that delete rows of `$1`, at most `$2` of them, until the budget is used up; false when it did not suffice.
pub(super) async fn delete_within(
    tx: &mut Tx,
    statements: &[&'static str],
    of: &str,
    budget: &mut u64,
) -> Result<bool, DbError> {
    for sql in statements {
        let deleted = tx.execute(sql, params![of, *budget]).await?;
        *budget = budget.saturating_sub(deleted);
        if *budget == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
