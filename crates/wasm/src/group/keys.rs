//! The keys of a group as texts, and keys that hang on it.

use keyfold::{Error, GeneratedKey, KeyId, StoredKeyId};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::error::{KeyfoldError, thrown};
use crate::keys::{JsSealedKey, JsSearchKey, JsSortKey, JsSymmetricKey, crypto};
use crate::value::{object, page};

/// One generation of group keys, under the names that apps know.
#[derive(Serialize)]
struct Generation {
    private_group_key: String,
    public_group_key: String,
    exported_public_key: String,
    group_key: String,
    time: String,
    group_key_id: String,
}

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    /// Newest first.
    #[wasm_bindgen(unchecked_return_type = "GroupKey[]")]
    pub fn keys(&self) -> Result<JsValue, KeyfoldError> {
        let keys = self.get().export_keys().map_err(thrown)?.into_iter().map(|keys| Generation {
            private_group_key: keys.private_key.expose().to_owned(),
            public_group_key: keys.public_key,
            exported_public_key: keys.exported_public_key,
            group_key: keys.group_key.expose().to_owned(),
            time: keys.time.to_string(),
            group_key_id: keys.id.into_string(),
        });
        object(&keys.collect::<Vec<_>>())
    }

    #[wasm_bindgen(js_name = searchKeys)]
    pub fn search_keys(&self) -> Result<Vec<String>, KeyfoldError> {
        let export = |key: &keyfold::SearchKey| Ok(key.export().map_err(crypto)?.into_exposed());
        self.get().loaded_search_keys().map_err(thrown)?.iter().map(export).collect()
    }

    #[wasm_bindgen(js_name = sortKeys)]
    pub fn sort_keys(&self) -> Result<Vec<String>, KeyfoldError> {
        let export = |key: &keyfold::SortKey| Ok(key.export().map_err(crypto)?.into_exposed());
        self.get().loaded_sort_keys().map_err(thrown)?.iter().map(export).collect()
    }

    /// The newest one.
    #[wasm_bindgen(js_name = searchKey)]
    pub fn search_key(&self) -> Result<JsSearchKey, KeyfoldError> {
        let newest = self.get().loaded_search_keys().map_err(thrown)?.into_iter().next();
        newest.map(JsSearchKey::from).ok_or_else(|| thrown(Error::NoGroupKeys))
    }

    /// The newest one.
    #[wasm_bindgen(js_name = sortKey)]
    pub fn sort_key(&self) -> Result<JsSortKey, KeyfoldError> {
        let newest = self.get().loaded_sort_keys().map_err(thrown)?.into_iter().next();
        newest.map(JsSortKey::from).ok_or_else(|| thrown(Error::NoGroupKeys))
    }

    /// The newest group key.
    #[wasm_bindgen(js_name = newestKey)]
    pub fn newest_key(&self) -> Result<JsSymmetricKey, KeyfoldError> {
        JsSymmetricKey::import(self.get().export_newest_key().map_err(thrown)?.expose())
    }

    /// A group key, fetched if need be.
    #[wasm_bindgen(js_name = loadKey)]
    pub async fn load_key(&self, id: String) -> Result<JsSymmetricKey, KeyfoldError> {
        JsSymmetricKey::import(self.get().load_key(&KeyId::new(id)).await.map_err(thrown)?.expose())
    }

    #[wasm_bindgen(js_name = requireSignedKeys)]
    pub async fn require_signed_keys(&self) -> Result<(), KeyfoldError> {
        self.get().require_signed_keys().await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = generateKey)]
    pub fn generate_key(&self) -> Result<JsSealedKey, KeyfoldError> {
        JsSealedKey::new(self.get().generate_key().map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = openGeneratedKey)]
    pub async fn open_generated_key(&self, sealed: String) -> Result<JsSymmetricKey, KeyfoldError> {
        let sealed = GeneratedKey::parse(&sealed).map_err(crypto)?;
        self.get().open_generated_key(&sealed).await.map(JsSymmetricKey::from).map_err(thrown)
    }

    #[wasm_bindgen(js_name = storeKey)]
    pub async fn store_key(&self) -> Result<JsSymmetricKey, KeyfoldError> {
        self.get().store_key().await.map(JsSymmetricKey::from).map_err(thrown)
    }

    #[wasm_bindgen(js_name = storedKey)]
    pub async fn stored_key(&self, id: String) -> Result<JsSymmetricKey, KeyfoldError> {
        self.get().stored_key(&StoredKeyId::new(id)).await.map(JsSymmetricKey::from).map_err(thrown)
    }

    #[wasm_bindgen(js_name = storedKeys, unchecked_return_type = "StoredKeyListItem[]")]
    pub async fn stored_keys(
        &self,
        master_key_id: String,
        time: Option<f64>,
        id: Option<String>,
    ) -> Result<JsValue, KeyfoldError> {
        page(self.get().stored_keys(&KeyId::new(master_key_id)), time, id).await
    }
}
