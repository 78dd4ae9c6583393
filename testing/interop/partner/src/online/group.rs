//! Groups and their keys.

use sentc::group::net::{GroupFetchResult, GroupFinishKeyRotation, GroupKeyFetchResult};
use sentc::keys::std::StdGroup;
use sentc_crypto_common::group::{GroupKeyServerOutput, KeyRotationInput};
use sentc_crypto_common::user::UserVerifyKeyData;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, OpenGroup, Server, Session, no_session};
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Answers the group id. A signed group key carries a signature by the creator.
    Create {
        session: usize,
        sign: bool,
    },
    /// Creates a child of a fetched group.
    CreateChild {
        session: usize,
        group: String,
        sign: bool,
    },
    /// Creates a connected group with a fetched group as its first member.
    CreateConnected {
        session: usize,
        group: String,
        sign: bool,
    },
    /// Answers a description and keeps the group in the session. Signatures of keys are verified.
    Fetch {
        session: usize,
        group: String,
        through: Option<Through>,
    },
    /// Asks what has changed in a fetched group and answers `{"rank","key_update"}`.
    CheckForUpdate {
        session: usize,
        group: String,
    },
    /// Ids on the first page of the children.
    Children {
        session: usize,
        group: String,
    },
    Delete {
        session: usize,
        group: String,
    },

    /// Makes a new generation of keys and answers its id.
    RotateKeys {
        session: usize,
        group: String,
        sign: bool,
    },
    /// Takes over what others have rotated and answers the id of the newest key.
    FinishKeyRotation {
        session: usize,
        group: String,
    },
}

/// The fetched group by which the user has access.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Through {
    Parent(String),
    Member(String),
}

impl Client {
    pub(crate) async fn group(&mut self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::Create { session, sign } => {
                Ok(json!(self.session(session)?.user.create_group(sign).await?))
            }
            Request::CreateChild { session, group, sign } => {
                let session = self.session(session)?;
                let (jwt, group) = session.member_of(&group)?;
                Ok(json!(if sign {
                    group.create_child_group_with_sign(jwt, Some(&session.user)).await?
                } else {
                    group.create_child_group(jwt).await?
                }))
            }
            Request::CreateConnected { session, group, sign } => {
                let session = self.session(session)?;
                let (jwt, group) = session.member_of(&group)?;
                Ok(json!(if sign {
                    group.create_connected_group_with_sign(jwt, Some(&session.user)).await?
                } else {
                    group.create_connected_group(jwt).await?
                }))
            }
            Request::Fetch { session, group, through } => self.fetch(session, group, through).await,
            Request::CheckForUpdate { session, group } => {
                let (_, session, mut open) = self.take_out(session, &group)?;
                let checked = open.group.group_update_check(session.user.get_jwt()?).await;
                let answer = json!({ "rank": open.group.get_rank(), "key_update": open.group.key_update() });
                session.groups.insert(group, open);
                Ok(checked.map(|()| answer)?)
            }
            Request::Children { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                let children = group.get_children(jwt, None).await?;
                Ok(children.into_iter().map(|child| child.group_id).collect())
            }
            Request::Delete { session, group } => {
                let (jwt, group) = self.session(session)?.member_of(&group)?;
                group.delete_group(jwt).await?;
                Ok(Value::Null)
            }
            Request::RotateKeys { session, group, sign } => {
                let (server, session, mut open) = self.take_out(session, &group)?;
                let rotated = open.rotate(server, session, sign).await;
                session.groups.insert(group, open);
                rotated
            }
            Request::FinishKeyRotation { session, group } => {
                let (server, session, mut open) = self.take_out(session, &group)?;
                let finished = open.finish_rotation(server, session).await;
                session.groups.insert(group, open);
                finished
            }
        }
    }

    async fn fetch(
        &mut self,
        session: usize,
        id: String,
        through: Option<Through>,
    ) -> Result<Value, Failure> {
        let (server, session) = self.parts(session)?;
        let jwt = session.user.get_jwt()?.to_owned();
        let (data, missing) = match &through {
            None => session.user.prepare_get_group(&id, None).await?,
            Some(Through::Parent(parent)) => {
                session.open(parent)?.group.prepare_get_child_group(&id, &jwt).await?
            }
            Some(Through::Member(member)) => {
                session.open(member)?.group.prepare_get_connected_group(&id, &jwt).await?
            }
        };
        match (missing, &through) {
            (GroupFetchResult::Ok, _) => {}
            (GroupFetchResult::MissingGroupKeys(ids), Some(Through::Parent(via) | Through::Member(via))) => {
                session.fetch_keys(server, via, &ids).await?;
            }
            (GroupFetchResult::MissingUserKeys(ids) | GroupFetchResult::MissingGroupKeys(ids), _) => {
                return Err(Failure::here(format!("keys are missing: {ids:?}")));
            }
        }
        let verify_keys = server.signers_of(&data.keys).await?;
        let verify_keys: Vec<_> = verify_keys.iter().map(Option::as_ref).collect();
        let group = match &through {
            None => session.user.done_get_group(data, None, Some(&verify_keys))?,
            Some(Through::Parent(parent)) => {
                session.open(parent)?.group.done_get_child_group(data, Some(&verify_keys))?
            }
            Some(Through::Member(member)) => {
                session.open(member)?.group.done_get_connected_group(data, Some(&verify_keys))?
            }
        };
        let answer = json!({
            "rank": group.get_rank(),
            "created_time": group.get_created_time() as u64,
            "joined_time": group.get_joined_time() as u64,
            "newest_key_id": newest_key_id(&group)?,
            "parent": group.get_parent_group_id(),
            "is_connected": group.is_connected_group(),
            "access_by_parent": group.access_by_parent_group(),
            "access_by_member": group.access_by_group_as_member(),
            "key_update": group.key_update(),
        });
        let through = through.map(|(Through::Parent(id) | Through::Member(id))| id);
        session.groups.insert(id, OpenGroup { group, through });
        Ok(answer)
    }

    fn parts(&mut self, session: usize) -> Result<(&Server, &mut Session), Failure> {
        Ok((&self.server, self.sessions.get_mut(session).ok_or_else(no_session)?))
    }

    /// A group apart from its session, for calls that change it and need others. It has to be put back.
    fn take_out(
        &mut self,
        session: usize,
        group: &str,
    ) -> Result<(&Server, &mut Session, OpenGroup), Failure> {
        let (server, session) = self.parts(session)?;
        session.open(group)?;
        let open = session.groups.remove(group).ok_or_else(|| Failure::here("there is no such group"))?;
        Ok((server, session, open))
    }
}

impl Session {
    /// Fetches older keys of a group that was fetched before.
    async fn fetch_keys(&mut self, server: &Server, id: &str, keys: &[String]) -> Result<(), Failure> {
        self.open(id)?;
        let Some(mut open) = self.groups.remove(id) else { return Ok(()) };
        let mut fetched = Ok(());
        for key in keys {
            fetched = fetched.and(open.fetch_key(server, self, key).await);
        }
        self.groups.insert(id.to_owned(), open);
        fetched
    }

    fn through<'a>(&'a self, open: &OpenGroup) -> Result<Option<&'a OpenGroup>, Failure> {
        open.through.as_deref().map(|id| self.open(id)).transpose()
    }
}

impl OpenGroup {
    async fn rotate(&mut self, server: &Server, session: &Session, sign: bool) -> Result<Value, Failure> {
        let jwt = session.user.get_jwt()?;
        let through = session.through(self)?.map(|open| &open.group);
        let fetched = self.group.prepare_key_rotation(jwt, sign, Some(&session.user), through).await?;
        self.take_over(server, session, fetched).await?;
        newest_key_id(&self.group)
    }

    async fn finish_rotation(&mut self, server: &Server, session: &Session) -> Result<Value, Failure> {
        let jwt = session.user.get_jwt()?;
        loop {
            let through = session.through(self)?.map(|open| &open.group);
            let user = Some(&session.user);
            let ready = match self.group.prepare_finish_key_rotation(jwt, user, through).await? {
                GroupFinishKeyRotation::Empty => return newest_key_id(&self.group),
                GroupFinishKeyRotation::Ok(rotations) => rotations,
                GroupFinishKeyRotation::MissingKeys {
                    rotation,
                    group_keys,
                    group_private_keys,
                    user_private_keys,
                } => {
                    for key in &group_keys {
                        // A key that is not there yet comes with one of the pending rotations.
                        let _ = self.fetch_key(server, session, key).await;
                    }
                    let ready: Vec<KeyRotationInput> = rotation
                        .into_iter()
                        .filter(|rotation| {
                            self.group.has_group_key(&rotation.previous_group_key_id).is_some()
                        })
                        .collect();
                    if ready.is_empty() || !group_private_keys.is_empty() || !user_private_keys.is_empty() {
                        return Err(Failure::here(format!(
                            "keys are missing: {group_keys:?} {group_private_keys:?} {user_private_keys:?}"
                        )));
                    }
                    ready
                }
            };
            let through = session.through(self)?.map(|open| &open.group);
            for fetched in self.group.done_key_rotation(jwt, ready, user, through).await? {
                self.take_over(server, session, fetched).await?;
            }
        }
    }

    /// Adds the newest key.
    async fn take_over(
        &mut self,
        server: &Server,
        session: &Session,
        fetched: GroupKeyFetchResult,
    ) -> Result<(), Failure> {
        let Some(key) = key_of(fetched)? else { return Ok(()) };
        let verify_key = server.signer_of(&key).await?;
        let through = session.through(self)?.map(|open| &open.group);
        let (user, verify_key) = (Some(&session.user), verify_key.as_ref());
        Ok(self.group.done_fetch_group_key_after_rotation(key, user, through, verify_key)?)
    }

    /// Adds an older key.
    async fn fetch_key(&mut self, server: &Server, session: &Session, id: &str) -> Result<(), Failure> {
        let jwt = session.user.get_jwt()?;
        let through = session.through(self)?.map(|open| &open.group);
        let user = Some(&session.user);
        let fetched = self.group.prepare_fetch_group_key(id, jwt, user, through).await?;
        let Some(key) = key_of(fetched)? else { return Ok(()) };
        let verify_key = server.signer_of(&key).await?;
        Ok(self.group.done_fetch_group_key(key, user, through, verify_key.as_ref())?)
    }
}

impl Server {
    async fn signers_of(
        &self,
        keys: &[GroupKeyServerOutput],
    ) -> Result<Vec<Option<UserVerifyKeyData>>, Failure> {
        let mut signers = Vec::with_capacity(keys.len());
        for key in keys {
            signers.push(self.signer_of(key).await?);
        }
        Ok(signers)
    }

    /// The verify key for a group key, if that one is signed.
    async fn signer_of(&self, key: &GroupKeyServerOutput) -> Result<Option<UserVerifyKeyData>, Failure> {
        let (Some(user_id), Some(key_id)) = (&key.signed_by_user_id, &key.signed_by_user_sign_key_id) else {
            return Ok(None);
        };
        Ok(Some(self.verify_key(user_id, key_id).await?))
    }
}

fn newest_key_id(group: &StdGroup) -> Result<Value, Failure> {
    let key = group.get_newest_key().ok_or_else(|| Failure::here("the group has no keys"))?;
    Ok(json!(key.exported_public_key.public_key_id))
}

/// `None`: the group has the key already.
fn key_of(fetched: GroupKeyFetchResult) -> Result<Option<GroupKeyServerOutput>, Failure> {
    match fetched {
        GroupKeyFetchResult::Done => Ok(None),
        GroupKeyFetchResult::Ok(key) => Ok(Some(key)),
        GroupKeyFetchResult::MissingGroupKey((id, _)) => {
            Err(Failure::here(format!("group key {id} is missing")))
        }
        GroupKeyFetchResult::MissingUserKeys((id, _)) => {
            Err(Failure::here(format!("user key {id} is missing")))
        }
    }
}
