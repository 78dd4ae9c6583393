//! The client as an application uses it: every call goes to the server through the client's own HTTP code.

pub(crate) mod account;
pub(crate) mod content;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod member;
pub(crate) mod membership;

use std::collections::HashMap;

use sentc::keys::std::{StdGroup, StdUser, StdUserLoginReturn};
use sentc::net_helper::{get_group_public_key, get_user_public_key_data, get_user_verify_key_data};
use sentc_crypto_common::user::{UserPublicKeyData, UserVerifyKeyData};

use crate::failure::Failure;

pub(crate) struct Client {
    server: Server,
    sessions: Vec<Session>,
    /// Logins that wait for a second factor. The client wants each one back once only.
    waiting: Vec<Option<WaitingLogin>>,
}

/// Where the client's calls go.
struct Server {
    base_url: String,
    app_token: String,
}

struct Session {
    user: StdUser,
    groups: HashMap<String, OpenGroup>,
}

/// A fetched group, and the group whose keys open it if those are not the user's own.
struct OpenGroup {
    group: StdGroup,
    through: Option<String>,
}

struct WaitingLogin {
    identifier: String,
    login: StdUserLoginReturn,
}

impl Client {
    pub(crate) fn new(base_url: String, app_token: String) -> Self {
        Self { server: Server { base_url, app_token }, sessions: Vec::new(), waiting: Vec::new() }
    }

    fn session(&self, session: usize) -> Result<&Session, Failure> {
        self.sessions.get(session).ok_or_else(no_session)
    }

    fn user_mut(&mut self, session: usize) -> Result<&mut StdUser, Failure> {
        Ok(&mut self.sessions.get_mut(session).ok_or_else(no_session)?.user)
    }
}

impl Server {
    fn base_url(&self) -> String {
        self.base_url.clone()
    }

    async fn public_key(&self, user_id: &str) -> Result<UserPublicKeyData, Failure> {
        Ok(get_user_public_key_data(self.base_url(), &self.app_token, user_id).await?)
    }

    async fn group_public_key(&self, group_id: &str) -> Result<UserPublicKeyData, Failure> {
        Ok(get_group_public_key(self.base_url(), &self.app_token, group_id).await?)
    }

    async fn verify_key(&self, user_id: &str, key_id: &str) -> Result<UserVerifyKeyData, Failure> {
        Ok(get_user_verify_key_data(self.base_url(), &self.app_token, user_id, key_id).await?)
    }
}

impl Session {
    fn open(&self, group: &str) -> Result<&OpenGroup, Failure> {
        self.groups.get(group).ok_or_else(|| Failure::here("the group was not fetched in this session"))
    }

    /// The user's access token, and a fetched group.
    fn member_of(&self, group: &str) -> Result<(&str, &StdGroup), Failure> {
        Ok((self.user.get_jwt()?, &self.open(group)?.group))
    }
}

fn no_session() -> Failure {
    Failure::here("no such session")
}
