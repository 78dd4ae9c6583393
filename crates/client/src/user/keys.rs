//! The user's own keys: lookup, and rotation.

use std::sync::Arc;

use keyfold_crypto::rotation::{self, PendingKey};
use keyfold_crypto::{UserKeys, VerifyingKey};
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupKey, KeyRotationPending, KeyRotationStartOutput};
use keyfold_protocol::id::{KeyId, UserId};
use serde::de::IgnoredAny;

use super::User;
use crate::api::Call;
use crate::error::Error;
use crate::lock::read;
use crate::platform::offload;

impl User {
    /// Makes a new generation of user keys. Data for the user is encrypted to it from now on; older keys stay readable.
    ///
    /// The other devices take the new keys over with [`finish_key_rotation`](Self::finish_key_rotation), which they also
    /// do by themselves when they need a key they do not have.
    ///
    /// # Errors
    /// `server_311`: another device was faster, and its keys have to be taken over first. `server_321`: too many this month.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn rotate_keys(&self) -> Result<(), Error> {
        let previous = self.newest_keys()?;
        let device = Arc::clone(&self.0.device);
        let suite = self.0.client.0.suite;
        let body =
            offload(move || rotation::start_user(&previous.group.key, &device.public_key, &suite)).await;
        let body = body.ok_or(Error::WorkLost)??;
        let call = Call::post(&["user", "user_keys", "rotation"])?.json(&body)?;
        let started: KeyRotationStartOutput = self.0.session.call(&call).await?;
        self.fetch_key(&started.key_id).await?;
        self.0.client.0.directory.forget_user(self.id()).await
    }

    /// Takes over the keys that other devices of the user have made.
    ///
    /// # Errors
    /// `client_204`: the server could not encrypt one of them for this device, which then has to be registered anew. The
    /// others are taken over all the same.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn finish_key_rotation(&self) -> Result<(), Error> {
        let call = Call::get(&["user", "user_keys", "rotation"])?;
        let pending: Vec<KeyRotationPending> = self.0.session.call(&call).await?;
        for rotation in &pending {
            // One that is not there may be made by another pending rotation.
            let _ = self.loaded_or_fetched(&rotation.previous_group_key_id).await;
        }
        let order = rotation::order(&pending, |id| read(&self.0.keys).get(id.as_str()).is_some());
        for index in order {
            let Some(rotation) = pending.get(index) else { continue };
            let previous = self.loaded(rotation.previous_group_key_id.as_str())?;
            let device = &self.0.device;
            let done = PendingKey::open(rotation, &device.private_key, &previous.group.key)?
                .accept(&device.public_key)?;
            let id = &rotation.new_group_key_id;
            let call = Call::put(&["user", "user_keys", "rotation", id.as_str()])?.json(&done)?;
            self.0.session.call::<IgnoredAny>(&call).await?;
            self.fetch_key(id).await?;
        }
        if pending.iter().any(|rotation| rotation.error.is_some()) {
            return Err(keyfold_crypto::Error::RotationRefused.into());
        }
        Ok(())
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
        read(&self.0.keys).get(id).ok_or_else(|| Error::KeyNotLoaded(id.to_owned()))
    }

    /// A generation by id: loaded, fetched, or taken over from another device's rotation.
    pub(crate) async fn keys(&self, id: &KeyId) -> Result<Arc<UserKeys>, Error> {
        match self.loaded_or_fetched(id).await {
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => {
                self.finish_key_rotation().await?;
                self.loaded(id.as_str()).map_err(|_| error)
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
        let call = Call::get(&["user", "user_keys", "key", id.as_str()])?;
        let object: GroupKey = self.0.session.call(&call).await?;
        self.open_keys(vec![object]).await?;
        self.store().await?;
        self.loaded(id.as_str())
    }

    /// A login returns the newest page of keys only.
    pub(crate) async fn fetch_older_keys(&self) -> Result<(), Error> {
        loop {
            let oldest = read(&self.0.keys).objects().last().map(|key| (key.time, key.group_key_id.clone()));
            let Some((time, id)) = oldest else { return Ok(()) };
            let time = time.to_string();
            let call = Call::get(&["user", "user_keys", "keys", &time, id.as_str()])?;
            let page: Vec<GroupKey> = self.0.session.call(&call).await?;
            let before = read(&self.0.keys).objects().len();
            let full = page.len() >= PAGE_SIZE;
            self.open_keys(page).await?;
            // A page that brings nothing new would be asked for again and again.
            if !full || read(&self.0.keys).objects().len() == before {
                return Ok(());
            }
        }
    }
}
