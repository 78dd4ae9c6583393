//! The user's own keys: lookup, and rotation.

use std::sync::Arc;
use std::time::Duration;

use keyfold_crypto::rotation::{self, PendingKey};
use keyfold_crypto::{UserKeys, VerifyingKey};
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupKey, KeyRotationPending, KeyRotationStartOutput};
use keyfold_protocol::id::{KeyId, UserId};

use super::User;
use crate::api::Call;
use crate::error::Error;
use crate::lock::read;
use crate::platform::{offload, sleep};
use crate::rotations::{self, Rotated};
use crate::trust::Signers;

/// How often a rotation is begun when other devices keep being faster.
const ROTATION_ATTEMPTS: u32 = 8;
/// How long to wait for the key of a faster device that the server has not passed on yet; the next time twice as long.
const ROTATION_WAIT: Duration = Duration::from_millis(50);

impl User {
    /// Makes a new generation of user keys. Data for the user is encrypted to it from now on; older keys stay readable.
    ///
    /// The other devices take the new keys over with [`finish_key_rotation`](Self::finish_key_rotation), which they also
    /// do by themselves when they need a key they do not have. Where another device was faster, its keys are taken over
    /// before these are made.
    ///
    /// # Errors
    /// `server_321`: too many this month. `client_204`: as [`finish_key_rotation`](Self::finish_key_rotation). `server_311`:
    /// other devices were faster several times in a row, or the server took seconds to pass their keys on.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn rotate_keys(&self) -> Result<(), Error> {
        let mut attempts = ROTATION_ATTEMPTS;
        let mut wait = ROTATION_WAIT;
        loop {
            attempts = attempts.saturating_sub(1);
            match self.start_rotation().await {
                Err(error) if attempts > 0 && error.is_server(ErrorCode::RotationKeyNotFound) => {
                    let newest = self.newest_key_id()?;
                    self.finish_key_rotation().await?;
                    if self.newest_key_id()? == newest {
                        sleep(wait).await;
                        wait = wait.saturating_mul(2);
                    }
                }
                outcome => return outcome,
            }
        }
    }

    async fn start_rotation(&self) -> Result<(), Error> {
        let previous = self.newest_keys()?;
        let device = Arc::clone(&self.0.device);
        let suite = self.0.client.0.suite;
        let body =
            offload(move || rotation::start_user(&previous.group.key, &device.public_key, &suite)).await;
        let body = body.ok_or(Error::WorkLost)??;
        let call = Call::post(&["user", "user_keys", "rotation"]).json(&body);
        let started: KeyRotationStartOutput = self.0.session.call(call).await?;
        self.fetch_key(&started.key_id).await?;
        self.0.client.0.directory.forget_user(self.id()).await
    }

    /// Takes over the keys that other devices of the user have made, and those that this device has made without learning of
    /// it because an answer was lost.
    ///
    /// # Errors
    /// `client_204`: the server could not encrypt one of them for this device, which then has to be registered anew. The
    /// others are taken over all the same.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn finish_key_rotation(&self) -> Result<(), Error> {
        rotations::finish(self, Signers::default()).await?;
        self.load_newest_key().await
    }

    /// Takes over what can be taken over.
    pub(super) async fn finish_possible_rotations(&self) -> Result<(), Error> {
        rotations::as_far_as_possible(self.finish_key_rotation().await)
    }

    /// Loads a key that the server lists as this device's already: made or taken over here, but the answer was lost. The
    /// public lookup tells its id.
    async fn load_newest_key(&self) -> Result<(), Error> {
        let newest = self.0.client.0.directory.newest_user_key_id(self.id()).await?;
        match self.loaded_or_fetched(&newest).await {
            // Made by another device a moment ago.
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => Ok(()),
            result => result.map(drop),
        }
    }

    /// The number that this user and another one can compare to be sure of each other's verify keys. `None` for the other
    /// gives the number of the own key alone.
    ///
    /// # Errors
    /// Those of [`Client::verify_key`](crate::Client::verify_key).
    pub async fn safety_number(&self, other: Option<(&UserId, &KeyId)>) -> Result<String, Error> {
        let own = self.newest_keys()?;
        let Some((user_id, key_id)) = other else {
            return Ok(own.verify_key.safety_number(self.id().as_str(), None));
        };
        // Of a key that is not trusted, too: this number is the way to trust it.
        let key: VerifyingKey = self.0.client.0.directory.untrusted_verify_key(user_id, key_id).await?;
        Ok(own.verify_key.safety_number(self.id().as_str(), Some((user_id.as_str(), &key))))
    }

    /// Compares the safety number of this user and another with the one that the other has told, over a telephone for
    /// example, and remembers the other's key as verified if they are equal. Returns whether they are.
    ///
    /// # Errors
    /// Those of [`Client::verify_key`](crate::Client::verify_key).
    pub async fn verify_safety_number(
        &self,
        other: &UserId,
        key_id: &KeyId,
        number: &str,
    ) -> Result<bool, Error> {
        if self.safety_number(Some((other, key_id))).await? != number {
            return Ok(false);
        }
        let directory = &self.0.client.0.directory;
        let key = directory.untrusted_verify_key(other, key_id).await?;
        directory.trust().accept(other, &key, true).await?;
        Ok(true)
    }

    /// A verify key of any user. One of this user is at hand: it is neither asked for nor stored a second time.
    pub(crate) async fn verify_key_of(
        &self,
        user_id: &UserId,
        key_id: &KeyId,
    ) -> Result<VerifyingKey, Error> {
        if user_id == self.id()
            && let Ok(keys) = self.loaded(key_id.as_str())
        {
            return Ok(keys.verify_key.clone());
        }
        self.0.client.0.directory.user_verify_key(user_id, key_id).await
    }

    /// Id of the newest generation of the user's keys, which is also the id of its verify key.
    ///
    /// # Errors
    /// `client_130` if there is none, which no server lets happen.
    pub fn newest_key_id(&self) -> Result<KeyId, Error> {
        Ok(KeyId::new(self.newest_keys()?.id()))
    }

    pub(crate) fn newest_keys(&self) -> Result<Arc<UserKeys>, Error> {
        read(&self.0.keys).newest().ok_or(Error::Crypto(keyfold_crypto::Error::MissingSignKeys))
    }

    /// All generations, newest first.
    pub(crate) fn all_keys(&self) -> Vec<Arc<UserKeys>> {
        read(&self.0.keys).all()
    }

    /// A generation that is loaded.
    pub(crate) fn loaded(&self, id: &str) -> Result<Arc<UserKeys>, Error> {
        read(&self.0.keys).get(id).ok_or_else(|| Error::key_not_loaded(id))
    }

    /// A generation by id: loaded, fetched, or taken over from another device's rotation.
    pub(crate) async fn keys(&self, id: &KeyId) -> Result<Arc<UserKeys>, Error> {
        match self.loaded_or_fetched(id).await {
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => {
                let finished = self.finish_key_rotation().await;
                // Another rotation may have failed.
                self.loaded(id.as_str()).or_else(|_| finished.and(Err(error)))
            }
            keys => keys,
        }
    }

    async fn loaded_or_fetched(&self, id: &KeyId) -> Result<Arc<UserKeys>, Error> {
        match self.loaded(id.as_str()) {
            Ok(keys) => Ok(keys),
            Err(_) => self.fetch_key(id).await,
        }
    }

    async fn fetch_key(&self, id: &KeyId) -> Result<Arc<UserKeys>, Error> {
        let call = Call::get(&["user", "user_keys", "key", id.as_str()]);
        let object: GroupKey = self.0.session.call(call).await?;
        self.open_keys(vec![object]).await?;
        self.store().await?;
        self.loaded(id.as_str())
    }

    /// A login returns the newest page of keys only.
    pub(crate) async fn fetch_older_keys(&self) -> Result<(), Error> {
        let oldest = read(&self.0.keys).objects().last().map(|key| (key.time, key.group_key_id.clone()));
        match oldest {
            Some((time, id)) => self.fetch_keys_after(time.to_string(), id.as_str().to_owned()).await,
            None => Ok(()),
        }
    }

    /// Loads what is missing of the keys, before they are handed to another device: what is left out then, the other one never
    /// gets.
    pub(super) async fn complete_keys(&self) -> Result<(), Error> {
        self.finish_possible_rotations().await?;
        self.fetch_keys_after("0".to_owned(), "none".to_owned()).await?;
        self.store().await
    }

    async fn fetch_keys_after(&self, mut time: String, mut last: String) -> Result<(), Error> {
        loop {
            let call = Call::get(&["user", "user_keys", "keys", &time, &last]);
            let page: Vec<GroupKey> = self.0.session.call(call).await?;
            let end = page.last().map(|key| (key.time.to_string(), key.group_key_id.as_str().to_owned()));
            let is_last = page.len() < PAGE_SIZE;
            let missing = page.into_iter().filter(|key| !self.has_key(&key.group_key_id));
            self.open_keys(missing.collect()).await?;
            match end {
                // A list that does not move would go round for ever.
                Some(end) if !is_last && end.1 != last => (time, last) = end,
                _ => return Ok(()),
            }
        }
    }
}

impl Rotated for User {
    async fn pending_rotations(&self) -> Result<Vec<KeyRotationPending>, Error> {
        self.0.session.call(Call::get(&["user", "user_keys", "rotation"])).await
    }

    async fn load_key(&self, id: &KeyId) {
        let _ = self.loaded_or_fetched(id).await;
    }

    fn has_key(&self, id: &KeyId) -> bool {
        read(&self.0.keys).contains(id.as_str())
    }

    async fn take_over(&self, rotation: &KeyRotationPending, _: Signers) -> Result<(), Error> {
        let previous = self.loaded(rotation.previous_group_key_id.as_str())?;
        let device = &self.0.device;
        let done = PendingKey::open(rotation, &device.private_key, &previous.group.key)?
            .accept(&device.public_key)?;
        let id = &rotation.new_group_key_id;
        let call = Call::put(&["user", "user_keys", "rotation", id.as_str()]).json(&done);
        self.0.session.act(call).await?;
        self.fetch_key(id).await.map(drop)
    }
}
