//! The groups of a user: creation, lists, invitations, requests to join.

use keyfold_crypto::PublicKey;
use keyfold_crypto::group as group_crypto;
use keyfold_protocol::group::{
    GroupCreate, GroupCreateOutput, GroupInviteItem, GroupLightData, ListGroupItem,
};
use keyfold_protocol::id::GroupId;

use super::User;
use crate::api::Call;
use crate::client::to_json;
use crate::error::Error;
use crate::group::Group;
use crate::pages::Pages;
use crate::platform::offload_if;

impl User {
    /// Creates a group with this user as its creator.
    ///
    /// # Errors
    /// Those of the request.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn create_group(&self) -> Result<GroupId, Error> {
        self.send_create_group(false).await
    }

    /// Creates a group whose key is signed by this user.
    ///
    /// # Errors
    /// Those of the request.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn create_signed_group(&self) -> Result<GroupId, Error> {
        self.send_create_group(true).await
    }

    /// The body for `POST /api/v1/group` or `POST /api/v1/group/forced/<user id>`, for apps that send it themselves.
    ///
    /// # Errors
    /// `client_13`: no randomness.
    pub fn prepare_create_group(&self, signed: bool) -> Result<String, Error> {
        let keys = self.newest_keys()?;
        to_json(&self.new_group(keys.group.public_key()?.clone(), signed)?()?)
    }

    /// A group that the user is a member of, directly or through a parent group.
    ///
    /// The group comes from the storage if it is there, and the server is asked for changes every five minutes: a pending
    /// key rotation is then finished, too. Else it is fetched with all its keys, and its parents with it.
    ///
    /// # Errors
    /// `server_310`: no access. `client_428`: the group has no keys for this user. `client_31`: a group key has a wrong
    /// signature.
    pub async fn group(&self, group_id: &GroupId) -> Result<Group, Error> {
        Group::load(self, group_id, None).await
    }

    /// A connected group that the user reaches through `member`, a group that is a member of it; or a child of such a
    /// group.
    ///
    /// # Errors
    /// As [`group`](Self::group).
    pub async fn group_through(&self, group_id: &GroupId, member: &Group) -> Result<Group, Error> {
        Group::load(self, group_id, Some(member.id())).await
    }

    /// What the server says about a group without its keys: whether and how this user has access, and with which rank.
    ///
    /// # Errors
    /// `server_310`: no access.
    pub async fn group_light(&self, group_id: &GroupId) -> Result<GroupLightData, Error> {
        self.0.session.call(Call::get(&["group", group_id.as_str(), "light"])).await
    }

    /// The groups that the user is a direct member of, oldest first.
    pub fn groups(&self) -> Pages<ListGroupItem> {
        Pages::new(self.0.session.clone(), &["group", "all"], None, false)
    }

    /// Invitations that wait for the user, newest first.
    pub fn group_invitations(&self) -> Pages<GroupInviteItem> {
        Pages::new(self.0.session.clone(), &["group", "invite"], None, false)
    }

    /// Accepts an invitation.
    ///
    /// # Errors
    /// `server_307`: there is none.
    pub async fn accept_invitation(&self, group_id: &GroupId) -> Result<(), Error> {
        self.0.session.act(Call::patch(&["group", group_id.as_str(), "invite"])).await
    }

    /// Declines an invitation.
    ///
    /// # Errors
    /// `server_307`: there is none.
    pub async fn reject_invitation(&self, group_id: &GroupId) -> Result<(), Error> {
        self.0.session.act(Call::delete(&["group", group_id.as_str(), "invite"])).await
    }

    /// Asks to join a group.
    ///
    /// # Errors
    /// `server_302`: already a member. `server_317`: the group takes nobody.
    pub async fn request_to_join(&self, group_id: &GroupId) -> Result<(), Error> {
        self.0.session.act(Call::patch(&["group", group_id.as_str(), "join_req"])).await
    }

    /// Requests to join that the user has sent, newest first.
    pub fn sent_join_requests(&self) -> Pages<GroupInviteItem> {
        Pages::new(self.0.session.clone(), &["group", "joins"], None, false)
    }

    /// Takes a request to join back.
    ///
    /// # Errors
    /// Those of the request.
    pub async fn withdraw_join_request(&self, group_id: &GroupId) -> Result<(), Error> {
        self.0.session.act(Call::delete(&["group", "joins", group_id.as_str()])).await
    }

    async fn send_create_group(&self, signed: bool) -> Result<GroupId, Error> {
        let call = if self.0.client.0.light {
            Call::post(&["group", "light"])
        } else {
            let keys = self.newest_keys()?;
            let body = self.new_group(keys.group.public_key()?.clone(), signed)?;
            let body = offload_if(signed, body).await.ok_or(Error::WorkLost)??;
            Call::post(&["group"]).json(&body)
        };
        let created: GroupCreateOutput = self.0.session.call(call).await?;
        Ok(created.group_id)
    }

    /// What makes the keys of a new group for `creator`: the user, the parent, or the group that becomes a member. Takes
    /// half a millisecond, with a signature several.
    pub(crate) fn new_group(
        &self,
        creator: PublicKey,
        signed: bool,
    ) -> Result<impl FnOnce() -> Result<GroupCreate, keyfold_crypto::Error> + use<>, Error> {
        let keys = self.newest_keys()?;
        let user_id = self.id().clone();
        let suite = self.0.client.0.suite;
        Ok(move || {
            let signer = group_crypto::Signer { user_id: &user_id, key: &keys.sign_key };
            group_crypto::create(&creator, signed.then_some(signer), &suite).map(|(body, _)| body)
        })
    }
}
