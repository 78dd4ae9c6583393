//! Public keys of users and groups.

use js_sys::Promise;
use keyfold::{Error, GroupId, KeyId, PublicKey, UserId, UserPublicKey};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::client::JsClient;
use crate::promise::{promise, settled};
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
    #[wasm_bindgen(js_name = publicKey, unchecked_return_type = "Promise<UserPublicKeyData>")]
    pub fn public_key(&self, user_id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let UserPublicKey { key, verified, .. } =
                    this.get().public_key(&UserId::new(&user_id)).await?;
                object(&UserKey {
                    public_key: key.export_data()?,
                    public_key_id: key.id().to_owned(),
                    public_key_sig_key_id: key.signature_key_id().map(str::to_owned),
                    verified,
                })
            })
        })
    }

    #[wasm_bindgen(js_name = verifyKey, unchecked_return_type = "Promise<string>")]
    pub fn verify_key(&self, user_id: String, key_id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let key = this.get().verify_key(&UserId::new(&user_id), &KeyId::new(&key_id)).await?;
                key.export_data().map_err(Error::from)
            })
        })
    }

    #[wasm_bindgen(js_name = groupPublicKey, unchecked_return_type = "Promise<GroupPublicKeyData>")]
    pub fn group_public_key(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let key = this.get().group_public_key(&GroupId::new(&group_id)).await?.key;
                object(&GroupKey { key: key.export_data()?, id: key.id().to_owned() })
            })
        })
    }

    /// Whether an exported public key is signed by this user.
    #[wasm_bindgen(js_name = verifyPublicKey, unchecked_return_type = "Promise<boolean>")]
    pub fn verify_public_key(&self, user_id: String, exported: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let user_id = UserId::new(&user_id);
                let key = PublicKey::import_data(&exported)?;
                let Some(verify_key_id) = key.signature_key_id() else { return Ok(JsValue::FALSE) };
                let verify_key = this.get().verify_key(&user_id, &KeyId::new(verify_key_id)).await?;
                key.is_signed_by(&verify_key).map_err(Error::from)
            })
        })
    }

    /// As `verifyPublicKey` for the newest public key of the user; remembers that it was verified.
    #[wasm_bindgen(js_name = verifyNewestPublicKey, unchecked_return_type = "Promise<boolean>")]
    pub fn verify_newest_public_key(&self, user_id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let key = this.get().public_key(&UserId::new(&user_id)).await?;
                this.get().verify_public_key(&key).await
            })
        })
    }
}
