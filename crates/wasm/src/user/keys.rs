//! The keys of a user as texts, and keys that are encrypted to users.

use js_sys::Promise;
use keyfold::{ExportedIdentity, GeneratedKey, KeyId, StoredKeyId, UserId};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::error::{KeyfoldError, thrown};
use crate::keys::{JsSealedKey, JsSymmetricKey};
use crate::promise::{promise, settled};
use crate::value::{object, page, read};

/// The key pairs of a device or a user, under the names that apps know.
#[derive(Serialize)]
struct Identity {
    private_key: String,
    public_key: String,
    sign_key: String,
    verify_key: String,
    exported_public_key: String,
    exported_verify_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exported_public_key_sig_key_id: Option<String>,
}

/// One generation of user keys, under the names that apps know.
#[derive(Serialize)]
struct Generation {
    group_key: String,
    group_key_id: String,
    time: u64,
    #[serde(flatten)]
    identity: Identity,
}

#[wasm_bindgen(js_class = User)]
impl JsUser {
    #[wasm_bindgen(js_name = deviceKeys, unchecked_return_type = "UserDeviceKeyData")]
    pub fn device_keys(&self) -> Result<JsValue, KeyfoldError> {
        Ok(object(&Identity::from(self.get().export_device_keys()?))?)
    }

    /// Newest first.
    #[wasm_bindgen(unchecked_return_type = "UserKeyData[]")]
    pub fn keys(&self) -> Result<JsValue, KeyfoldError> {
        let keys = self.get().export_keys().map_err(thrown)?.into_iter().map(|keys| Generation {
            group_key: keys.group_key.expose().to_owned(),
            group_key_id: keys.id.into_string(),
            time: keys.time,
            identity: Identity::from(keys.identity),
        });
        Ok(object(&keys.collect::<Vec<_>>())?)
    }

    #[wasm_bindgen(js_name = searchKeys)]
    pub fn search_keys(&self) -> Result<Vec<String>, KeyfoldError> {
        let keys = self.get().export_search_keys().map_err(thrown)?;
        Ok(keys.iter().map(|key| key.expose().to_owned()).collect())
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

    /// Fetches a generation of keys that is not loaded.
    #[wasm_bindgen(js_name = loadKey, unchecked_return_type = "Promise<void>")]
    pub fn load_key(&self, id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().load_key(&KeyId::new(id)).await) })
    }

    #[wasm_bindgen(js_name = generateKey, unchecked_return_type = "Promise<SealedKey>")]
    pub fn generate_key(&self, to: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(JsSealedKey::new(this.get().generate_key(&UserId::new(to)).await?)) })
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
    pub fn store_key(&self, to: String) -> Promise {
        let this = self.clone();
        promise(
            async move { settled(this.get().store_key(&UserId::new(to)).await.map(JsSymmetricKey::from)) },
        )
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

    #[wasm_bindgen(js_name = deleteStoredKey, unchecked_return_type = "Promise<void>")]
    pub fn delete_stored_key(&self, id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().delete_stored_key(&StoredKeyId::new(id)).await) })
    }
}

impl From<ExportedIdentity> for Identity {
    fn from(keys: ExportedIdentity) -> Self {
        Self {
            private_key: keys.private_key.expose().to_owned(),
            public_key: keys.public_key,
            sign_key: keys.sign_key.expose().to_owned(),
            verify_key: keys.verify_key,
            exported_public_key: keys.exported_public_key,
            exported_verify_key: keys.exported_verify_key,
            exported_public_key_sig_key_id: keys.public_key_signer.map(KeyId::into_string),
        }
    }
}
