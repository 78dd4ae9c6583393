//! Inviting users and groups, with the keys they need.

use keyfold_crypto::member::MemberKeys;
use keyfold_crypto::{PublicKey, SymmetricKey};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{NewMemberLight, NewMemberOutput};
use keyfold_protocol::id::{GroupId, KeySessionId, MemberId, UserId};

use super::Group;
use crate::api::Call;
use crate::client::to_json;
use crate::error::Error;
use crate::platform::offload;

/// Weakest rank that may invite.
pub(super) const RANK_TO_INVITE: i32 = 2;

/// Where the rank does not matter.
pub(super) const ANY_RANK: i32 = i32::MAX;

/// How often keys are sent to a new member when others keep making new ones, or the member has another public key.
const ATTEMPTS: u32 = 4;

/// Who gets keys.
#[derive(Clone, Copy)]
pub(super) enum Recipient<'a> {
    User(&'a UserId),
    Group(&'a GroupId),
}

impl Recipient<'_> {
    fn member(self) -> MemberId {
        match self {
            Self::User(id) => id.into(),
            Self::Group(id) => id.into(),
        }
    }
}

/// Which upload the remaining keys of a new member go to.
#[derive(Clone, Copy)]
pub(super) enum Upload {
    Invitation,
    Membership,
}

impl Group {
    /// Adds a user at once, without asking. `rank` is 1 to 4 and not stronger than the own one; `None` means 4.
    ///
    /// The user gets all keys of the group, also those of the time before.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`], [`Error::InvalidRank`]. `server_302`: already a member. `server_317`: the group takes
    /// nobody. [`Error::KeysIncomplete`].
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn invite_auto(&self, user_id: &UserId, rank: Option<i32>) -> Result<(), Error> {
        self.invite_user("invite_auto", user_id, rank, Upload::Membership).await
    }

    /// Invites a user, who may accept or decline. `rank` as for [`invite_auto`](Self::invite_auto).
    ///
    /// # Errors
    /// As [`invite_auto`](Self::invite_auto).
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn invite(&self, user_id: &UserId, rank: Option<i32>) -> Result<(), Error> {
        self.invite_user("invite", user_id, rank, Upload::Invitation).await
    }

    /// Gives a member all keys anew, for example after an account reset. The rank stays.
    ///
    /// # Errors
    /// As [`invite_auto`](Self::invite_auto). `server_320`: not a member.
    pub async fn re_invite(&self, user_id: &UserId) -> Result<(), Error> {
        self.invite_user("re_invite", user_id, None, Upload::Invitation).await
    }

    /// Adds a group as a member at once. Only for connected groups.
    ///
    /// # Errors
    /// As [`invite_auto`](Self::invite_auto). `server_319`: this group is not a connected one, or the other is.
    pub async fn invite_group_auto(&self, group_id: &GroupId, rank: Option<i32>) -> Result<(), Error> {
        self.invite_member_group("invite_group_auto", group_id, rank, Upload::Membership).await
    }

    /// Invites a group, whose administrators may accept or decline. Only for connected groups.
    ///
    /// # Errors
    /// As [`invite_group_auto`](Self::invite_group_auto).
    pub async fn invite_group(&self, group_id: &GroupId, rank: Option<i32>) -> Result<(), Error> {
        self.invite_member_group("invite_group", group_id, rank, Upload::Invitation).await
    }

    /// Gives a group that is a member all keys anew. The rank stays.
    ///
    /// # Errors
    /// As [`invite_group_auto`](Self::invite_group_auto). `server_320`: not a member.
    pub async fn re_invite_group(&self, group_id: &GroupId) -> Result<(), Error> {
        self.invite_member_group("re_invite_group", group_id, None, Upload::Invitation).await
    }

    /// The body for an invitation of a user that the app's backend sends, with the first 50 keys, and the bodies of the
    /// uploads that follow if there are more: see [`upload_session_keys`](Self::upload_session_keys).
    ///
    /// Asks the server, unlike others of its kind: for the public key of the new member if it is not remembered, and for the
    /// keys of the group that this client lacks. What were left out here, the member would never get.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`], [`Error::InvalidRank`]. `server_100`: no such user.
    pub async fn prepare_keys_for_new_member(
        &self,
        user_id: &UserId,
        rank: Option<i32>,
    ) -> Result<(String, Vec<String>), Error> {
        self.prepare_keys(Recipient::User(user_id), rank).await
    }

    /// The same as [`prepare_keys_for_new_member`](Self::prepare_keys_for_new_member) for a group as a member.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`], [`Error::InvalidRank`].
    pub async fn prepare_keys_for_new_member_group(
        &self,
        group_id: &GroupId,
        rank: Option<i32>,
    ) -> Result<(String, Vec<String>), Error> {
        self.prepare_keys(Recipient::Group(group_id), rank).await
    }

    /// Uploads the remaining keys of a new member, when the invitation went through the app's backend and its answer names
    /// a session. `auto` says whether it was an automatic invitation or an accepted request to join.
    ///
    /// # Errors
    /// `server_306`: no such session.
    pub async fn upload_session_keys(
        &self,
        session_id: &KeySessionId,
        pages: Vec<String>,
        auto: bool,
    ) -> Result<(), Error> {
        let upload = if auto { Upload::Membership } else { Upload::Invitation };
        for page in pages {
            let call = Call::put(&self.upload_path(upload, session_id)).body(page);
            self.act(call).await?;
        }
        Ok(())
    }

    async fn prepare_keys(
        &self,
        recipient: Recipient<'_>,
        rank: Option<i32>,
    ) -> Result<(String, Vec<String>), Error> {
        self.require_rank(RANK_TO_INVITE)?;
        check_rank(rank)?;
        let keys = self.member_keys(self.recipient_key(recipient).await?, rank).await?;
        Ok((to_json(&keys.first)?, keys.rest.iter().map(to_json).collect::<Result<_, _>>()?))
    }

    async fn invite_user(
        &self,
        action: &str,
        user_id: &UserId,
        rank: Option<i32>,
        upload: Upload,
    ) -> Result<(), Error> {
        self.require_rank(RANK_TO_INVITE)?;
        check_rank(rank)?;
        if self.is_light() {
            return self.send_light(action, &user_id.into(), rank).await;
        }
        self.send_keys(action, Recipient::User(user_id), rank, upload).await
    }

    async fn invite_member_group(
        &self,
        action: &str,
        group_id: &GroupId,
        rank: Option<i32>,
        upload: Upload,
    ) -> Result<(), Error> {
        self.require_rank(RANK_TO_INVITE)?;
        check_rank(rank)?;
        if self.is_light() {
            return self.send_light(action, &group_id.into(), rank).await;
        }
        self.send_keys(action, Recipient::Group(group_id), rank, upload).await
    }

    /// Sends the keys of the group to a new member: the first page with the action itself, the others to the session that
    /// its answer opens.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub(super) async fn send_keys(
        &self,
        action: &str,
        recipient: Recipient<'_>,
        rank: Option<i32>,
        upload: Upload,
    ) -> Result<(), Error> {
        let member = recipient.member();
        let path = ["group", self.id().as_str(), action, member.as_str()];
        let mut attempts = ATTEMPTS;
        let (keys, answer): (_, NewMemberOutput) = loop {
            attempts = attempts.saturating_sub(1);
            let key = self.recipient_key(recipient).await?;
            let keys = self.member_keys(key, rank).await?;
            match self.call(Call::put(&path).json(&keys.first)).await {
                Ok(answer) => break (keys, answer),
                // Somebody has made a new key meanwhile, which the new member must get with the others.
                Err(error) if attempts > 0 && error.is_server(ErrorCode::GroupKeyNotFound) => {
                    self.update().await?;
                }
                // The public key that was remembered is of a time before the account was reset.
                Err(error) if attempts > 0 && error.is_server(ErrorCode::PublicKeyNotFound) => {
                    self.forget_key_of(recipient).await?;
                }
                Err(error) => return Err(error),
            }
        };
        if keys.rest.is_empty() {
            return Ok(());
        }
        let session_id = answer.session_id.ok_or(Error::KeysIncomplete)?;
        for page in &keys.rest {
            let call = Call::put(&self.upload_path(upload, &session_id)).json(page);
            self.act(call).await?;
        }
        Ok(())
    }

    /// The same for a group without keys.
    pub(super) async fn send_light(
        &self,
        action: &str,
        member: &MemberId,
        rank: Option<i32>,
    ) -> Result<(), Error> {
        // All that would be done is to give keys.
        if action.starts_with("re_") {
            return Err(Error::NoGroupKeys);
        }
        let path = ["group", self.id().as_str(), action, member.as_str(), "light"];
        self.act(Call::put(&path).json(&NewMemberLight { rank })).await
    }

    async fn recipient_key(&self, recipient: Recipient<'_>) -> Result<PublicKey, Error> {
        let client = &self.user().0.client;
        Ok(match recipient {
            Recipient::User(id) => client.public_key(id).await?.key,
            Recipient::Group(id) => client.group_public_key(id).await?.key,
        })
    }

    async fn forget_key_of(&self, recipient: Recipient<'_>) -> Result<(), Error> {
        let directory = &self.user().0.client.0.directory;
        match recipient {
            Recipient::User(id) => directory.forget_user(id).await,
            Recipient::Group(id) => directory.forget_group(id).await,
        }
    }

    async fn member_keys(&self, member: PublicKey, rank: Option<i32>) -> Result<MemberKeys, Error> {
        self.newest_keys()?;
        self.complete_keys().await?;
        let group = self.clone();
        let encrypted = offload(move || {
            let keys = group.all_keys()?;
            let keys: Vec<&SymmetricKey> = keys.iter().map(|keys| &keys.key).collect();
            Ok(MemberKeys::encrypt(keys, &member, rank)?)
        });
        encrypted.await.ok_or(Error::WorkLost)?
    }

    fn upload_path<'a>(&'a self, upload: Upload, session_id: &'a KeySessionId) -> [&'a str; 5] {
        let place = match upload {
            Upload::Invitation => "invite",
            Upload::Membership => "join_req",
        };
        ["group", self.id().as_str(), place, "session", session_id.as_str()]
    }
}

/// Whether a rank can be given to somebody.
pub(super) fn check_rank(rank: Option<i32>) -> Result<(), Error> {
    match rank {
        None | Some(1..=4) => Ok(()),
        Some(_) => Err(Error::InvalidRank),
    }
}
