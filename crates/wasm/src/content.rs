//! How contents are encrypted and decrypted.

use keyfold::crypto::VerifyingKey;
use keyfold::{DecryptOptions, EncryptOptions, RawContent, UserId};
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, thrown};

/// A content whose head is kept apart from its payload.
#[wasm_bindgen(js_name = RawContent)]
pub struct JsRawContent(RawContent);

#[wasm_bindgen(js_class = RawContent)]
impl JsRawContent {
    /// JSON.
    pub fn head(&self) -> Result<String, KeyfoldError> {
        self.0.head.to_json().map_err(|error| thrown(error.into()))
    }

    pub fn payload(&self) -> Vec<u8> {
        self.0.payload.clone()
    }
}

impl From<RawContent> for JsRawContent {
    fn from(content: RawContent) -> Self {
        Self(content)
    }
}

/// Whether a content is to be signed.
pub(crate) fn encryption(sign: bool) -> EncryptOptions<'static> {
    if sign { EncryptOptions::new().signed() } else { EncryptOptions::new() }
}

/// Whose signature a content must bear, if anybody's.
pub(crate) fn decryption(signer: Option<&UserId>) -> DecryptOptions<'_> {
    match signer {
        Some(user_id) => DecryptOptions::new().signed_by(user_id),
        None => DecryptOptions::new(),
    }
}

/// With which verify key a content must be signed, if with any.
pub(crate) fn decryption_with(key: Option<&VerifyingKey>) -> DecryptOptions<'_> {
    match key {
        Some(key) => DecryptOptions::new().signed_with(key),
        None => DecryptOptions::new(),
    }
}
