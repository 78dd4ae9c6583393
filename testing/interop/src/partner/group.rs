//! What a user of the partner does with groups.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::online::Session;
use super::process::Refusal;

/// A group as the partner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FetchedGroup {
    /// Rank of the user in it.
    pub rank: i32,
    /// When it was made, in milliseconds since 1970.
    pub created_time: u64,
    /// When the user joined, in milliseconds since 1970.
    pub joined_time: u64,
    /// Id of the key with which new content is encrypted.
    pub newest_key_id: String,
    /// Id of the group above it.
    pub parent: Option<String>,
    /// Whether other groups may be members.
    pub is_connected: bool,
    /// The group above it of which the user is a member.
    pub access_by_parent: Option<String>,
    /// The member group through which the user has access.
    pub access_by_member: Option<String>,
    /// Whether somebody has rotated the keys.
    pub key_update: bool,
}

/// What the partner learns when it asks for changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GroupUpdate {
    /// Rank of the user.
    pub rank: i32,
    /// Whether somebody has rotated the keys.
    pub key_update: bool,
}

/// A member in a list, or somebody who wants to be one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Id of the user or group.
    pub user_id: String,
    /// Its rank, 0 (creator) to 4.
    pub rank: i32,
    /// 0 for a user, 1 for the group above, 2 for a group as member.
    pub user_type: i32,
}

/// Somebody who wants to become a member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JoinRequest {
    /// Id of the user or group.
    pub user_id: String,
    /// As in [`Member`].
    pub user_type: i32,
}

/// Who becomes a member.
#[derive(Debug, Clone, Copy)]
pub enum Principal<'a> {
    /// A user, by id.
    User(&'a str),
    /// A group, by id.
    Group(&'a str),
}

/// How a member invites.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// The invited one has to accept.
    Ask,
    /// A member at once.
    Auto,
    /// New copies of the keys for somebody who is a member.
    Again,
}

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Session<'_> {
    /// Creates a group and answers its id. `sign`: the creator signs the group key.
    pub fn create_group(&self, sign: bool) -> Result<String, Refusal> {
        self.ask("group", json!({ "op": "create", "sign": sign }))
    }

    /// Creates a child of a fetched group.
    pub fn create_child_group(&self, parent: &str, sign: bool) -> Result<String, Refusal> {
        self.ask("group", json!({ "op": "create_child", "group": parent, "sign": sign }))
    }

    /// Creates a connected group whose first member is a fetched group.
    pub fn create_connected_group(&self, member: &str, sign: bool) -> Result<String, Refusal> {
        self.ask("group", json!({ "op": "create_connected", "group": member, "sign": sign }))
    }

    /// Fetches a group of the user with its keys, whose signatures are verified. The calls below need that first.
    pub fn fetch_group(&self, group: &str) -> Result<FetchedGroup, Refusal> {
        self.ask("group", json!({ "op": "fetch", "group": group, "through": null }))
    }

    /// Fetches a group that the user reaches through a fetched one above it.
    pub fn fetch_child_group(&self, parent: &str, group: &str) -> Result<FetchedGroup, Refusal> {
        self.ask("group", json!({ "op": "fetch", "group": group, "through": { "parent": parent } }))
    }

    /// Fetches a group that the user reaches through a fetched one that is its member.
    pub fn fetch_connected_group(&self, member: &str, group: &str) -> Result<FetchedGroup, Refusal> {
        self.ask("group", json!({ "op": "fetch", "group": group, "through": { "member": member } }))
    }

    /// Asks what has changed in a fetched group.
    pub fn check_for_update(&self, group: &str) -> Result<GroupUpdate, Refusal> {
        self.ask("group", json!({ "op": "check_for_update", "group": group }))
    }

    /// Ids on the first page of the children of a group.
    pub fn children(&self, group: &str) -> Result<Vec<String>, Refusal> {
        self.ask("group", json!({ "op": "children", "group": group }))
    }

    /// Deletes a group.
    pub fn delete_group(&self, group: &str) -> Result<(), Refusal> {
        self.ask("group", json!({ "op": "delete", "group": group }))
    }

    /// Makes a new generation of group keys and answers its id.
    pub fn rotate_group_keys(&self, group: &str, sign: bool) -> Result<String, Refusal> {
        self.ask("group", json!({ "op": "rotate_keys", "group": group, "sign": sign }))
    }

    /// Takes over what others have rotated and answers the id of the newest key.
    pub fn finish_group_key_rotation(&self, group: &str) -> Result<String, Refusal> {
        self.ask("group", json!({ "op": "finish_key_rotation", "group": group }))
    }

    /// First page of the members of a group, without the user.
    pub fn members(&self, group: &str) -> Result<Vec<Member>, Refusal> {
        self.ask("member", json!({ "op": "members", "group": group }))
    }

    /// Gives a member another rank.
    pub fn update_rank(&self, group: &str, member: &str, rank: i32) -> Result<(), Refusal> {
        self.ask("member", json!({ "op": "update_rank", "group": group, "member": member, "rank": rank }))
    }

    /// Removes a member.
    pub fn kick(&self, group: &str, member: &str) -> Result<(), Refusal> {
        self.ask("member", json!({ "op": "kick", "group": group, "member": member }))
    }

    /// Leaves a group.
    pub fn leave(&self, group: &str) -> Result<(), Refusal> {
        self.ask("member", json!({ "op": "leave", "group": group }))
    }

    /// Stops invitations and join requests, or allows them again.
    pub fn toggle_invitations(&self, group: &str) -> Result<(), Refusal> {
        self.ask("member", json!({ "op": "toggle_invitations", "group": group }))
    }

    /// Invites somebody. No rank means the lowest.
    pub fn invite(
        &self,
        group: &str,
        principal: Principal<'_>,
        way: Way,
        rank: Option<i32>,
    ) -> Result<(), Refusal> {
        let way = match way {
            Way::Ask => "ask",
            Way::Auto => "auto",
            Way::Again => "again",
        };
        let principal = principal.to_json();
        self.ask(
            "member",
            json!({ "op": "invite", "group": group, "principal": principal, "way": way, "rank": rank }),
        )
    }

    /// Adds a user to a group without asking that user.
    pub fn invite_auto(&self, group: &str, user_id: &str, rank: Option<i32>) -> Result<(), Refusal> {
        self.invite(group, Principal::User(user_id), Way::Auto, rank)
    }

    /// First page of those who want to become members.
    pub fn join_requests(&self, group: &str) -> Result<Vec<JoinRequest>, Refusal> {
        self.ask("member", json!({ "op": "candidates", "group": group }))
    }

    /// Lets somebody in who asked for it.
    pub fn accept_join_request(
        &self,
        group: &str,
        principal: Principal<'_>,
        rank: Option<i32>,
    ) -> Result<(), Refusal> {
        let principal = principal.to_json();
        self.ask(
            "member",
            json!({ "op": "accept_candidate", "group": group, "principal": principal, "rank": rank }),
        )
    }

    /// Refuses somebody who asked to be let in.
    pub fn reject_join_request(&self, group: &str, principal: Principal<'_>) -> Result<(), Refusal> {
        let principal = principal.to_json();
        self.ask("member", json!({ "op": "reject_candidate", "group": group, "principal": principal }))
    }

    /// The user's own memberships.
    #[must_use]
    pub fn memberships(&self) -> Memberships<'_> {
        Memberships { session: self, member: None }
    }

    /// Memberships of a fetched group, on whose behalf the user acts.
    #[must_use]
    pub fn memberships_of<'b>(&'b self, member: &'b str) -> Memberships<'b> {
        Memberships { session: self, member: Some(member) }
    }
}

/// How the user, or a group, becomes a member of groups.
pub struct Memberships<'a> {
    session: &'a Session<'a>,
    member: Option<&'a str>,
}

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Memberships<'_> {
    /// Ids on the first page of the groups.
    pub fn list(&self) -> Result<Vec<String>, Refusal> {
        self.ask(json!({ "op": "list" }))
    }

    /// Ids on the first page of the groups that invite.
    pub fn invitations(&self) -> Result<Vec<String>, Refusal> {
        self.ask(json!({ "op": "invitations" }))
    }

    /// Becomes a member of a group that invited.
    pub fn accept_invitation(&self, group: &str) -> Result<(), Refusal> {
        self.ask(json!({ "op": "accept_invitation", "group": group }))
    }

    /// Declines an invitation.
    pub fn reject_invitation(&self, group: &str) -> Result<(), Refusal> {
        self.ask(json!({ "op": "reject_invitation", "group": group }))
    }

    /// Asks to be let in.
    pub fn request_to_join(&self, group: &str) -> Result<(), Refusal> {
        self.ask(json!({ "op": "request_to_join", "group": group }))
    }

    /// Ids on the first page of the groups that were asked.
    pub fn join_requests(&self) -> Result<Vec<String>, Refusal> {
        self.ask(json!({ "op": "join_requests" }))
    }

    /// Does not want to be let in any more.
    pub fn withdraw_join_request(&self, group: &str) -> Result<(), Refusal> {
        self.ask(json!({ "op": "withdraw_join_request", "group": group }))
    }

    fn ask<T: DeserializeOwned>(&self, mut request: Value) -> Result<T, Refusal> {
        request["member"] = json!(self.member);
        self.session.ask("membership", request)
    }
}

impl Principal<'_> {
    fn to_json(self) -> Value {
        match self {
            Self::User(id) => json!({ "user": id }),
            Self::Group(id) => json!({ "group": id }),
        }
    }
}
