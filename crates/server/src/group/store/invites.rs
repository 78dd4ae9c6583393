//! Pending invitations and join requests.

use keyfold_protocol::id::{GroupId, MemberId};

use crate::db::{DbError, Param, ToParam, Tx, params};
use crate::group::principal::{MemberKind, Principal};

/// Who made the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InviteKind {
    /// The group.
    Invitation,
    /// The one who wants to join.
    JoinRequest,
}

/// A pending entry.
pub(in crate::group) struct Pending {
    pub(in crate::group) member_kind: MemberKind,
    pub(in crate::group) rank: i32,
}

impl ToParam for InviteKind {
    fn to_param(&self) -> Param<'_> {
        Param::Int(match self {
            Self::Invitation => 0,
            Self::JoinRequest => 1,
        })
    }
}

/// False when such an entry is there already; it is left as it is.
pub(in crate::group) async fn insert(
    tx: &mut Tx,
    group: &GroupId,
    principal: &Principal,
    kind: InviteKind,
    rank: i32,
    now: u64,
) -> Result<bool, DbError> {
    let inserted = tx
        .execute(
            "INSERT INTO group_invites (group_id, member_id, kind, member_kind, member_rank, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (group_id, member_id, kind) DO NOTHING",
            params![group, principal.id, kind, principal.kind, rank, now],
        )
        .await?;
    Ok(inserted == 1)
}

pub(in crate::group) async fn find(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    kind: InviteKind,
) -> Result<Option<Pending>, DbError> {
    tx.query_opt(
        "SELECT member_kind, member_rank FROM group_invites WHERE group_id = $1 AND member_id = $2 AND kind = $3",
        params![group, member, kind],
        |row| Ok(Pending { member_kind: row.col()?, rank: row.col()? }),
    )
    .await
}

/// Whether there was one.
pub(in crate::group) async fn delete(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    kind: InviteKind,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM group_invites WHERE group_id = $1 AND member_id = $2 AND kind = $3";
    Ok(tx.execute(sql, params![group, member, kind]).await? > 0)
}

/// Both kinds: whoever has become a member neither waits nor is waited for.
pub(in crate::group) async fn delete_all_of(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<(), DbError> {
    let sql = "DELETE FROM group_invites WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member]).await.map(drop)
}

/// How many entries of the kind the group has; counts no further than `limit`.
pub(in crate::group) async fn count(
    tx: &mut Tx,
    group: &GroupId,
    kind: InviteKind,
    limit: u32,
) -> Result<u32, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM group_invites WHERE group_id = $1 AND kind = $2 LIMIT $3) AS few";
    Ok(tx.query_opt(sql, params![group, kind, limit], |row| row.col()).await?.unwrap_or(0))
}
