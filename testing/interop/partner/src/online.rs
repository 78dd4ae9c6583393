//! The client as an application uses it: every call goes to the server through the client's own HTTP code.

use std::collections::HashMap;

use sentc::group::net::GroupFetchResult;
use sentc::keys::std::{StdGroup, StdUser};
use sentc::net_helper::{get_user_public_key_data, get_user_verify_key_data};
use sentc::split_head_and_encrypted_string;
use sentc::user::net::check_user_name_available;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Answers whether nobody has taken the identifier yet.
    IdentifierIsFree {
        identifier: String,
    },
    /// Answers the new user's id.
    Register {
        identifier: String,
        password: String,
    },
    /// Answers `{"session","user_id","device_id"}`; a user with a second factor is refused.
    Login {
        identifier: String,
        password: String,
    },
    /// Answers the new access token.
    RefreshJwt {
        session: usize,
    },
    /// Answers the group id. A signed group key carries a signature by the creator.
    CreateGroup {
        session: usize,
        sign: bool,
    },
    /// Answers `{"rank","created_time","joined_time","newest_key_id"}` and keeps the group in the session.
    FetchGroup {
        session: usize,
        group: String,
    },
    /// Gives a user all keys of a fetched group, without asking that user.
    InviteAuto {
        session: usize,
        group: String,
        user_id: String,
        rank: Option<i32>,
    },
    /// Answers the first page of members, `[{"user_id","rank","user_type"}]`.
    Members {
        session: usize,
        group: String,
    },
    DeleteGroup {
        session: usize,
        group: String,
    },
    /// Encrypts with the newest key of a fetched group, optionally signed by the user.
    EncryptInGroup {
        session: usize,
        group: String,
        text: String,
        sign: bool,
    },
    /// `signer` set: the signature must verify against the key which that user published.
    DecryptInGroup {
        session: usize,
        group: String,
        envelope: String,
        signer: Option<String>,
    },
    /// Encrypts for one user, with the newest public key that the server names.
    EncryptForUser {
        session: usize,
        user_id: String,
        text: String,
        sign: bool,
    },
    DecryptForMe {
        session: usize,
        envelope: String,
        signer: Option<String>,
    },
}

pub(crate) struct Client {
    base_url: String,
    app_token: String,
    sessions: Vec<Session>,
}

struct Session {
    user: StdUser,
    groups: HashMap<String, StdGroup>,
}

impl Client {
    pub(crate) fn new(base_url: String, app_token: String) -> Self {
        Self { base_url, app_token, sessions: Vec::new() }
    }

    pub(crate) async fn perform(&mut self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::IdentifierIsFree { identifier } => Ok(json!(
                check_user_name_available(self.base_url.clone(), &self.app_token, &identifier).await?
            )),
            Request::Register { identifier, password } => Ok(json!(
                StdUser::register(self.base_url.clone(), &self.app_token, &identifier, &password).await?
            )),
            Request::Login { identifier, password } => self.login(&identifier, &password).await,
            Request::RefreshJwt { session } => {
                Ok(json!(self.session_mut(session)?.user.refresh_jwt().await?))
            }
            Request::CreateGroup { session, sign } => {
                Ok(json!(self.session(session)?.user.create_group(sign).await?))
            }
            Request::FetchGroup { session, group } => self.fetch_group(session, group).await,
            Request::InviteAuto { session, group, user_id, rank } => {
                let (user, group) = self.session(session)?.member_of(&group)?;
                let key = self.public_key(&user_id).await?;
                group.invite_auto(user.get_jwt()?, &user_id, &key, rank).await?;
                Ok(Value::Null)
            }
            Request::Members { session, group } => {
                let (user, group) = self.session(session)?.member_of(&group)?;
                let members = group.get_member(user.get_jwt()?, None).await?;
                Ok(members
                    .iter()
                    .map(|member| {
                        json!({
                            "user_id": member.user_id,
                            "rank": member.rank,
                            "user_type": member.user_type,
                        })
                    })
                    .collect())
            }
            Request::DeleteGroup { session, group } => {
                let (user, group) = self.session(session)?.member_of(&group)?;
                group.delete_group(user.get_jwt()?).await?;
                Ok(Value::Null)
            }
            Request::EncryptInGroup { session, group, text, sign } => {
                let (user, group) = self.session(session)?.member_of(&group)?;
                Ok(json!(if sign {
                    let key = user
                        .get_newest_sign_key()
                        .ok_or_else(|| Failure::here("the user has no sign key"))?;
                    group.encrypt_string_with_sign_sync(&text, key)?
                } else {
                    group.encrypt_string_sync(&text)?
                }))
            }
            Request::DecryptInGroup { session, group, envelope, signer } => {
                let (_, group) = self.session(session)?.member_of(&group)?;
                let key = self.verify_key(&envelope, signer.as_deref()).await?;
                Ok(json!(group.decrypt_string_sync(&envelope, key.as_ref())?))
            }
            Request::EncryptForUser { session, user_id, text, sign } => {
                let key = self.public_key(&user_id).await?;
                Ok(json!(self.session(session)?.user.encrypt_string_sync(&text, &key, sign)?))
            }
            Request::DecryptForMe { session, envelope, signer } => {
                let key = self.verify_key(&envelope, signer.as_deref()).await?;
                Ok(json!(self.session(session)?.user.decrypt_string_sync(&envelope, key.as_ref())?))
            }
        }
    }

    async fn login(&mut self, identifier: &str, password: &str) -> Result<Value, Failure> {
        let user =
            StdUser::login_forced(self.base_url.clone(), &self.app_token, identifier, password).await?;
        let answer = json!({
            "session": self.sessions.len(),
            "user_id": user.get_user_id(),
            "device_id": user.get_device_id(),
        });
        self.sessions.push(Session { user, groups: HashMap::new() });
        Ok(answer)
    }

    async fn fetch_group(&mut self, session: usize, group_id: String) -> Result<Value, Failure> {
        let session = self.session_mut(session)?;
        let (data, missing) = session.user.prepare_get_group(&group_id, None).await?;
        match missing {
            GroupFetchResult::Ok => {}
            GroupFetchResult::MissingUserKeys(ids) | GroupFetchResult::MissingGroupKeys(ids) => {
                return Err(Failure::here(format!("keys are missing: {ids:?}")));
            }
        }
        let group = session.user.done_get_group(data, None, None)?;
        let answer = json!({
            "rank": group.get_rank(),
            "created_time": group.get_created_time() as u64,
            "joined_time": group.get_joined_time() as u64,
            "newest_key_id": group.get_last_key()?.exported_public_key.public_key_id,
        });
        session.groups.insert(group_id, group);
        Ok(answer)
    }

    async fn public_key(
        &self,
        user_id: &str,
    ) -> Result<sentc_crypto_common::user::UserPublicKeyData, Failure> {
        Ok(get_user_public_key_data(self.base_url.clone(), &self.app_token, user_id).await?)
    }

    /// The verify key that the head of an envelope names, as published by `signer`.
    async fn verify_key(
        &self,
        envelope: &str,
        signer: Option<&str>,
    ) -> Result<Option<sentc_crypto_common::user::UserVerifyKeyData>, Failure> {
        let Some(signer) = signer else { return Ok(None) };
        let sign = split_head_and_encrypted_string(envelope)?
            .sign
            .ok_or_else(|| Failure::here("the envelope carries no signature"))?;
        Ok(Some(get_user_verify_key_data(self.base_url.clone(), &self.app_token, signer, &sign.id).await?))
    }

    fn session(&self, session: usize) -> Result<&Session, Failure> {
        self.sessions.get(session).ok_or_else(|| Failure::here("no such session"))
    }

    fn session_mut(&mut self, session: usize) -> Result<&mut Session, Failure> {
        self.sessions.get_mut(session).ok_or_else(|| Failure::here("no such session"))
    }
}

impl Session {
    fn member_of(&self, group: &str) -> Result<(&StdUser, &StdGroup), Failure> {
        let group = self
            .groups
            .get(group)
            .ok_or_else(|| Failure::here("the group was not fetched in this session"))?;
        Ok((&self.user, group))
    }
}
