//! Requests to join this group, and what this group does as a member of connected groups.

use keyfold_protocol::group::{GroupInviteItem, GroupJoinReqItem, ListGroupItem, MEMBER_GROUP};
use keyfold_protocol::id::{GroupId, MemberId, UserId};

use super::Group;
use super::invite::{ANY_RANK, RANK_TO_INVITE, Recipient, Upload, check_rank};
use crate::api::Call;
use crate::error::Error;
use crate::pages::Pages;

impl Group {
    /// Requests to join this group, oldest first. Needs rank 0, 1 or 2: with another, reading fails with
    /// [`Error::RankInsufficient`].
    pub fn join_requests(&self) -> Pages<GroupJoinReqItem> {
        self.pages("join_req", RANK_TO_INVITE)
    }

    /// Accepts a request, from a user or a group, and gives the new member all keys. `rank` as for
    /// [`invite_auto`](Self::invite_auto).
    ///
    /// # Errors
    /// [`Error::RankInsufficient`], [`Error::InvalidRank`]. `server_309`: there is no such request.
    pub async fn accept_join_request(
        &self,
        request: &GroupJoinReqItem,
        rank: Option<i32>,
    ) -> Result<(), Error> {
        self.require_rank(RANK_TO_INVITE)?;
        check_rank(rank)?;
        if self.is_light() {
            return self.send_light("join_req", &request.user_id, rank).await;
        }
        let id = request.user_id.as_str();
        if request.user_type == MEMBER_GROUP {
            let group = GroupId::from(id);
            self.send_keys("join_req", Recipient::Group(&group), rank, Upload::Membership).await
        } else {
            let user = UserId::from(id);
            self.send_keys("join_req", Recipient::User(&user), rank, Upload::Membership).await
        }
    }

    /// Declines a request.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn reject_join_request(&self, member: &MemberId) -> Result<(), Error> {
        self.require_rank(RANK_TO_INVITE)?;
        self.act(Call::delete(&["group", self.id().as_str(), "join_req", member.as_str()])).await
    }

    /// The connected groups that this group is a member of, oldest first.
    pub fn groups(&self) -> Pages<ListGroupItem> {
        self.pages("all", ANY_RANK)
    }

    /// Invitations that wait for this group, newest first. Needs rank 0 or 1.
    pub fn group_invitations(&self) -> Pages<GroupInviteItem> {
        self.pages("invite", ANY_RANK)
    }

    /// Accepts an invitation in the name of this group. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`]. `server_307`: there is no invitation.
    pub async fn accept_invitation(&self, group_id: &GroupId) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::patch(&["group", self.id().as_str(), "invite", group_id.as_str()])).await
    }

    /// Declines an invitation in the name of this group. Needs rank 0 or 1.
    ///
    /// # Errors
    /// As [`accept_invitation`](Self::accept_invitation).
    pub async fn reject_invitation(&self, group_id: &GroupId) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::delete(&["group", self.id().as_str(), "invite", group_id.as_str()])).await
    }

    /// Asks to join a connected group in the name of this group. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`]. `server_319`: the other is not a connected group, or this one is.
    pub async fn request_to_join(&self, group_id: &GroupId) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::patch(&["group", self.id().as_str(), "join_req", group_id.as_str()])).await
    }

    /// Requests to join that were sent in the name of this group, newest first. Needs rank 0 or 1, as
    /// [`join_requests`](Self::join_requests) needs its ranks.
    pub fn sent_join_requests(&self) -> Pages<GroupInviteItem> {
        self.pages("joins", 1)
    }

    /// Takes a request to join back. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn withdraw_join_request(&self, group_id: &GroupId) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::delete(&["group", self.id().as_str(), "joins", group_id.as_str()])).await
    }
}
