//! Contents of a group.

use js_sys::Promise;
use keyfold::{Head, UserId};
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::content::{JsRawContent, decryption, decryption_with, encryption};
use crate::error::{KeyfoldError, thrown};
use crate::keys::verifier;
use crate::promise::{promise, settled};

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    pub fn encrypt(&self, data: &[u8], sign: bool) -> Result<Vec<u8>, KeyfoldError> {
        self.0.encrypt_with(data, encryption(sign)).map_err(thrown)
    }

    #[wasm_bindgen(js_name = encryptRaw)]
    pub fn encrypt_raw(&self, data: &[u8], sign: bool) -> Result<JsRawContent, KeyfoldError> {
        self.0.encrypt_raw(data, encryption(sign)).map(JsRawContent::from).map_err(thrown)
    }

    #[wasm_bindgen(js_name = encryptRawBulk, unchecked_return_type = "Promise<RawContent>")]
    pub fn encrypt_raw_bulk(&self, data: Vec<u8>, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled(this.0.encrypt_raw_bulk(&data, encryption(sign)).await.map(JsRawContent::from))
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
}
