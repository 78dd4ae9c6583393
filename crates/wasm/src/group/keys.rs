//! The keys of a group as texts, and keys that hang on it.

use js_sys::Promise;
use keyfold::protocol::group::GroupKey;
use keyfold::{Error, ExportedGroupKeys, GeneratedKey, KeyId, StoredKeyId};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{JsGroup, signers};
use crate::error::{KeyfoldError, thrown};
use crate::keys::{JsSealedKey, JsSearchKey, JsSortKey, JsSymmetricKey, crypto};
use crate::promise::{promise, settled};
use crate::value::{object, page, read};

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
        Ok(generations(self.get().export_keys()?)?)
    }

    /// `keys`: JSON of a list, as the server writes it. `signed`: whether each must be signed.
    #[wasm_bindgen(js_name = decryptKeys, unchecked_return_type = "Promise<GroupKey[]>")]
    pub fn decrypt_keys(&self, keys: String, level: u8) -> Promise {
        let this = self.clone();
        promise(async move {
            let keys: Vec<GroupKey> = read(&keys)?;
            settled(generations(this.get().decrypt_keys(keys, signers(level)).await?))
        })
    }

    /// `key`: JSON, as the server writes it.
    #[wasm_bindgen(js_name = decryptSearchKey, unchecked_return_type = "Promise<string>")]
    pub fn decrypt_search_key(&self, key: String) -> Promise {
        let this = self.clone();
        promise(async move {
            let opened = this.get().decrypt_search_key(&read(&key)?).await?;
            settled(Ok(opened.export()?.into_exposed()))
        })
    }

    /// `key`: JSON, as the server writes it.
    #[wasm_bindgen(js_name = decryptSortKey, unchecked_return_type = "Promise<string>")]
    pub fn decrypt_sort_key(&self, key: String) -> Promise {
        let this = self.clone();
        promise(async move {
            let opened = this.get().decrypt_sort_key(&read(&key)?).await?;
            settled(Ok(opened.export()?.into_exposed()))
        })
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

    /// Id of the newest group key, for one encryption outside of the core.
    #[wasm_bindgen(js_name = useNewestKey)]
    pub fn use_newest_key(&self) -> Result<String, KeyfoldError> {
        Ok(self.get().use_newest_key().map_err(thrown)?.into_string())
    }

    /// A group key that is there already.
    #[wasm_bindgen(js_name = loadedKey)]
    pub fn loaded_key(&self, id: String) -> Result<JsSymmetricKey, KeyfoldError> {
        JsSymmetricKey::import(self.get().export_loaded_key(&KeyId::new(id)).map_err(thrown)?.expose())
    }

    /// A group key, fetched if need be.
    #[wasm_bindgen(js_name = loadKey, unchecked_return_type = "Promise<SymmetricKey>")]
    pub fn load_key(&self, id: String) -> Promise {
        let this = self.clone();
        promise(
            async move { settled(JsSymmetricKey::read(this.get().load_key(&KeyId::new(id)).await?.expose())) },
        )
    }

    #[wasm_bindgen(js_name = checkSignatures, unchecked_return_type = "Promise<void>")]
    pub fn check_signatures(&self, level: u8) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().check_signatures(signers(level)).await) })
    }

    #[wasm_bindgen(js_name = generateKey)]
    pub fn generate_key(&self) -> Result<JsSealedKey, KeyfoldError> {
        Ok(JsSealedKey::new(self.get().generate_key().map_err(thrown)?)?)
    }

    #[wasm_bindgen(js_name = openGeneratedKey, unchecked_return_type = "Promise<SymmetricKey>")]
    pub fn open_generated_key(&self, sealed: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let sealed = GeneratedKey::parse(&sealed)?;
                this.get().open_generated_key(&sealed).await.map(JsSymmetricKey::from)
            })
        })
    }

    #[wasm_bindgen(js_name = storeKey, unchecked_return_type = "Promise<SymmetricKey>")]
    pub fn store_key(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().store_key().await.map(JsSymmetricKey::from)) })
    }

    #[wasm_bindgen(js_name = storedKey, unchecked_return_type = "Promise<SymmetricKey>")]
    pub fn stored_key(&self, id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled(this.get().stored_key(&StoredKeyId::new(id)).await.map(JsSymmetricKey::from))
        })
    }

    #[wasm_bindgen(js_name = storedKeys, unchecked_return_type = "Promise<StoredKeyListItem[]>")]
    pub fn stored_keys(&self, master_key_id: String, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.get().stored_keys(&KeyId::new(master_key_id)), time, id)
    }
}

fn generations(keys: Vec<ExportedGroupKeys>) -> Result<JsValue, Error> {
    let keys = keys.into_iter().map(|keys| Generation {
        private_group_key: keys.private_key.expose().to_owned(),
        public_group_key: keys.public_key,
        exported_public_key: keys.exported_public_key,
        group_key: keys.group_key.expose().to_owned(),
        time: keys.time.to_string(),
        group_key_id: keys.id.into_string(),
    });
    object(&keys.collect::<Vec<_>>())
}
