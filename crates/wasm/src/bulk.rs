//! AES-256-GCM by WebCrypto, for parts of files.

use keyfold::file::BulkCipher;
use keyfold::{BoxFuture, Cause};
use wasm_bindgen::prelude::*;

use crate::error::describe;

#[wasm_bindgen(raw_module = "#bulk")]
extern "C" {
    /// `nonce || ciphertext || tag`.
    #[wasm_bindgen(catch)]
    async fn seal(key: &[u8], plaintext: &[u8]) -> Result<JsValue, JsValue>;

    /// Whether there is WebCrypto: browsers have none on pages without HTTPS.
    #[wasm_bindgen(js_name = isAvailable)]
    fn is_available() -> bool;

    /// The plaintext; `undefined` if it is not authentic.
    #[wasm_bindgen(catch)]
    async fn open(key: &[u8], blob: &[u8]) -> Result<JsValue, JsValue>;
}

/// The cipher of the browser, or of Node.
pub(crate) struct WebCrypto;

impl WebCrypto {
    /// `None` where the host has no WebCrypto.
    pub(crate) fn of_host() -> Option<Self> {
        is_available().then_some(Self)
    }
}

impl BulkCipher for WebCrypto {
    fn seal<'a>(&'a self, key: &'a [u8], plaintext: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, Cause>> {
        Box::pin(async move {
            let blob = seal(key, plaintext).await.map_err(|thrown| Cause::from(describe(&thrown)))?;
            Ok(js_sys::Uint8Array::new(&blob).to_vec())
        })
    }

    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>> {
        Box::pin(async move {
            let plaintext = open(key, blob).await.map_err(|thrown| Cause::from(describe(&thrown)))?;
            Ok((!plaintext.is_undefined()).then(|| js_sys::Uint8Array::new(&plaintext).to_vec()))
        })
    }
}
