//! Pages of lists.
//!
//! A page begins after the cursor: the time and the id of the last item that the caller has. Rows are compared with it as a pair, so
//! that the index in the order of the list finds the place at once.

use keyfold_protocol::group::{
    GroupChildItem, GroupInviteItem, GroupJoinReqItem, GroupUserListItem, ListGroupItem,
};
use keyfold_protocol::id::{AppId, GroupId, MemberId};

use super::invites::InviteKind;
use crate::db::{DbError, Tx, params};
use crate::keyring::{Cursor, PAGE};

/// Members in the order in which they joined, without `except`.
pub(in crate::group) async fn members(
    tx: &mut Tx,
    group: &GroupId,
    except: &MemberId,
    after: &Cursor,
) -> Result<Vec<GroupUserListItem>, DbError> {
    tx.query(
        "SELECT member_id, member_rank, joined_at, member_kind FROM group_members
         WHERE group_id = $1 AND member_id <> $2 AND (joined_at, member_id) > ($3, $4)
         ORDER BY joined_at, member_id LIMIT $5",
        params![group, except, after.time, after.id, PAGE],
        |row| {
            Ok(GroupUserListItem {
                user_id: row.col()?,
                rank: row.col()?,
                joined_time: row.col()?,
                user_type: row.col()?,
            })
        },
    )
    .await
}

/// Direct children, oldest first.
pub(in crate::group) async fn children(
    tx: &mut Tx,
    group: &GroupId,
    after: &Cursor,
) -> Result<Vec<GroupChildItem>, DbError> {
    tx.query(
        "SELECT id, created_at, parent_id FROM groups
         WHERE parent_id = $1 AND kind = 0 AND (created_at, id) > ($2, $3)
         ORDER BY created_at, id LIMIT $4",
        params![group, after.time, after.id, PAGE],
        |row| Ok(GroupChildItem { group_id: row.col()?, time: row.col()?, parent: row.col()? }),
    )
    .await
}

/// Groups that the principal is a member of by a row of its own, oldest first.
pub(in crate::group) async fn groups_of(
    tx: &mut Tx,
    app: &AppId,
    member: &MemberId,
    after: &Cursor,
) -> Result<Vec<ListGroupItem>, DbError> {
    tx.query(
        "SELECT m.group_id, m.group_created_at, m.joined_at, m.member_rank, g.parent_id
         FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.member_id = $1 AND m.member_kind IN (0, 2) AND g.kind = 0 AND g.app_id = $2
            AND (m.group_created_at, m.group_id) > ($3, $4)
         ORDER BY m.group_created_at, m.group_id LIMIT $5",
        params![member, app, after.time, after.id, PAGE],
        |row| {
            Ok(ListGroupItem {
                group_id: row.col()?,
                time: row.col()?,
                joined_time: row.col()?,
                rank: row.col()?,
                parent: row.col()?,
            })
        },
    )
    .await
}

/// Invitations that the principal received, or join requests that it sent, newest first.
pub(in crate::group) async fn pending_of(
    tx: &mut Tx,
    app: &AppId,
    member: &MemberId,
    kind: InviteKind,
    after: &Cursor,
) -> Result<Vec<GroupInviteItem>, DbError> {
    tx.query(
        "SELECT i.group_id, i.created_at
         FROM group_invites i JOIN groups g ON g.id = i.group_id
         WHERE i.member_id = $1 AND i.kind = $2 AND g.app_id = $3 AND g.kind = 0
            AND i.created_at <= $4 AND (i.created_at < $4 OR i.group_id > $5)
         ORDER BY i.created_at DESC, i.group_id LIMIT $6",
        params![member, kind, app, after.newest_first(), after.id, PAGE],
        |row| Ok(GroupInviteItem { group_id: row.col()?, time: row.col()? }),
    )
    .await
}

/// Join requests that the group received, oldest first.
pub(in crate::group) async fn join_requests(
    tx: &mut Tx,
    group: &GroupId,
    after: &Cursor,
) -> Result<Vec<GroupJoinReqItem>, DbError> {
    tx.query(
        "SELECT member_id, created_at, member_kind FROM group_invites
         WHERE group_id = $1 AND kind = $2 AND (created_at, member_id) > ($3, $4)
         ORDER BY created_at, member_id LIMIT $5",
        params![group, InviteKind::JoinRequest, after.time, after.id, PAGE],
        |row| Ok(GroupJoinReqItem { user_id: row.col()?, time: row.col()?, user_type: row.col()? }),
    )
    .await
}
