//! What a member does in a fetched group: with the other members, and with those who want to become some.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Client;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Answers the first page of members, `[{"user_id","rank","user_type"}]`.
    Members {
        session: usize,
        group: String,
    },
    UpdateRank {
        session: usize,
        group: String,
        member: String,
        rank: i32,
    },
    Kick {
        session: usize,
        group: String,
        member: String,
    },
    Leave {
        session: usize,
        group: String,
    },
    /// Stops invitations and join requests, or allows them again.
    ToggleInvitations {
        session: usize,
        group: String,
    },
    /// Gives a user or a group all keys.
    Invite {
        session: usize,
        group: String,
        principal: Principal,
        way: Way,
        rank: Option<i32>,
    },
    /// Those who want to become members: the first page, `[{"user_id","user_type"}]`.
    Candidates {
        session: usize,
        group: String,
    },
    AcceptCandidate {
        session: usize,
        group: String,
        principal: Principal,
        rank: Option<i32>,
    },
    RejectCandidate {
        session: usize,
        group: String,
        principal: Principal,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Principal {
    User(String),
    Group(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The invited one has to accept.
    Ask,
    /// A member at once.
    Auto,
    /// New copies of the keys for somebody who is a member.
    Again,
}

impl Client {
    pub(crate) async fn member(&self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::Members { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                let members = group.get_member(jwt, None).await?;
                return Ok(members
                    .iter()
                    .map(|member| {
                        json!({
                            "user_id": member.user_id,
                            "rank": member.rank,
                            "user_type": member.user_type,
                        })
                    })
                    .collect());
            }
            Request::UpdateRank { session, group, member, rank } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                group.update_rank(jwt, &member, rank).await?;
            }
            Request::Kick { session, group, member } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                group.kick_user(jwt, &member).await?;
            }
            Request::Leave { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                group.leave(jwt).await?;
            }
            Request::ToggleInvitations { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                group.stop_invites(jwt).await?;
            }
            Request::Invite { session, group, principal, way, rank } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                match (principal, way) {
                    (Principal::User(id), way) => {
                        let key = self.server.public_key(&id).await?;
                        match way {
                            Way::Ask => group.invite(jwt, &id, &key, rank).await?,
                            Way::Auto => group.invite_auto(jwt, &id, &key, rank).await?,
                            Way::Again => group.re_invite_user(jwt, &id, &key).await?,
                        }
                    }
                    (Principal::Group(id), way) => {
                        let key = self.server.group_public_key(&id).await?;
                        match way {
                            Way::Ask => group.invite_group(jwt, &id, &key, rank).await?,
                            Way::Auto => group.invite_group_auto(jwt, &id, &key, rank).await?,
                            Way::Again => group.re_invite_group(jwt, &id, &key).await?,
                        }
                    }
                }
            }
            Request::Candidates { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                let requests = group.get_join_requests(jwt, None).await?;
                return Ok(requests
                    .iter()
                    .map(|request| json!({ "user_id": request.user_id, "user_type": request.user_type }))
                    .collect());
            }
            Request::AcceptCandidate { session, group, principal, rank } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                let (key, id) = match principal {
                    Principal::User(id) => (self.server.public_key(&id).await?, id),
                    Principal::Group(id) => (self.server.group_public_key(&id).await?, id),
                };
                group.accept_join_request(jwt, &key, &id, rank).await?;
            }
            Request::RejectCandidate { session, group, principal } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                let (Principal::User(id) | Principal::Group(id)) = principal;
                group.reject_join_request(jwt, &id).await?;
            }
        }
        Ok(Value::Null)
    }
}
