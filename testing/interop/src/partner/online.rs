//! The partner as an application uses it, against a server.

use serde::Deserialize;
use serde::de::DeserializeOwned;
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

/// A user of the partner, logged in on a device. Groups stay in it once they are fetched.
pub struct Session<'a> {
    partner: &'a Partner,
    number: usize,
    /// Id of the user.
    pub user_id: String,
    /// Id of the device that logged in.
    pub device_id: String,
}

/// How a login went on.
pub enum Login<'a> {
    /// The user is logged in.
    Done(Session<'a>),
    /// The user has a second factor.
    Waiting(WaitingLogin<'a>),
}

/// A login that waits for a second factor. It can be finished, or fail to be, once.
pub struct WaitingLogin<'a> {
    partner: &'a Partner,
    number: usize,
}

/// A second factor, where the partner's calls want one.
#[derive(Debug, Clone, Copy)]
pub enum Factor<'a> {
    /// The code that an authenticator app shows.
    Totp(&'a str),
    /// One of the recovery keys.
    RecoveryKey(&'a str),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LoginAnswer {
    Session { session: usize, user_id: String, device_id: String },
    Waiting { waiting: usize },
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
        self.process.ask("account", json!({ "op": "identifier_is_free", "identifier": identifier }))
    }

    /// Registers a user and answers the user id.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn register(&self, identifier: &str, password: &str) -> Result<String, Refusal> {
        self.process
            .ask("account", json!({ "op": "register", "identifier": identifier, "password": password }))
    }

    /// Logs in a user without a second factor.
    ///
    /// # Errors
    /// As above.
    ///
    /// # Panics
    /// If the user has a second factor.
    pub fn login(&self, identifier: &str, password: &str) -> Result<Session<'_>, Refusal> {
        match self.begin_login(identifier, password)? {
            Login::Done(session) => Ok(session),
            Login::Waiting(_) => panic!("{identifier} has a second factor"),
        }
    }

    /// Logs in a user as far as the password leads.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn begin_login(&self, identifier: &str, password: &str) -> Result<Login<'_>, Refusal> {
        let request = json!({ "op": "login", "identifier": identifier, "password": password });
        self.process.ask("account", request).map(|answer| self.login_with(answer))
    }

    /// Registers a new device, on the device itself. A device of the user has to confirm the answer.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn start_device(&self, identifier: &str, password: &str) -> Result<String, Refusal> {
        self.process
            .ask("account", json!({ "op": "start_device", "identifier": identifier, "password": password }))
    }

    /// Whether the newest public key of a user carries a valid signature of that user.
    #[expect(clippy::missing_errors_doc, reason = "as above")]
    pub fn public_key_is_genuine(&self, user_id: &str) -> Result<bool, Refusal> {
        self.process.ask("account", json!({ "op": "public_key_is_genuine", "user_id": user_id }))
    }

    fn login_with(&self, answer: LoginAnswer) -> Login<'_> {
        match answer {
            LoginAnswer::Session { session, user_id, device_id } => {
                Login::Done(Session { partner: self, number: session, user_id, device_id })
            }
            LoginAnswer::Waiting { waiting } => {
                Login::Waiting(WaitingLogin { partner: self, number: waiting })
            }
        }
    }
}

impl<'a> WaitingLogin<'a> {
    /// Goes on with the second factor.
    ///
    /// # Errors
    /// [`Refusal`] by the server.
    ///
    /// # Panics
    /// If the partner asks for another factor.
    pub fn finish(self, factor: Factor<'_>) -> Result<Session<'a>, Refusal> {
        let request = json!({ "op": "finish_login", "waiting": self.number, "factor": factor.to_json() });
        match self.partner.process.ask("account", request).map(|answer| self.partner.login_with(answer))? {
            Login::Done(session) => Ok(session),
            Login::Waiting(_) => panic!("there is no third factor"),
        }
    }
}

impl Factor<'_> {
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Totp(code) => json!({ "totp": code }),
            Self::RecoveryKey(key) => json!({ "recovery_key": key }),
        }
    }
}

impl Session<'_> {
    pub(super) fn ask<T: DeserializeOwned>(&self, family: &str, mut request: Value) -> Result<T, Refusal> {
        request["session"] = json!(self.number);
        self.partner.process.ask(family, request)
    }
}
