//! How the user, or a fetched group on whose behalf the user acts (`member`), becomes a member of other groups.

use serde::Deserialize;
use serde_json::Value;

use super::Client;
use crate::failure::Failure;

#[derive(Deserialize)]
pub(crate) struct Request {
    session: usize,
    member: Option<String>,
    #[serde(flatten)]
    action: Action,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Action {
    /// Ids on the first page of the groups.
    List,
    /// Ids on the first page of the groups that invite.
    Invitations,
    AcceptInvitation {
        group: String,
    },
    RejectInvitation {
        group: String,
    },
    RequestToJoin {
        group: String,
    },
    /// Ids on the first page of the groups that were asked.
    JoinRequests,
    WithdrawJoinRequest {
        group: String,
    },
}

impl Client {
    pub(crate) async fn membership(&self, request: Request) -> Result<Value, Failure> {
        let Request { session, member, action } = request;
        let session = self.session(session)?;
        let user = &session.user;
        let member = member.as_deref().map(|id| session.member_of(id)).transpose()?;
        match action {
            Action::List => {
                let groups = match member {
                    None => user.get_groups(None).await?,
                    Some((jwt, member)) => member.get_groups(jwt, None).await?,
                };
                return Ok(groups.into_iter().map(|group| group.group_id).collect());
            }
            Action::Invitations => {
                let groups = match member {
                    None => user.get_group_invites(None).await?,
                    Some((jwt, member)) => member.get_group_invites(jwt, None).await?,
                };
                return Ok(groups.into_iter().map(|group| group.group_id).collect());
            }
            Action::AcceptInvitation { group } => match member {
                None => user.accept_group_invite(&group).await?,
                Some((jwt, member)) => member.accept_group_invite(jwt, &group).await?,
            },
            Action::RejectInvitation { group } => match member {
                None => user.reject_group_invite(&group).await?,
                Some((jwt, member)) => member.reject_group_invite(jwt, &group).await?,
            },
            Action::RequestToJoin { group } => match member {
                None => user.group_join_request(&group).await?,
                Some((jwt, member)) => member.group_join_request(jwt, &group).await?,
            },
            Action::JoinRequests => {
                let groups = match member {
                    None => user.get_sent_join_req(None).await?,
                    Some((jwt, member)) => member.get_group_sent_join_req(jwt, None).await?,
                };
                return Ok(groups.into_iter().map(|group| group.group_id).collect());
            }
            Action::WithdrawJoinRequest { group } => match member {
                None => user.delete_join_req(&group).await?,
                Some((jwt, member)) => member.delete_join_req(&group, jwt).await?,
            },
        }
        Ok(Value::Null)
    }
}
