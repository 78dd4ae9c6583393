//! The access check: one query, recursive over the parents, that ends at the nearest membership.

use keyfold_protocol::id::GroupId;

use crate::db::{DbError, Row, Tx, params};
use crate::group::access::{Caller, Group};

/// A membership that gives access.
pub(in crate::group) struct Found {
    pub(in crate::group) group: Group,
    /// The group that holds the row: the target or an ancestor.
    pub(in crate::group) at: GroupId,
    pub(in crate::group) member_rank: i32,
    pub(in crate::group) joined_at: u64,
    /// Rank of the caller in the group it acts for.
    pub(in crate::group) via_rank: Option<i32>,
}

/// The bound on `depth` is a second line: groups are not created deeper than their limit, and a parent cannot change.
macro_rules! path {
    ($name:literal, start $start:literal, member $member:literal, kind $kind:literal) => {
        concat!(
            $name,
            " (id, parent_id, depth, member_rank, joined_at) AS (
                SELECT g.id, g.parent_id, CAST(0 AS BIGINT), m.member_rank, m.joined_at
                FROM groups g
                LEFT JOIN group_members m ON m.group_id = g.id AND m.member_id = ",
            $member,
            " AND m.member_kind = ",
            $kind,
            " WHERE g.id = ",
            $start,
            " AND g.app_id = $2 AND g.kind = 0
                UNION ALL
                SELECT g.id, g.parent_id, p.depth + 1, m.member_rank, m.joined_at
                FROM ",
            $name,
            " p
                JOIN groups g ON g.id = p.parent_id
                LEFT JOIN group_members m ON m.group_id = g.id AND m.member_id = ",
            $member,
            " AND m.member_kind = ",
            $kind,
            " WHERE p.member_rank IS NULL AND p.depth < 1000)"
        )
    };
}

const OF_USER: &str = concat!(
    "WITH RECURSIVE ",
    path!("path", start "$1", member "$3", kind "0"),
    " SELECT t.app_id, t.parent_id, t.is_connected, t.accepts_invites, t.created_at, t.current_key_id, t.depth,
        p.id, p.member_rank, p.joined_at, NULL
    FROM path p JOIN groups t ON t.id = $1
    WHERE p.member_rank IS NOT NULL"
);

const VIA_GROUP: &str = concat!(
    "WITH RECURSIVE ",
    path!("path", start "$1", member "$4", kind "2"),
    ", ",
    path!("via", start "$4", member "$3", kind "0"),
    " SELECT t.app_id, t.parent_id, t.is_connected, t.accepts_invites, t.created_at, t.current_key_id, t.depth,
        p.id, p.member_rank, p.joined_at, v.member_rank
    FROM path p JOIN groups t ON t.id = $1 JOIN via v ON v.member_rank IS NOT NULL
    WHERE p.member_rank IS NOT NULL"
);

pub(in crate::group) async fn of_user(tx: &mut Tx, caller: &Caller) -> Result<Option<Found>, DbError> {
    let parameters = params![caller.group, caller.app, caller.user];
    tx.query_opt(OF_USER, parameters, |row| found(&caller.group, row)).await
}

pub(in crate::group) async fn via_group(
    tx: &mut Tx,
    caller: &Caller,
    via: &GroupId,
) -> Result<Option<Found>, DbError> {
    let parameters = params![caller.group, caller.app, caller.user, via];
    tx.query_opt(VIA_GROUP, parameters, |row| found(&caller.group, row)).await
}

fn found(target: &GroupId, row: &Row<'_>) -> Result<Found, DbError> {
    Ok(Found {
        group: Group {
            id: target.clone(),
            app: row.col()?,
            parent: row.col()?,
            is_connected: row.col()?,
            accepts_invites: row.col()?,
            created_at: row.col()?,
            current_key: row.col()?,
            depth: row.col()?,
        },
        at: row.col()?,
        member_rank: row.col()?,
        joined_at: row.col()?,
        via_rank: row.col()?,
    })
}
