//! Members: list, ranks, leaving.

use keyfold_protocol::group::{ChangeRankInput, GroupUserListItem};
use keyfold_protocol::id::MemberId;

use super::Group;
use super::invite::{ANY_RANK, check_rank};
use crate::api::Call;
use crate::client::to_json;
use crate::error::Error;
use crate::lock::write;
use crate::pages::Pages;

impl Group {
    /// The other members, in the order in which they joined. Users, groups, and the parent group.
    pub fn members(&self) -> Pages<GroupUserListItem> {
        self.pages("member", ANY_RANK)
    }

    /// Stops invitations and requests to join, or allows them again. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn toggle_invitations(&self) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::patch(&["group", self.id().as_str(), "change_invite"])).await
    }

    /// Changes the rank of a member to 1, 2, 3 or 4. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::InvalidRank`], [`Error::RankInsufficient`]. `server_314`: the member is the creator.
    pub async fn update_rank(&self, member: &MemberId, rank: i32) -> Result<(), Error> {
        let body = self.rank_change(member, rank)?;
        let path = ["group", self.id().as_str(), "change_rank"];
        self.act(Call::put(&path).json(&body)).await?;
        if self.is_own(member) {
            write(&self.0.state).data.rank = rank;
            self.0.snapshots.changed();
            self.store().await?;
        }
        Ok(())
    }

    /// The body for `PUT /api/v1/group/<id>/change_rank`, for apps that send it themselves.
    ///
    /// # Errors
    /// [`Error::InvalidRank`], [`Error::RankInsufficient`].
    pub fn prepare_update_rank(&self, member: &MemberId, rank: i32) -> Result<String, Error> {
        to_json(&self.rank_change(member, rank)?)
    }

    /// Removes a member. Needs rank 0, 1 or 2, and a member who is not stronger.
    ///
    /// Whoever was removed may have kept the keys: rotate them.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`]. `server_315`: the member is the creator. `server_316`: the member is stronger.
    pub async fn kick(&self, member: &MemberId) -> Result<(), Error> {
        self.require_rank(2)?;
        self.act(Call::delete(&["group", self.id().as_str(), "kick", member.as_str()])).await
    }

    /// Leaves the group.
    ///
    /// # Errors
    /// `server_308`: nobody with rank 0 or 1 would be left.
    pub async fn leave(&self) -> Result<(), Error> {
        self.act(Call::delete(&["group", self.id().as_str(), "leave"])).await?;
        self.forget().await
    }

    fn rank_change(&self, member: &MemberId, rank: i32) -> Result<ChangeRankInput, Error> {
        check_rank(Some(rank))?;
        self.require_rank(1)?;
        Ok(ChangeRankInput { changed_user_id: member.clone(), new_rank: rank })
    }

    fn is_own(&self, member: &MemberId) -> bool {
        let own = self.0.acting_as.as_ref().map_or_else(|| self.user().id().as_str(), |id| id.as_str());
        member.as_str() == own
    }

    /// A list under this group's path.
    /// A list for members of the rank `weakest` and stronger ones. With another rank nothing is asked for, and reading it fails.
    pub(super) fn pages<T: crate::pages::Item>(&self, list: &str, weakest: i32) -> Pages<T> {
        let session = self.user().0.session.clone();
        let is_refused = self.rank() > weakest;
        let path = ["group", self.id().as_str(), list];
        Pages::new(session, &path, self.0.acting_as.clone(), is_refused)
    }
}
