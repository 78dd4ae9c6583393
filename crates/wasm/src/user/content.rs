//! Contents for users.

use js_sys::Promise;
use keyfold::{Head, PublicKey, UserId};
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::content::{JsRawContent, decryption, decryption_with, encryption};
use crate::error::{KeyfoldError, thrown};
use crate::keys::{crypto, verifier};
use crate::promise::{promise, settled};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    #[wasm_bindgen(js_name = encryptRaw, unchecked_return_type = "Promise<RawContent>")]
    pub fn encrypt_raw(&self, data: Vec<u8>, to: String, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let encrypted = this.0.encrypt_raw(&data, &UserId::new(&to), encryption(sign)).await;
                encrypted.map(JsRawContent::from)
            })
        })
    }

    /// `signer`: whose signature the content must bear.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array>")]
    pub fn decrypt(&self, content: Vec<u8>, signer: Option<String>) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let signer = signer.map(UserId::new);
                this.0.decrypt_with(&content, decryption(signer.as_ref())).await
            })
        })
    }

    /// `verify_key`: the exported verify key with which the content must be signed.
    #[wasm_bindgen(js_name = decryptRaw, unchecked_return_type = "Promise<Uint8Array>")]
    pub fn decrypt_raw(&self, head: String, payload: Vec<u8>, verify_key: Option<String>) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let head = Head::parse(&head)?;
                let key = verifier(verify_key)?;
                this.0.decrypt_raw(&head, &payload, decryption_with(key.as_ref())).await
            })
        })
    }

    #[wasm_bindgen(js_name = decryptRawSync)]
    pub fn decrypt_raw_sync(
        &self,
        head: &str,
        payload: &[u8],
        verify_key: Option<String>,
    ) -> Result<Vec<u8>, KeyfoldError> {
        let head = Head::parse(head).map_err(|error| thrown(error.into()))?;
        let key = verifier(verify_key)?;
        self.0.decrypt_raw_sync(&head, payload, decryption_with(key.as_ref())).map_err(thrown)
    }

    #[wasm_bindgen(js_name = decryptSync)]
    pub fn decrypt_sync(&self, content: &[u8], verify_key: Option<String>) -> Result<Vec<u8>, KeyfoldError> {
        let key = verifier(verify_key)?;
        self.0.decrypt_sync_with(content, decryption_with(key.as_ref())).map_err(thrown)
    }

    /// `key`: the exported public key of the recipient.
    #[wasm_bindgen(js_name = encryptTo)]
    pub fn encrypt_to(&self, data: &[u8], key: &str, sign: bool) -> Result<Vec<u8>, KeyfoldError> {
        let key = PublicKey::import_data(key).map_err(crypto)?;
        self.0.encrypt_to(data, &key, encryption(sign)).map_err(thrown)
    }

    /// `key`: the exported public key of the recipient.
    #[wasm_bindgen(js_name = encryptRawTo)]
    pub fn encrypt_raw_to(&self, data: &[u8], key: &str, sign: bool) -> Result<JsRawContent, KeyfoldError> {
        let key = PublicKey::import_data(key).map_err(crypto)?;
        self.0.encrypt_raw_to(data, &key, encryption(sign)).map(JsRawContent::from).map_err(thrown)
    }
}
