//! Contents for users.

use keyfold::{Head, UserId};
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::content::{JsRawContent, decryption, encryption};
use crate::error::{KeyfoldError, thrown};

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

    #[wasm_bindgen(js_name = decryptRaw)]
    pub async fn decrypt_raw(
        &self,
        head: &str,
        payload: &[u8],
        signer: Option<String>,
    ) -> Result<Vec<u8>, KeyfoldError> {
        let head = Head::parse(head).map_err(|error| thrown(error.into()))?;
        let signer = signer.map(UserId::new);
        self.0.decrypt_raw(&head, payload, decryption(signer.as_ref())).await.map_err(thrown)
    }
}
