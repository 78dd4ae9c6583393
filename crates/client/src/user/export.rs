//! The keys and the token of a user, for apps that look at them.

use keyfold_crypto::SearchKey;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::group::HmacKey;
use keyfold_protocol::id::KeyId;

use super::User;
use crate::error::Error;
use crate::export::{ExportedIdentity, ExportedUserKeys, secret};

impl User {
    /// The access token as it is, which may have run out; [`jwt`](Self::jwt) renews it.
    #[must_use]
    pub fn current_jwt(&self) -> SecretText {
        self.0.session.current_token()
    }

    /// The keys of this device.
    ///
    /// # Errors
    /// `client_100`, which does not happen.
    pub fn export_device_keys(&self) -> Result<ExportedIdentity, Error> {
        let device = &self.0.device;
        ExportedIdentity::new(&device.private_key, &device.public_key, &device.sign_key, &device.verify_key)
    }

    /// The generations of keys that are loaded, newest first.
    ///
    /// # Errors
    /// `client_100`, which does not happen.
    pub fn export_keys(&self) -> Result<Vec<ExportedUserKeys>, Error> {
        let export = |keys: &std::sync::Arc<keyfold_crypto::UserKeys>| {
            let group = &keys.group;
            Ok(ExportedUserKeys {
                id: KeyId::new(keys.id()),
                time: group.time,
                group_key: secret(group.key.export()?),
                identity: ExportedIdentity::new(
                    group.private_key()?,
                    group.public_key()?,
                    &keys.sign_key,
                    &keys.verify_key,
                )?,
            })
        };
        self.all_keys().iter().map(export).collect()
    }

    /// The user's own search keys that can be opened without a request, newest first.
    ///
    /// # Errors
    /// [`Error::Crypto`]: one was changed.
    pub fn export_search_keys(&self) -> Result<Vec<SecretText>, Error> {
        let mut texts = Vec::new();
        for object in self.account(|account| account.hmac_keys.clone()) {
            if let Ok(keys) = self.loaded(object.encrypted_hmac_encryption_key_id.as_str()) {
                texts.push(secret(SearchKey::open(&object, &keys.group.key)?.export()?));
            }
        }
        Ok(texts)
    }

    /// Opens a search key of the user as the server writes it.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub async fn decrypt_search_key(&self, key: &HmacKey) -> Result<SearchKey, Error> {
        let keys = self.keys(&key.encrypted_hmac_encryption_key_id).await?;
        Ok(SearchKey::open(key, &keys.group.key)?)
    }

    /// Fetches a generation of keys that is not loaded, for example one that another device has made.
    ///
    /// # Errors
    /// `server_304`: there is none with this id, or a rotation has not reached this device.
    pub async fn load_key(&self, id: &KeyId) -> Result<(), Error> {
        self.keys(id).await.map(drop)
    }
}
