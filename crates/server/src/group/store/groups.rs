//! Rows of groups.

use keyfold_protocol::group::AccessBy;
use keyfold_protocol::id::{AppId, GroupId, UserId};

use super::members::delete_within;
use crate::db::{DbError, Dialect, Tx, params};
use crate::group::access::{Access, Group};
use crate::group::principal::{MemberKind, Principal};

/// Makes every other transaction that locks the group wait until this one ends. On SQLite there is only one writer.
pub(in crate::group) async fn lock(tx: &mut Tx, group: &GroupId) -> Result<(), DbError> {
    if tx.dialect() == Dialect::Postgres {
        tx.query_opt("SELECT id FROM groups WHERE id = $1 FOR UPDATE", params![group], |row| {
            row.col::<GroupId>()
        })
        .await?;
    }
    Ok(())
}

/// A group of users of this app, for those who act on it without being members.
pub(in crate::group) async fn find(tx: &mut Tx, app: &AppId, id: &GroupId) -> Result<Option<Group>, DbError> {
    tx.query_opt(
        "SELECT app_id, parent_id, is_connected, accepts_invites, created_at, current_key_id, depth
         FROM groups WHERE id = $1 AND app_id = $2 AND kind = 0",
        params![id, app],
        |row| {
            Ok(Group {
                id: id.clone(),
                app: row.col()?,
                parent: row.col()?,
                is_connected: row.col()?,
                accepts_invites: row.col()?,
                created_at: row.col()?,
                current_key: row.col()?,
                depth: row.col()?,
            })
        },
    )
    .await
}

/// Whether the user exists in this app.
pub(crate) async fn user_exists(tx: &mut Tx, app: &AppId, user: &UserId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM users WHERE id = $1 AND app_id = $2";
    Ok(tx.query_opt(sql, params![user, app], |row| row.col::<i64>()).await?.is_some())
}

/// Whether the principal exists at this moment, and keeps it from being deleted until the transaction ends: its deletion removes the
/// memberships that it finds, and must not miss this one.
pub(in crate::group) async fn hold(tx: &mut Tx, principal: &Principal) -> Result<bool, DbError> {
    let sql = match principal.kind {
        MemberKind::User => "SELECT 1 FROM users WHERE id = $1 FOR SHARE",
        MemberKind::Parent | MemberKind::Group => "SELECT 1 FROM groups WHERE id = $1 AND kind = 0 FOR SHARE",
    };
    Ok(tx.query_opt(sql, params![principal.id], |row| row.col::<i64>()).await?.is_some())
}

pub(in crate::group) async fn count_children(
    tx: &mut Tx,
    group: &GroupId,
    limit: u32,
) -> Result<u32, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM groups WHERE parent_id = $1 AND kind = 0 LIMIT $2) AS few";
    Ok(tx.query_opt(sql, params![group, limit], |row| row.col()).await?.unwrap_or(0))
}

/// Opens a group for invitations and join requests that is closed, and closes one that is open.
pub(in crate::group) async fn toggle_invites(tx: &mut Tx, group: &GroupId) -> Result<(), DbError> {
    let sql = "UPDATE groups SET accepts_invites = 1 - accepts_invites WHERE id = $1";
    tx.execute(sql, params![group]).await.map(drop)
}

/// Marks the group and all below it as deleted, and returns them: they are no groups of users any more, which is all that access checks
/// and lists know.
pub(in crate::group) async fn mark_deleted(tx: &mut Tx, group: &GroupId) -> Result<Vec<GroupId>, DbError> {
    tx.query(
        "UPDATE groups SET kind = 2 WHERE id IN (
            WITH RECURSIVE tree (id) AS (
                SELECT id FROM groups WHERE id = $1
                UNION ALL
                SELECT g.id FROM tree t JOIN groups g ON g.parent_id = t.id)
            SELECT id FROM tree)
         RETURNING id",
        params![group],
        |row| row.col(),
    )
    .await
}

/// Some of the groups below a deleted one, and that one itself, the deepest first.
pub(in crate::group) async fn deleted_tree(
    tx: &mut Tx,
    group: &GroupId,
    limit: u64,
) -> Result<Vec<GroupId>, DbError> {
    tx.query(
        "WITH RECURSIVE tree (id, depth) AS (
            SELECT id, depth FROM groups WHERE id = $1 AND kind = 2
            UNION ALL
            SELECT g.id, g.depth FROM tree t JOIN groups g ON g.parent_id = t.id)
         SELECT id FROM tree ORDER BY depth DESC, id LIMIT $2",
        params![group, limit],
        |row| row.col(),
    )
    .await
}

/// Deletes the rows of which a group can have very many. No more than the budget has; false when it did not suffice.
pub(in crate::group) async fn empty(tx: &mut Tx, group: &GroupId, budget: &mut u64) -> Result<bool, DbError> {
    const CONTENT: &[&str] = &[
        "DELETE FROM group_member_keys WHERE group_id = $1 AND (member_id, key_id) IN (
            SELECT member_id, key_id FROM group_member_keys WHERE group_id = $1 LIMIT $2)",
        "DELETE FROM pending_key_rotations WHERE group_id = $1 AND (key_id, member_id) IN (
            SELECT p.key_id, p.member_id FROM group_keys k JOIN pending_key_rotations p ON p.key_id = k.id
            WHERE k.group_id = $1 LIMIT $2)",
        "DELETE FROM group_invites WHERE group_id = $1 AND (member_id, kind) IN (
            SELECT member_id, kind FROM group_invites WHERE group_id = $1 LIMIT $2)",
        "DELETE FROM key_sessions WHERE id IN (SELECT id FROM key_sessions WHERE group_id = $1 LIMIT $2)",
        "DELETE FROM group_members WHERE group_id = $1 AND member_id IN (
            SELECT member_id FROM group_members WHERE group_id = $1 LIMIT $2)",
        "DELETE FROM group_keys WHERE id IN (SELECT id FROM group_keys WHERE group_id = $1 LIMIT $2)",
    ];
    delete_within(tx, CONTENT, group.as_str(), budget).await
}

/// Whether there is still a row of the group, deleted or not.
pub(in crate::group) async fn exists(tx: &mut Tx, group: &GroupId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM groups WHERE id = $1";
    Ok(tx.query_opt(sql, params![group], |row| row.col::<i64>()).await?.is_some())
}

/// Deletes the row of a group, and by foreign keys what is left of it.
pub(in crate::group) async fn delete(tx: &mut Tx, group: &GroupId) -> Result<(), DbError> {
    tx.execute("DELETE FROM groups WHERE id = $1", params![group]).await.map(drop)
}

/// Whether the user administrates the group it acts for by a row of its own: what it takes to give up a membership of that group.
pub(in crate::group) async fn is_direct_admin(
    tx: &mut Tx,
    access: &Access,
    user: &UserId,
) -> Result<bool, DbError> {
    let via = match &access.by {
        AccessBy::GroupAsUser(via) | AccessBy::GroupAsUserAsParent { group_as_user: via, .. } => via,
        AccessBy::User | AccessBy::Parent(_) => return Ok(false),
    };
    let sql = "SELECT 1 FROM group_members WHERE group_id = $1 AND member_id = $2 AND member_kind = 0 AND member_rank <= 1";
    Ok(tx.query_opt(sql, params![via, user], |row| row.col::<i64>()).await?.is_some())
}
