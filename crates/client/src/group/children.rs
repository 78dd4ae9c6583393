//! Groups below and beside a group.

use keyfold_protocol::group::{GroupChildItem, GroupCreateOutput};
use keyfold_protocol::id::{GroupId, KeyId};

use super::Group;
use super::invite::ANY_RANK;
use crate::api::Call;
use crate::client::to_json;
use crate::error::Error;
use crate::pages::Pages;
use crate::platform::offload_if;

impl Group {
    /// The child groups, oldest first; not the children of children.
    pub fn children(&self) -> Pages<GroupChildItem> {
        self.pages("children", ANY_RANK)
    }

    /// A child group of this group.
    ///
    /// # Errors
    /// `server_310`: no access.
    pub async fn child(&self, group_id: &GroupId) -> Result<Self, Error> {
        Self::load(self.user(), group_id, self.0.acting_as.as_ref()).await
    }

    /// A connected group that this group is a member of.
    ///
    /// # Errors
    /// `server_310`: no access.
    pub async fn connected(&self, group_id: &GroupId) -> Result<Self, Error> {
        Self::load(self.user(), group_id, Some(self.id())).await
    }

    /// Creates a child group: all members of this group have access to it. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn create_child(&self) -> Result<GroupId, Error> {
        self.send_create("child", false).await
    }

    /// Creates a child group whose key is signed by this user.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn create_signed_child(&self) -> Result<GroupId, Error> {
        self.send_create("child", true).await
    }

    /// Creates a connected group with this group as its first member. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`]. `server_318`: this group is a connected one itself.
    pub async fn create_connected(&self) -> Result<GroupId, Error> {
        self.send_create("connected", false).await
    }

    /// Creates a connected group whose key is signed by this user.
    ///
    /// # Errors
    /// As [`create_connected`](Self::create_connected).
    pub async fn create_signed_connected(&self) -> Result<GroupId, Error> {
        self.send_create("connected", true).await
    }

    /// The body for the creation of a child or connected group by the app's backend, and the id of the key of this group
    /// that it was made with.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub fn prepare_create_child(&self, signed: bool) -> Result<(String, KeyId), Error> {
        self.require_rank(1)?;
        let keys = self.newest_keys()?;
        let body = self.user().new_group(keys.public_key()?.clone(), signed)?()?;
        Ok((to_json(&body)?, KeyId::new(keys.id())))
    }

    async fn send_create(&self, kind: &str, signed: bool) -> Result<GroupId, Error> {
        self.require_rank(1)?;
        let call = if self.is_light() {
            Call::post(&["group", self.id().as_str(), kind, "light"])
        } else {
            let keys = self.newest_keys()?;
            let body = self.user().new_group(keys.public_key()?.clone(), signed)?;
            let body = offload_if(signed, body).await.ok_or(Error::WorkLost)??;
            Call::post(&["group", self.id().as_str(), kind]).json(&body)
        };
        let created: GroupCreateOutput = self.call(call).await?;
        Ok(created.group_id)
    }
}
