//! The partner as an application uses it, against a server.

use serde::Deserialize;
use serde_json::{Value, json};

use super::build;
use super::process::{Process, Refusal};

/// Which of the published clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The Rust crate.
    Native,
    /// The core of the JavaScript client, in Node.
    WebAssembly,
}

/// The partner, set up for one app on one server.
pub struct Partner {
    process: Process,
}

/// A user of the partner, logged in. Groups stay in it once they are fetched.
pub struct Session<'a> {
    partner: &'a Partner,
    number: usize,
    /// Id of the user.
    pub user_id: String,
    /// Id of the device that logged in.
    pub device_id: String,
}

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
}

/// A member in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Id of the member.
    pub user_id: String,
    /// Its rank, 0 (creator) to 4.
    pub rank: i32,
    /// 0 for a user.
    pub user_type: i32,
}

impl Partner {
    /// Starts the partner. `base_url` has no trailing slash; `app_token` may be the public or the secret token.
    #[must_use]
    pub fn start(flavour: Flavour, base_url: &str, app_token: &str) -> Self {
        let mut program = match flavour {
            Flavour::Native => build::native(),
            Flavour::WebAssembly => build::web_assembly(),
        };
        program.args([base_url, app_token]);
        Self { process: Process::start(program) }
    }

    /// Asks the server whether nobody has taken `identifier`.
    ///
    /// # Errors
    /// [`Refusal`] by the server, as with every call that follows.
    pub fn identifier_is_free(&self, identifier: &str) -> Result<bool, Refusal> {
        self.process.ask("online", json!({ "op": "identifier_is_free", "identifier": identifier }))
    }

    /// Registers a user and answers the user id.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn register(&self, identifier: &str, password: &str) -> Result<String, Refusal> {
        self.process
            .ask("online", json!({ "op": "register", "identifier": identifier, "password": password }))
    }

    /// Logs in a user without a second factor.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn login(&self, identifier: &str, password: &str) -> Result<Session<'_>, Refusal> {
        #[derive(Deserialize)]
        struct Answer {
            session: usize,
            user_id: String,
            device_id: String,
        }
        let answer: Answer = self
            .process
            .ask("online", json!({ "op": "login", "identifier": identifier, "password": password }))?;
        Ok(Session {
            partner: self,
            number: answer.session,
            user_id: answer.user_id,
            device_id: answer.device_id,
        })
    }
}

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Session<'_> {
    /// Gets a new access token and answers it.
    pub fn refresh_jwt(&self) -> Result<String, Refusal> {
        self.ask(json!({ "op": "refresh_jwt" }))
    }

    /// Creates a group and answers its id. `sign`: the creator signs the group key.
    pub fn create_group(&self, sign: bool) -> Result<String, Refusal> {
        self.ask(json!({ "op": "create_group", "sign": sign }))
    }

    /// Fetches a group with its keys. The calls below need that first.
    pub fn fetch_group(&self, group: &str) -> Result<FetchedGroup, Refusal> {
        self.ask(json!({ "op": "fetch_group", "group": group }))
    }

    /// Adds a user to a group without asking that user. No rank means the lowest.
    pub fn invite_auto(&self, group: &str, user_id: &str, rank: Option<i32>) -> Result<(), Refusal> {
        self.ask(json!({ "op": "invite_auto", "group": group, "user_id": user_id, "rank": rank }))
    }

    /// First page of the members of a group.
    pub fn members(&self, group: &str) -> Result<Vec<Member>, Refusal> {
        self.ask(json!({ "op": "members", "group": group }))
    }

    /// Deletes a group.
    pub fn delete_group(&self, group: &str) -> Result<(), Refusal> {
        self.ask(json!({ "op": "delete_group", "group": group }))
    }

    /// Encrypts `text` for a group, signed by the user if `sign`.
    pub fn encrypt_in_group(&self, group: &str, text: &str, sign: bool) -> Result<String, Refusal> {
        self.ask(json!({ "op": "encrypt_in_group", "group": group, "text": text, "sign": sign }))
    }

    /// Decrypts content of a group. With a `signer` it must carry a valid signature of that user.
    pub fn decrypt_in_group(
        &self,
        group: &str,
        envelope: &str,
        signer: Option<&str>,
    ) -> Result<String, Refusal> {
        self.ask(json!({ "op": "decrypt_in_group", "group": group, "envelope": envelope, "signer": signer }))
    }

    /// Encrypts `text` for one user, signed if `sign`.
    pub fn encrypt_for_user(&self, user_id: &str, text: &str, sign: bool) -> Result<String, Refusal> {
        self.ask(json!({ "op": "encrypt_for_user", "user_id": user_id, "text": text, "sign": sign }))
    }

    /// Decrypts content that was encrypted for this user; `signer` as in [`Self::decrypt_in_group`].
    pub fn decrypt_for_me(&self, envelope: &str, signer: Option<&str>) -> Result<String, Refusal> {
        self.ask(json!({ "op": "decrypt_for_me", "envelope": envelope, "signer": signer }))
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, mut request: Value) -> Result<T, Refusal> {
        request["session"] = json!(self.number);
        self.partner.process.ask("online", request)
    }
}
