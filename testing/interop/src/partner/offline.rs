//! The partner's cryptography alone, fed with answers that a test makes by hand.

use serde::Deserialize;
use serde_json::{Value, json};

use super::build;
use super::process::{Process, Refusal};

/// The partner without a server.
pub struct Offline {
    process: Process,
}

/// A login that was opened from three server answers. Group keys stay in it once they are opened.
pub struct OfflineLogin<'a> {
    partner: &'a Offline,
    number: usize,
    /// Id of the user.
    pub user_id: String,
    /// What the partner sends as proof of the password (base64).
    pub auth_key: String,
    /// The body of `POST /verify_login`, with the challenge solved.
    pub verify_login_body: String,
}

#[expect(clippy::missing_errors_doc, reason = "always the partner's own refusal")]
impl Offline {
    /// Starts the partner.
    #[must_use]
    pub fn start() -> Self {
        Self { process: Process::start(build::native()) }
    }

    /// The body of `POST /register`.
    pub fn prepare_register(&self, identifier: &str, password: &str) -> Result<String, Refusal> {
        self.process.ask(
            "offline",
            json!({ "op": "prepare_register", "identifier": identifier, "password": password }),
        )
    }

    /// Runs a login against `answers`, with their envelopes, to `prepare_login`, `done_login` and `verify_login`.
    pub fn open_login(
        &self,
        identifier: &str,
        password: &str,
        answers: [&str; 3],
    ) -> Result<OfflineLogin<'_>, Refusal> {
        #[derive(Deserialize)]
        struct Answer {
            login: usize,
            user_id: String,
            auth_key: String,
            verify_login_body: String,
        }
        let [prepare_login, done_login, verify_login] = answers;
        let answer: Answer = self.process.ask(
            "offline",
            json!({
                "op": "open_login",
                "identifier": identifier,
                "password": password,
                "prepare_login": prepare_login,
                "done_login": done_login,
                "verify_login": verify_login,
            }),
        )?;
        Ok(OfflineLogin {
            partner: self,
            number: answer.login,
            user_id: answer.user_id,
            auth_key: answer.auth_key,
            verify_login_body: answer.verify_login_body,
        })
    }
}

#[expect(clippy::missing_errors_doc, reason = "always the partner's own refusal")]
impl OfflineLogin<'_> {
    /// The newest public key, as the partner's calls take it.
    pub fn public_key(&self) -> Result<Value, Refusal> {
        self.ask(json!({ "op": "public_key_of" }))
    }

    /// The newest verify key, as the partner's calls take it.
    pub fn verify_key(&self) -> Result<Value, Refusal> {
        self.ask(json!({ "op": "verify_key_of" }))
    }

    /// The body of `POST /group`. `sign`: the creator signs the group key.
    pub fn prepare_create_group(&self, sign: bool) -> Result<String, Refusal> {
        self.ask(json!({ "op": "prepare_create_group", "sign": sign }))
    }

    /// Opens a group key object and answers its id. With a `verify_key` a signature on it must be valid.
    pub fn open_group_key(&self, key: &Value, verify_key: Option<&Value>) -> Result<String, Refusal> {
        self.ask(json!({ "op": "open_group_key", "key": key, "verify_key": verify_key }))
    }

    /// Opens the searchable key of a group whose group key was opened.
    pub fn open_hmac_key(&self, key: &Value) -> Result<(), Refusal> {
        self.ask(json!({ "op": "open_hmac_key", "key": key }))
    }

    /// Opens the sortable key of a group whose group key was opened.
    pub fn open_sortable_key(&self, key: &Value) -> Result<(), Refusal> {
        self.ask(json!({ "op": "open_sortable_key", "key": key }))
    }

    /// The body that gives an opened group key to the owner of `public_key`.
    pub fn prepare_keys_for_member(
        &self,
        key_id: &str,
        public_key: &Value,
        rank: Option<i32>,
    ) -> Result<String, Refusal> {
        self.ask(json!({
            "op": "prepare_keys_for_member",
            "key_id": key_id,
            "public_key": public_key,
            "rank": rank,
        }))
    }

    /// Encrypts `text` with an opened group key, signed if `sign`.
    pub fn encrypt(&self, key_id: &str, text: &str, sign: bool) -> Result<String, Refusal> {
        self.ask(json!({ "op": "encrypt_string", "key_id": key_id, "text": text, "sign": sign }))
    }

    /// Decrypts with an opened group key. With a `verify_key` a signature must be valid.
    pub fn decrypt(
        &self,
        key_id: &str,
        envelope: &str,
        verify_key: Option<&Value>,
    ) -> Result<String, Refusal> {
        self.ask(json!({
            "op": "decrypt_string",
            "key_id": key_id,
            "envelope": envelope,
            "verify_key": verify_key,
        }))
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, mut request: Value) -> Result<T, Refusal> {
        request["login"] = json!(self.number);
        self.partner.process.ask("offline", request)
    }
}
