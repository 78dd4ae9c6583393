//! The entry point: an app on a server.

mod builder;
mod login;
mod registration;

pub use builder::ClientBuilder;
pub(crate) use login::{Accepted, Attempt, FirstFactor};
pub use login::{Login, PendingMfa, StoredMfaLogin};
pub(crate) use registration::{open_answer, to_json};

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use keyfold_crypto::{Policy, Suite};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::{GroupId, KeyId, UserId};
use keyfold_protocol::text_map::TextMap;

use crate::api::Api;
use crate::bulk::BulkCipher;
use crate::clock::Clock;
use crate::directory::{Directory, GroupPublicKey, UserPublicKey};
use crate::error::Error;
use crate::file::Retry;
use crate::records::{self, Records};
use crate::session::{Environment, Refresh, Session};
use crate::stored::StoredUser;
use crate::trust::{KnownVerifyKey, Signers};
use crate::user::{self, User};
use keyfold_crypto::VerifyingKey;

/// An app on a Keyfold server. Cheap to clone; clones share everything.
///
/// ```no_run
/// # async fn example() -> Result<(), keyfold::Error> {
/// use keyfold::{Client, Login};
/// let client = Client::builder("5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi")
///     .base_url("http://127.0.0.1:3002")
///     .build()?;
/// client.register("alice", "correct horse battery staple").await?;
/// let user = match client.login("alice", "correct horse battery staple").await? {
///     Login::User(user) => user,
///     Login::Mfa(pending) => pending.with_totp("123456").await?,
/// };
/// println!("{}", user.id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) api: Arc<Api>,
    pub(crate) records: Records,
    pub(crate) clock: Clock,
    pub(crate) refresh: Refresh,
    pub(crate) suite: Suite,
    pub(crate) policy: Policy,
    pub(crate) signers: Signers,
    pub(crate) directory: Directory,
    /// Where the app keeps the parts of files itself.
    pub(crate) file_part_url: Option<Arc<str>>,
    pub(crate) retry: Retry,
    /// What parts of files are encrypted with, if not by this program.
    pub(crate) bulk_cipher: Option<Arc<dyn BulkCipher>>,
    /// Whether users and groups have no keys.
    pub(crate) light: bool,
    /// Users whom the app holds, so that all its handles of a user are the same.
    pub(crate) users: Mutex<HeldUsers>,
}

/// By user and device.
pub(crate) type HeldUsers = TextMap<Weak<user::Inner>>;

impl Client {
    /// Starts to describe a client for the app with this public token (base64).
    pub fn builder(app_token: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(app_token.into())
    }

    /// The newest public key of a user, from the storage if it is not older than
    /// [`public_key_max_age`](ClientBuilder::public_key_max_age).
    ///
    /// Of a user whose safety number was [verified](crate::User::verify_safety_number), only a key is returned that is signed with a
    /// verified verify key, or with one that was [accepted](Self::accept_verify_key). Everything that encrypts to a user, also
    /// invitations, goes through here.
    ///
    /// # Errors
    /// `server_100`: no such user. `client_403`: the key is weaker than the policy allows. `client_409`: there was another key
    /// under the same id. Where the signature is demanded: `client_401`: it is missing; `client_31`: it is wrong;
    /// [`Error::VerifyKeyChanged`] (`client_437`): it is by a verify key that nobody has verified or accepted.
    pub async fn public_key(&self, user_id: &UserId) -> Result<UserPublicKey, Error> {
        self.0.directory.user_public_key(user_id).await
    }

    /// A verify key of a user, by its id.
    ///
    /// # Errors
    /// `server_100`: no such user or key. `client_403`: the key is weaker than the policy allows.
    pub async fn verify_key(&self, user_id: &UserId, key_id: &KeyId) -> Result<VerifyingKey, Error> {
        self.0.directory.user_verify_key(user_id, key_id).await
    }

    /// The newest public key of a group.
    ///
    /// # Errors
    /// `server_304`: no such group, or one without keys.
    pub async fn group_public_key(&self, group_id: &GroupId) -> Result<GroupPublicKey, Error> {
        self.0.directory.group_public_key(group_id).await
    }

    /// Checks that a public key is signed with a verify key of the same user, and remembers the result.
    ///
    /// That verify key comes from the server too: who wants certainty compares safety numbers.
    ///
    /// # Errors
    /// Those of [`verify_key`](Self::verify_key).
    pub async fn verify_public_key(&self, key: &UserPublicKey) -> Result<bool, Error> {
        self.0.directory.verify(key).await
    }

    /// The verify keys of a user that this client has seen, oldest first, and which of them are verified.
    ///
    /// The first key of a user is trusted when it is first used. A key that takes the place of another one under the same id
    /// is refused with `client_409`. A new key under a new id is accepted and reported to
    /// [`on_key_change`](ClientBuilder::on_key_change), unless an earlier one was
    /// [verified](crate::User::verify_safety_number): then it is refused with [`Error::VerifyKeyChanged`] until it is verified
    /// itself, or [accepted](Self::accept_verify_key), and so is a [public key](Self::public_key) that is signed with it.
    ///
    /// # Errors
    /// Those of the storage. [`Error::StoredDataUnreadable`] (`client_421`): what is damaged is not taken for unknown.
    pub async fn known_verify_keys(&self, user_id: &UserId) -> Result<Vec<KnownVerifyKey>, Error> {
        self.0.directory.trust().known(user_id).await
    }

    /// Accepts a new verify key of a user whose earlier one was verified, without verifying it.
    ///
    /// # Errors
    /// Those of [`verify_key`](Self::verify_key).
    pub async fn accept_verify_key(&self, user_id: &UserId, key_id: &KeyId) -> Result<(), Error> {
        let key = self.0.directory.untrusted_verify_key(user_id, key_id).await?;
        self.0.directory.trust().accept(user_id, &key, false).await
    }

    /// The user who logged in last on this device, if there is one, with a renewed session.
    ///
    /// Also fetches the first pending invitations, see [`User::invitations`].
    ///
    /// # Errors
    /// `server_114`: the session is over, the user has to log in again. [`Error::Network`]: the server cannot be
    /// reached; [`current_user`](Self::current_user) works without.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn restore(&self) -> Result<Option<User>, Error> {
        let Some(user) = self.current_user().await? else { return Ok(None) };
        user.resume().await?;
        Ok(Some(user))
    }

    /// The user who logged in last on this device, from the storage alone.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn current_user(&self) -> Result<Option<User>, Error> {
        match self.0.records.actual_user().await? {
            Some(identifier) => self.user(&identifier).await,
            None => Ok(None),
        }
    }

    /// The user who is logged in on this device under `identifier`, from the storage alone.
    ///
    /// All handles that a client and its clones hand out of a user on a device share session and keys, as clones of one do, also
    /// with those from [`login`](Self::login).
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn user(&self, identifier: &str) -> Result<Option<User>, Error> {
        let Some(stored) = self.stored_user(identifier).await? else { return Ok(None) };
        let Some(session) = self.0.records.session(stored.device_id()).await? else { return Ok(None) };
        let session = Session::restore(self.environment(), session)?;
        if let Some(held) = User::held(self, &session) {
            if held.0.session.adopt(&session, false) {
                return Ok(Some(held));
            }
            // The user is logging out at this moment: the records that were read here are about to be deleted.
            if held.0.session.ended_as(&session) {
                return Ok(None);
            }
        }
        User::restore(self.clone(), session, stored).await.map(Some)
    }

    /// A new access token for one that runs out, for apps that keep tokens themselves. Changes no session; those renew their
    /// tokens alone.
    ///
    /// `refresh_token` only matters where the SDK itself renews tokens, see [`Refresh`].
    ///
    /// # Errors
    /// `server_114`: the refresh token is not valid any more. [`Error::Refresh`] (`client_423`): the app's own endpoint or function
    /// failed.
    pub async fn refresh_jwt(
        &self,
        old_jwt: &SecretText,
        refresh_token: &SecretText,
    ) -> Result<SecretText, Error> {
        self.0.refresh.renew(&self.0.api, old_jwt, Some(refresh_token.clone())).await
    }

    /// Removes everything from the storage: sessions, keys and groups of all users.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn clear_storage(&self) -> Result<(), Error> {
        self.0.records.clear().await
    }

    pub(crate) async fn stored_user(&self, identifier: &str) -> Result<Option<StoredUser>, Error> {
        self.0.records.get("user", &records::user_key(identifier)).await
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment {
            api: Arc::clone(&self.0.api),
            refresh: self.0.refresh.clone(),
            clock: self.0.clock.clone(),
            records: self.0.records.clone(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.0.api.base_url())
    }
}
