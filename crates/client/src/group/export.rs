//! The keys of a group, for apps that look at them.

use keyfold_crypto::{GroupKeys, SearchKey, SortKey};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::group::{GroupKey, HmacKey, SortableKey};
use keyfold_protocol::id::KeyId;

use super::Group;
use crate::error::Error;
use crate::export::{ExportedGroupKeys, secret};
use crate::lock::read;
use crate::platform::offload;
use crate::rotations::Rotated as _;
use crate::trust::Signers;

impl Group {
    /// When the server was last asked whether the group has changed, in milliseconds since 1970.
    #[must_use]
    pub fn last_check(&self) -> u64 {
        read(&self.0.state).last_check
    }

    /// The generations of keys that are loaded, newest first.
    ///
    /// # Errors
    /// As for the private key of a generation that was changed.
    pub fn export_keys(&self) -> Result<Vec<ExportedGroupKeys>, Error> {
        self.all_keys()?.iter().map(|keys| exported(keys)).collect()
    }

    /// Opens generations of keys as the server writes them, such as an app's own backend has fetched them. Does not add them to those of
    /// the group.
    ///
    /// # Errors
    /// [`Error::Crypto`]: a key is for somebody else, or its signature is wrong.
    pub async fn decrypt_keys(
        &self,
        keys: Vec<GroupKey>,
        signers: Signers,
    ) -> Result<Vec<ExportedGroupKeys>, Error> {
        let group = self.clone();
        let keys = self.sealed(keys, signers).await?;
        let opened = offload(move || keys.iter().map(|keys| group.open(keys)).collect::<Result<Vec<_>, _>>());
        opened.await.ok_or(Error::WorkLost)??.iter().map(|keys| exported(keys)).collect()
    }

    /// Opens a search key as the server writes it.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub async fn decrypt_search_key(&self, key: &HmacKey) -> Result<SearchKey, Error> {
        let keys = self.keys(&key.encrypted_hmac_encryption_key_id).await?;
        Ok(SearchKey::open(key, &keys.key)?)
    }

    /// Opens a sort key as the server writes it.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub async fn decrypt_sort_key(&self, key: &SortableKey) -> Result<SortKey, Error> {
        let keys = self.keys(&key.encrypted_sortable_encryption_key_id).await?;
        Ok(SortKey::open(key, &keys.key)?)
    }

    /// The search keys that can be opened without a request, newest first.
    ///
    /// # Errors
    /// [`Error::Crypto`]: one was changed.
    pub fn loaded_search_keys(&self) -> Result<Vec<SearchKey>, Error> {
        let mut opened = Vec::new();
        for object in self.state(|data| data.hmac_keys.clone()) {
            if self.has_key(&object.encrypted_hmac_encryption_key_id) {
                let keys = self.loaded(object.encrypted_hmac_encryption_key_id.as_str())?;
                opened.push(SearchKey::open(&object, &keys.key)?);
            }
        }
        Ok(opened)
    }

    /// The sort keys that can be opened without a request, newest first.
    ///
    /// # Errors
    /// [`Error::Crypto`]: one was changed.
    pub fn loaded_sort_keys(&self) -> Result<Vec<SortKey>, Error> {
        let mut opened = Vec::new();
        for object in self.state(|data| data.sortable_keys.clone()) {
            if self.has_key(&object.encrypted_sortable_encryption_key_id) {
                let keys = self.loaded(object.encrypted_sortable_encryption_key_id.as_str())?;
                opened.push(SortKey::open(&object, &keys.key)?);
            }
        }
        Ok(opened)
    }

    /// The newest key that is loaded, in text form, as [`encrypt`](Self::encrypt) uses it. Secret.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`].
    pub fn export_newest_key(&self) -> Result<SecretText, Error> {
        Ok(secret(self.newest_keys()?.key.export()?))
    }

    /// A generation of keys that is loaded, in text form. Secret.
    ///
    /// # Errors
    /// [`Error::KeyNotLoaded`].
    pub fn export_loaded_key(&self, id: &KeyId) -> Result<SecretText, Error> {
        Ok(secret(self.loaded(id.as_str())?.key.export()?))
    }

    /// Fetches a generation of keys that is not loaded.
    ///
    /// # Errors
    /// `server_304`: there is none with this id, or a rotation has not reached this member.
    pub async fn load_key(&self, id: &KeyId) -> Result<SecretText, Error> {
        Ok(secret(self.keys(id).await?.key.export()?))
    }
}

fn exported(keys: &GroupKeys) -> Result<ExportedGroupKeys, Error> {
    let public_key = keys.public_key()?;
    Ok(ExportedGroupKeys {
        id: KeyId::new(keys.id()),
        time: keys.time,
        group_key: secret(keys.key.export()?),
        private_key: secret(keys.private_key()?.export()?),
        public_key: public_key.export()?,
        exported_public_key: public_key.export_data()?,
    })
}
