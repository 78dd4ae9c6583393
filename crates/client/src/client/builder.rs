use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyfold_crypto::password::Cost as PasswordCost;
use keyfold_crypto::{Policy, Strength, Suite};

use super::{Client, Inner};
use crate::api::Api;
use crate::bulk::BulkCipher;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::error::Error;
use crate::file::Retry;
use crate::platform::MaybeSendSync;
use crate::records::Records;
use crate::session::Refresh;
use crate::storage::{MemoryStorage, Storage};
#[cfg(target_family = "wasm")]
use crate::transport::FetchTransport;
#[cfg(not(target_family = "wasm"))]
use crate::transport::HttpTransport;
use crate::transport::Transport;
use crate::trust::{KeyChange, KeyChangeListener, Signers, Trust};

const DEFAULT_BASE_URL: &str = "https://api.sentc.com";
const PUBLIC_KEY_MAX_AGE: Duration = Duration::from_secs(300);

/// Settings of a [`Client`]. Only the app token has no default.
#[must_use = "a builder does nothing before `build`"]
pub struct ClientBuilder {
    app_token: String,
    base_url: String,
    storage: Option<Arc<dyn Storage>>,
    transport: Option<Arc<dyn Transport>>,
    refresh: Refresh,
    suite: Suite,
    policy: Policy,
    signers: Signers,
    public_key_max_age: Duration,
    file_part_url: Option<String>,
    retry: Retry,
    bulk_cipher: Option<Arc<dyn BulkCipher>>,
    light: bool,
    on_key_change: Option<Box<dyn KeyChangeListener>>,
    clock: Clock,
}

impl ClientBuilder {
    pub(super) fn new(app_token: String) -> Self {
        Self {
            app_token,
            base_url: DEFAULT_BASE_URL.to_owned(),
            storage: None,
            transport: None,
            refresh: Refresh::default(),
            suite: Suite::default(),
            policy: Policy::default(),
            signers: Signers::default(),
            public_key_max_age: PUBLIC_KEY_MAX_AGE,
            file_part_url: None,
            retry: Retry::default(),
            bulk_cipher: None,
            light: false,
            on_key_change: None,
            clock: Clock::default(),
        }
    }

    /// Where the server is, without the path `/api/v1`. Default `https://api.sentc.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Where sessions, keys and groups are kept. Default [`MemoryStorage`]: nothing outlives the process.
    ///
    /// A storage is for one app on one server, whose users it may hold many of: clients of several apps need one each.
    pub fn storage(mut self, storage: impl Storage) -> Self {
        self.storage = Some(Arc::new(storage));
        self
    }

    /// How requests are sent. Default: HTTP with TLS natively, `fetch` on WebAssembly. Proxy and time limits of the former are
    /// settings of its own builder:
    ///
    /// ```
    /// use keyfold::{Client, HttpTransport};
    /// let transport = HttpTransport::builder().proxy("http://127.0.0.1:8080").build()?;
    /// let client = Client::builder("token").transport(transport).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How access tokens are renewed. Default [`Refresh::sdk`].
    pub fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = refresh;
        self
    }

    /// What new keys are made with. Default [`Suite::STD`], which every client of today reads. Reading needs no suite.
    pub fn suite(mut self, suite: Suite) -> Self {
        self.suite = suite.with_password_cost(self.suite.password_cost());
        self
    }

    /// How much work it is to derive keys from new passwords. Default [`PasswordCost::CURRENT`].
    ///
    /// [`PasswordCost::LEGACY`] is for apps whose users also log in with published clients up to version 0.15, which know no
    /// other: accounts and passwords that are made with it work there. Logins here work with both.
    pub fn password_cost(mut self, cost: PasswordCost) -> Self {
        self.suite = self.suite.with_password_cost(cost);
        self
    }

    /// What is demanded of the keys of others. Default [`Policy::DEFAULT`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// For how long a fetched public key is used before the server is asked for a newer one. Default 5 minutes.
    pub fn public_key_max_age(mut self, age: Duration) -> Self {
        self.public_key_max_age = age;
        self
    }

    /// The app's own storage for the parts of files. All parts go to `POST <url>/<session>/<sequence>/<end>`, and those that
    /// lie there are read from `GET <url>/<part>`. Default: the server keeps them.
    ///
    /// The app's backend receives the user's access token with each upload, to find out who it is from.
    pub fn file_part_url(mut self, url: impl Into<String>) -> Self {
        self.file_part_url = Some(url.into());
        self
    }

    /// Users and groups without encryption: accounts, devices, second factors, groups, ranks and invitations, and no keys
    /// but those of the login. Everything that needs keys fails with [`Error::NoGroupKeys`] or `client_130`.
    ///
    /// An app decides once: users of a light client have no keys for others to encrypt to.
    pub fn light(mut self) -> Self {
        self.light = true;
        self
    }

    /// Insists that public keys of users are signed by their users, and group keys by those who made them. The same as
    /// setting both in the [`policy`](Self::policy).
    pub fn require_signatures(mut self) -> Self {
        self.policy.signed_public_keys = true;
        self.policy.signed_group_keys = true;
        self
    }

    /// The weakest keys of others to encrypt to, and to trust signatures of. The same as setting both in the
    /// [`policy`](Self::policy).
    pub fn minimum_algorithm(mut self, strength: Strength) -> Self {
        self.policy.minimum_encryption = strength;
        self.policy.minimum_signature = strength;
        self
    }

    /// What becomes of a group key whose signature cannot be checked. Default: [`Signers::MayBeDeleted`].
    ///
    /// With [`require_signatures`](Self::require_signatures) such a key is always refused.
    pub fn signers(mut self, signers: Signers) -> Self {
        self.signers = signers;
        self
    }

    /// Calls `listener` when a user shows keys that this client has not seen, while others of the user are known: after a rotation
    /// or reset, or because somebody is in between. It is called once for the public key and the verify key of a generation, for
    /// whichever is met first. See [`Client::known_verify_keys`].
    pub fn on_key_change(mut self, listener: impl Fn(&KeyChange) + MaybeSendSync + 'static) -> Self {
        self.on_key_change = Some(Box::new(listener));
        self
    }

    /// How often a part of a file is tried again after trouble of the network or of a busy server, and how long to wait
    /// before the first of these attempts. The wait doubles from one to the next, up to 30 seconds. Default: five times, half
    /// a second.
    pub fn file_part_retries(mut self, retries: u32, first_wait: Duration) -> Self {
        self.retry = Retry::new(retries, first_wait);
        self
    }

    /// Parts of files and contents are encrypted and decrypted with `cipher` where that is worth it: from 32 KiB on, in functions that
    /// are asynchronous.
    pub fn bulk_cipher(mut self, cipher: impl BulkCipher) -> Self {
        self.bulk_cipher = Some(Arc::new(cipher));
        self
    }

    /// A clock in milliseconds since 1970 to use instead of the system's: for tests.
    pub fn clock(mut self, now: impl Fn() -> u64 + MaybeSendSync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`Error::Configuration`] (`client_424`) for an app token or a base URL that cannot be one.
    pub fn build(self) -> Result<Client, Error> {
        let invalid = |reason: &'static str| Err(Error::configuration(reason));
        if self.app_token.is_empty() || !self.app_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return invalid("the app token must be base64");
        }
        let base_url = self.base_url.trim_end_matches('/').to_owned();
        if !is_http(&base_url) {
            return invalid("the base URL must begin with https:// or http://");
        }
        let file_part_url = match &self.file_part_url {
            None => None,
            Some(url) if is_http(url) => Some(Arc::from(url.trim_end_matches('/'))),
            Some(_) => return invalid("the URL of file parts must begin with https:// or http://"),
        };
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let api = Arc::new(Api::new(base_url, self.app_token, transport));
        let records = Records::new(self.storage.unwrap_or_else(|| Arc::new(MemoryStorage::new())));
        let max_age = u64::try_from(self.public_key_max_age.as_millis()).unwrap_or(u64::MAX);
        let trust = Trust::new(records.clone(), self.clock.clone(), self.on_key_change);
        let directory = Directory::new(
            Arc::clone(&api),
            records.clone(),
            self.clock.clone(),
            self.policy,
            max_age,
            trust,
        );
        Ok(Client(Arc::new(Inner {
            api,
            records,
            clock: self.clock,
            refresh: self.refresh,
            suite: self.suite,
            policy: self.policy,
            signers: self.signers,
            directory,
            file_part_url,
            retry: self.retry,
            bulk_cipher: self.bulk_cipher,
            light: self.light,
            users: Mutex::default(),
        })))
    }
}

fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.trim_end_matches('/').is_empty())
}

#[cfg(not(target_family = "wasm"))]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(HttpTransport::new()?))
}

#[cfg(target_family = "wasm")]
fn default_transport() -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(FetchTransport::new()))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientBuilder({})", self.base_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_must_be_http_and_loses_its_trailing_slash() {
        for bad in ["", "api.example", "ftp://api.example", "https://", "http:///"] {
            let error = Client::builder("dG9rZW4=").base_url(bad).build().unwrap_err();
            assert_eq!(error.code(), "client_424", "{bad:?}");
        }
        let client = Client::builder("dG9rZW4=").base_url("https://api.example/").build().unwrap();
        assert_eq!(format!("{client:?}"), "Client(https://api.example)");
    }

    #[test]
    fn an_app_token_must_fit_into_a_header() {
        for bad in ["", "a b", "a\nb", "ä"] {
            assert!(Client::builder(bad).build().is_err(), "{bad:?}");
        }
    }

    #[cfg(not(target_family = "wasm"))]
    #[test]
    fn handles_move_between_threads() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<Client>();
        shared::<crate::User>();
        shared::<crate::Group>();
        shared::<Error>();
    }
}
