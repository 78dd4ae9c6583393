//! Public keys of users and groups.

use keyfold::{GroupId, KeyId, PublicKey, UserId, UserPublicKey};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::client::JsClient;
use crate::error::{KeyfoldError, thrown};
use crate::value::object;

/// A user's public key, under the names that apps know.
#[derive(Serialize)]
struct UserKey {
    public_key: String,
    public_key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_sig_key_id: Option<String>,
    verified: bool,
}

/// A group's public key, under the names that apps know.
#[derive(Serialize)]
struct GroupKey {
    key: String,
    id: String,
}

#[wasm_bindgen(js_class = Client)]
impl JsClient {
    #[wasm_bindgen(js_name = publicKey, unchecked_return_type = "UserPublicKeyData")]
    pub async fn public_key(&self, user_id: &str) -> Result<JsValue, KeyfoldError> {
        let UserPublicKey { key, verified, .. } =
            self.get().public_key(&UserId::new(user_id)).await.map_err(thrown)?;
        object(&UserKey {
            public_key: key.export_data().map_err(|error| thrown(error.into()))?,
            public_key_id: key.id().to_owned(),
            public_key_sig_key_id: key.signature_key_id().map(str::to_owned),
            verified,
        })
    }

    #[wasm_bindgen(js_name = verifyKey)]
    pub async fn verify_key(&self, user_id: &str, key_id: &str) -> Result<String, KeyfoldError> {
        let key = self.get().verify_key(&UserId::new(user_id), &KeyId::new(key_id)).await.map_err(thrown)?;
        key.export_data().map_err(|error| thrown(error.into()))
    }

    #[wasm_bindgen(js_name = groupPublicKey, unchecked_return_type = "GroupPublicKeyData")]
    pub async fn group_public_key(&self, group_id: &str) -> Result<JsValue, KeyfoldError> {
        let key = self.get().group_public_key(&GroupId::new(group_id)).await.map_err(thrown)?.key;
        object(&GroupKey {
            key: key.export_data().map_err(|error| thrown(error.into()))?,
            id: key.id().to_owned(),
        })
    }

    /// Whether an exported public key is signed by this user.
    #[wasm_bindgen(js_name = verifyPublicKey)]
    pub async fn verify_public_key(&self, user_id: &str, exported: &str) -> Result<bool, KeyfoldError> {
        let user_id = UserId::new(user_id);
        let key = PublicKey::import_data(exported).map_err(|error| thrown(error.into()))?;
        let Some(verify_key_id) = key.signature_key_id() else { return Ok(false) };
        let verify_key = self.get().verify_key(&user_id, &KeyId::new(verify_key_id)).await.map_err(thrown)?;
        key.is_signed_by(&verify_key).map_err(|error| thrown(error.into()))
    }

    /// As `verifyPublicKey` for the newest public key of the user; remembers that it was verified.
    #[wasm_bindgen(js_name = verifyNewestPublicKey)]
    pub async fn verify_newest_public_key(&self, user_id: &str) -> Result<bool, KeyfoldError> {
        let key = self.get().public_key(&UserId::new(user_id)).await.map_err(thrown)?;
        self.get().verify_public_key(&key).await.map_err(thrown)
    }
}
