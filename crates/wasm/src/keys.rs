//! Keys that apps use by themselves.

use js_sys::Uint8Array;
use keyfold::crypto::sortable::NonAscii;
use keyfold::crypto::{SigningKey, Verification, VerifyingKey};
use keyfold::{Error, Head, SearchKey, SortKey, SymmetricKey};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::content::JsRawContent;
use crate::error::{KeyfoldError, thrown};
use crate::value::object;

/// A symmetric key.
#[wasm_bindgen(js_name = SymmetricKey)]
pub struct JsSymmetricKey(SymmetricKey);

#[wasm_bindgen(js_class = SymmetricKey)]
impl JsSymmetricKey {
    /// Reads the text form.
    pub fn import(text: &str) -> Result<Self, KeyfoldError> {
        Ok(Self::read(text)?)
    }

    /// The text form. Secret.
    pub fn export(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.export().map_err(crypto)?.into_exposed())
    }

    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// The raw key for WebCrypto, if it can take over. Secret.
    pub fn raw(&self) -> Option<Uint8Array> {
        // Not by way of memory of this module, which is given back without being wiped.
        self.0.aes_256_gcm().map(Uint8Array::from)
    }

    /// `sign_key`: the text form of a sign key to sign with.
    pub fn encrypt(&self, data: &[u8], sign_key: Option<String>) -> Result<Vec<u8>, KeyfoldError> {
        let signer = signer(sign_key)?;
        self.0.encrypt_content(data, &[], signer.as_ref()).map_err(crypto)
    }

    #[wasm_bindgen(js_name = encryptRaw)]
    pub fn encrypt_raw(&self, data: &[u8], sign_key: Option<String>) -> Result<JsRawContent, KeyfoldError> {
        let signer = signer(sign_key)?;
        let (head, payload) = self.0.encrypt_raw(data, &[], signer.as_ref()).map_err(crypto)?;
        Ok(JsRawContent::from(keyfold::RawContent { head, payload }))
    }

    /// `verify_key`: the exported verify key that a content must be signed for.
    pub fn decrypt(&self, content: &[u8], verify_key: Option<String>) -> Result<Vec<u8>, KeyfoldError> {
        let key = verifier(verify_key)?;
        self.0.decrypt_content(content, &[], demanded(key.as_ref())).map_err(crypto)
    }

    #[wasm_bindgen(js_name = decryptRaw)]
    pub fn decrypt_raw(
        &self,
        head: &str,
        payload: &[u8],
        verify_key: Option<String>,
    ) -> Result<Vec<u8>, KeyfoldError> {
        let key = verifier(verify_key)?;
        let head = Head::parse(head).map_err(crypto)?;
        self.0.decrypt_raw(&head, payload, &[], demanded(key.as_ref())).map_err(crypto)
    }
}

impl JsSymmetricKey {
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        Ok(Self(SymmetricKey::import(text)?))
    }

    pub(crate) fn into_inner(self) -> SymmetricKey {
        self.0
    }
}

impl From<SymmetricKey> for JsSymmetricKey {
    fn from(key: SymmetricKey) -> Self {
        Self(key)
    }
}

/// A key with the text in which it was encrypted.
#[wasm_bindgen(js_name = SealedKey)]
pub struct JsSealedKey {
    key: Option<SymmetricKey>,
    sealed: String,
    master_key_id: String,
}

#[wasm_bindgen(js_class = SealedKey)]
impl JsSealedKey {
    /// The key; moved out, so it is there once.
    #[wasm_bindgen(js_name = takeKey)]
    pub fn take_key(&mut self) -> Option<JsSymmetricKey> {
        self.key.take().map(JsSymmetricKey)
    }

    #[wasm_bindgen(getter)]
    pub fn sealed(&self) -> String {
        self.sealed.clone()
    }

    #[wasm_bindgen(getter, js_name = masterKeyId)]
    pub fn master_key_id(&self) -> String {
        self.master_key_id.clone()
    }
}

impl JsSealedKey {
    pub(crate) fn new((key, sealed): (SymmetricKey, keyfold::GeneratedKey)) -> Result<Self, Error> {
        let master_key_id = sealed.master_key_id.clone();
        Ok(Self { key: Some(key), sealed: sealed.to_json()?, master_key_id })
    }
}

/// What the server needs to find a text.
#[derive(Serialize)]
struct Hashes {
    hashes: Vec<String>,
    alg: String,
    key_id: String,
}

/// A key that makes texts searchable.
#[wasm_bindgen(js_name = SearchKey)]
pub struct JsSearchKey(SearchKey);

#[wasm_bindgen(js_class = SearchKey)]
impl JsSearchKey {
    /// Reads the text form.
    pub fn import(text: &str) -> Result<Self, KeyfoldError> {
        SearchKey::import(text).map(Self).map_err(crypto)
    }

    /// Hashes to store with a text: of all its beginnings, or one of the whole.
    #[wasm_bindgen(unchecked_return_type = "{hashes: string[]; alg: string; key_id: string}")]
    pub fn create(&self, text: &str, full: bool, limit: Option<u32>) -> Result<JsValue, KeyfoldError> {
        let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let made = if full { self.0.full(text) } else { self.0.prefixes(text, limit) };
        let made = made.map_err(crypto)?;
        Ok(object(&Hashes { hashes: made.hashes, alg: made.alg, key_id: made.key_id })?)
    }

    /// The hash to search for.
    pub fn query(&self, text: &str) -> String {
        self.0.query(text)
    }
}

impl From<SearchKey> for JsSearchKey {
    fn from(key: SearchKey) -> Self {
        Self(key)
    }
}

/// A key that keeps the order of what it encrypts.
#[wasm_bindgen(js_name = SortKey)]
pub struct JsSortKey(SortKey);

#[wasm_bindgen(js_class = SortKey)]
impl JsSortKey {
    /// Reads the text form.
    pub fn import(text: &str) -> Result<Self, KeyfoldError> {
        SortKey::import(text).map(Self).map_err(crypto)
    }

    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn algorithm(&self) -> String {
        self.0.algorithm().to_owned()
    }

    #[wasm_bindgen(js_name = encryptNumber)]
    pub fn encrypt_number(&self, number: u64) -> Result<u64, KeyfoldError> {
        Ok(self.0.encrypt_number(number).map_err(crypto)?.number)
    }

    #[wasm_bindgen(js_name = encryptString)]
    pub fn encrypt_string(&self, text: &str) -> Result<u64, KeyfoldError> {
        Ok(self.0.encrypt_text(text, None, NonAscii::Refuse).map_err(crypto)?.number)
    }
}

impl From<SortKey> for JsSortKey {
    fn from(key: SortKey) -> Self {
        Self(key)
    }
}

/// A signature whose author is known by the key.
pub(crate) fn verifier(exported: Option<String>) -> Result<Option<VerifyingKey>, Error> {
    // Apps hand in an empty text for none.
    let exported = exported.filter(|text| !text.is_empty());
    exported.map(|text| VerifyingKey::import_data(&text).map_err(Error::from)).transpose()
}

pub(crate) fn demanded(key: Option<&VerifyingKey>) -> Verification<'_> {
    key.map_or(Verification::Ignore, Verification::Require)
}

pub(crate) fn crypto(error: keyfold::crypto::Error) -> KeyfoldError {
    thrown(error.into())
}

fn signer(text: Option<String>) -> Result<Option<SigningKey>, KeyfoldError> {
    let text = text.map(zeroize::Zeroizing::new);
    text.map(|text| SigningKey::import(&text).map_err(crypto)).transpose()
}
