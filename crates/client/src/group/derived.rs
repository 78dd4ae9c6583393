//! Keys that hang on a group: for searching, for sorting, and for the app's own use.

use keyfold_crypto::{GeneratedKey, SearchKey, SortKey, SymmetricKey};
use keyfold_protocol::file::StoredKey;
use keyfold_protocol::id::{KeyId, StoredKeyId};

use super::Group;
use crate::error::Error;
use crate::pages::Pages;
use crate::stored_key;

impl Group {
    /// The key for hashes by which encrypted texts of the group can be found. The same for all members and for ever.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`] for a light group, and as [`decrypt`](Self::decrypt).
    pub async fn search_key(&self) -> Result<SearchKey, Error> {
        let object = self.state(|data| data.hmac_keys.first().cloned()).ok_or(Error::NoGroupKeys)?;
        self.decrypt_search_key(&object).await
    }

    /// The key for numbers that stand in the order of what they hide. The same for all members and for ever.
    ///
    /// # Errors
    /// As [`search_key`](Self::search_key).
    pub async fn sort_key(&self) -> Result<SortKey, Error> {
        let object = self.state(|data| data.sortable_keys.first().cloned()).ok_or(Error::NoGroupKeys)?;
        self.decrypt_sort_key(&object).await
    }

    /// A new key for the app's own use, and its encrypted form for the app to store. Any member can open that.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`].
    pub fn generate_key(&self) -> Result<(SymmetricKey, GeneratedKey), Error> {
        let keys = self.newest_keys()?;
        Ok(GeneratedKey::generate(&keys.key, &self.user().0.client.0.suite)?)
    }

    /// A new key for the app's own use, which the server keeps, encrypted for the members. Its
    /// [id](SymmetricKey::id) is what [`stored_key`](Self::stored_key) takes.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`]. `server_203`: the app stores no keys.
    pub async fn store_key(&self) -> Result<SymmetricKey, Error> {
        let (key, sealed) = self.generate_key()?;
        stored_key::store(self.user(), key, sealed).await
    }

    /// A key that a member has [stored](Self::store_key).
    ///
    /// # Errors
    /// `server_400`: there is no such key. `server_304`: it is for others.
    pub async fn stored_key(&self, id: &StoredKeyId) -> Result<SymmetricKey, Error> {
        self.open_generated_key(&stored_key::fetch(self.user(), id).await?).await
    }

    /// The keys that are stored under one generation of the group's keys, newest first;
    /// [`stored_key`](Self::stored_key) opens them.
    pub fn stored_keys(&self, generation: &KeyId) -> Pages<StoredKey> {
        stored_key::list(self.user(), generation)
    }

    /// Opens a key that [`generate_key`](Self::generate_key) made.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub async fn open_generated_key(&self, key: &GeneratedKey) -> Result<SymmetricKey, Error> {
        let keys = self.keys(&KeyId::new(key.master_key_id.as_str())).await?;
        Ok(key.open(&keys.key)?)
    }
}
