//! Through what, and with which rank, a caller reaches a group.
//!
//! One query decides, inside of the transaction that the answer permits. A direct membership wins over an inherited one, even
//! with a weaker rank; of several ancestors the nearest counts. Whoever names a group to act for must be a member of it
//! (directly or through its ancestors), that group must be a *member group* of the target or of one of its ancestors, and the
//! weaker of both ranks counts.
//!
//! Whatever is missing, the answer is the same (400/310): whether a group exists is nobody's business who cannot reach it.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::AccessBy;
use keyfold_protocol::id::{AppId, GroupId, KeyId, UserId};

use super::principal::Principal;
use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// Rank up to which a member administrates the group.
pub(crate) const RANK_ADMIN: i32 = 1;

/// Rank up to which a member may bring in and remove others.
pub(crate) const RANK_USER_MANAGER: i32 = 2;

/// Weakest rank.
pub(crate) const RANK_MEMBER: i32 = 4;

/// Who wants to do something with a group.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) group: GroupId,
    /// The group the user acts for.
    pub(crate) via: Option<GroupId>,
}

/// A group as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) app: AppId,
    pub(crate) parent: Option<GroupId>,
    pub(crate) is_connected: bool,
    pub(crate) accepts_invites: bool,
    pub(crate) created_at: u64,
    pub(crate) current_key: Option<KeyId>,
    pub(crate) depth: u32,
}

/// A caller's way into a group.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) group: Group,
    /// Whose keys the caller uses: the user, the direct parent, or the group the user acts for.
    pub(crate) principal: Principal,
    /// Effective rank.
    pub(crate) rank: i32,
    /// Rank of the row in the group or its ancestor, without the weakening by the access group.
    pub(crate) row_rank: i32,
    /// When the membership began that gives access.
    pub(crate) joined_at: u64,
    pub(crate) by: AccessBy,
}

impl Caller {
    /// Resolves the access, to read.
    ///
    /// # Errors
    /// 400/310.
    pub(crate) async fn enter(&self, tx: &mut Tx) -> Result<Access, ApiError> {
        let found = match &self.via {
            None => store::access::of_user(tx, self).await?,
            Some(via) => store::access::via_group(tx, self, via).await?,
        };
        let found = found.ok_or(ErrorCode::GroupAccess)?;
        Ok(Access::new(self, found))
    }

    /// Locks the group against other changes until the transaction ends, then resolves the access.
    ///
    /// # Errors
    /// 400/310.
    pub(crate) async fn enter_for_update(&self, tx: &mut Tx) -> Result<Access, ApiError> {
        store::groups::lock(tx, &self.group).await?;
        self.enter(tx).await
    }
}

impl Access {
    fn new(caller: &Caller, found: store::access::Found) -> Self {
        let store::access::Found { group, at, member_rank, joined_at, via_rank } = found;
        let inherited = at != group.id;
        let principal = match (&group.parent, &caller.via) {
            (Some(parent), _) if inherited => Principal::parent(parent),
            (_, Some(via)) => Principal::group(via),
            (_, None) => Principal::user(&caller.user),
        };
        let by = match (&caller.via, inherited) {
            (None, false) => AccessBy::User,
            (None, true) => AccessBy::Parent(at),
            (Some(via), false) => AccessBy::GroupAsUser(via.clone()),
            (Some(via), true) => AccessBy::GroupAsUserAsParent { parent: at, group_as_user: via.clone() },
        };
        let rank = via_rank.map_or(member_rank, |via_rank| via_rank.max(member_rank));
        Self { group, principal, rank, row_rank: member_rank, joined_at, by }
    }

    /// Passes ranks that are at least as strong as `weakest`.
    ///
    /// # Errors
    /// 400/301.
    pub(crate) fn require_rank(&self, weakest: i32) -> Result<(), ApiError> {
        if self.rank <= weakest { Ok(()) } else { Err(ErrorCode::RankInsufficient.into()) }
    }

    /// Whether the caller has access through an ancestor and not through a row of its own.
    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self.by, AccessBy::Parent(_) | AccessBy::GroupAsUserAsParent { .. })
    }
}
