//! Contents for users.

use keyfold::{Head, PublicKey, UserId};
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::content::{JsRawContent, decryption, decryption_with, encryption};
use crate::error::{KeyfoldError, thrown};
use crate::keys::{crypto, verifier};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    pub async fn encrypt(&self, data: &[u8], to: &str, sign: bool) -> Result<Vec<u8>, KeyfoldError> {
        self.0.encrypt_with(data, &UserId::new(to), encryption(sign)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = encryptString)]
    pub async fn encrypt_string(&self, text: &str, to: &str, sign: bool) -> Result<String, KeyfoldError> {
        self.0.encrypt_string_with(text, &UserId::new(to), encryption(sign)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = encryptRaw)]
    pub async fn encrypt_raw(&self, data: &[u8], to: &str, sign: bool) -> Result<JsRawContent, KeyfoldError> {
        let encrypted = self.0.encrypt_raw(data, &UserId::new(to), encryption(sign)).await;
        encrypted.map(JsRawContent::from).map_err(thrown)
    }

    /// `signer`: whose signature the content must bear.
    pub async fn decrypt(&self, content: &[u8], signer: Option<String>) -> Result<Vec<u8>, KeyfoldError> {
        let signer = signer.map(UserId::new);
        self.0.decrypt_with(content, decryption(signer.as_ref())).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = decryptString)]
    pub async fn decrypt_string(&self, text: &str, signer: Option<String>) -> Result<String, KeyfoldError> {
        let signer = signer.map(UserId::new);
        self.0.decrypt_string_with(text, decryption(signer.as_ref())).await.map_err(thrown)
    }

    /// `verify_key`: the exported verify key with which the content must be signed.
    #[wasm_bindgen(js_name = decryptRaw)]
    pub async fn decrypt_raw(
        &self,
        head: &str,
        payload: &[u8],
        verify_key: Option<String>,
    ) -> Result<Vec<u8>, KeyfoldError> {
        let head = Head::parse(head).map_err(|error| thrown(error.into()))?;
        let key = verifier(verify_key)?;
        self.0.decrypt_raw(&head, payload, decryption_with(key.as_ref())).await.map_err(thrown)
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
