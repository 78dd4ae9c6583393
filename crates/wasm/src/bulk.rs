//! AES-256-GCM by WebCrypto, for parts of files and large contents.

use js_sys::{Array, Uint8Array};
use keyfold::{BoxFuture, BulkCipher, Cause};
use wasm_bindgen::prelude::*;

use crate::error::describe;

// What WebCrypto is handed, it copies before it returns its promise. So the parameters may be views of this module's memory, which moves
// when it grows; yet they must not be looked at after the first pause.
#[wasm_bindgen(raw_module = "#bulk")]
extern "C" {
    /// Whether there is WebCrypto: browsers have none on pages without HTTPS.
    #[wasm_bindgen(js_name = isAvailable)]
    fn is_available() -> bool;

    /// A `CryptoKey`.
    #[wasm_bindgen(catch, js_name = importKey)]
    async fn import_key(raw: &[u8]) -> Result<JsValue, JsValue>;

    /// The nonce, and `ciphertext || tag`.
    #[wasm_bindgen(catch)]
    async fn seal(key: &JsValue, plaintext: &[u8]) -> Result<JsValue, JsValue>;

    /// The plaintext; `undefined` if it is not authentic.
    #[wasm_bindgen(catch, js_name = openWith)]
    async fn open(key: &JsValue, blob: &[u8]) -> Result<JsValue, JsValue>;
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
            let key = import_key(key).await.map_err(cause)?;
            let [nonce, sealed] = seal(&key, plaintext).await.map_err(cause).map(pair)?;
            let mut blob = vec![0; length(&nonce).saturating_add(length(&sealed))];
            let (front, back) = blob.split_at_mut(length(&nonce));
            nonce.copy_to(front);
            sealed.copy_to(back);
            Ok(blob)
        })
    }

    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>> {
        Box::pin(async move {
            let key = import_key(key).await.map_err(cause)?;
            let plaintext = open(&key, blob).await.map_err(cause)?;
            Ok((!plaintext.is_undefined()).then(|| Uint8Array::new(&plaintext).to_vec()))
        })
    }
}

fn pair(two: JsValue) -> [Uint8Array; 2] {
    let two: Array = two.unchecked_into();
    [two.get(0).unchecked_into(), two.get(1).unchecked_into()]
}

fn length(bytes: &Uint8Array) -> usize {
    // There is no larger array in a module whose addresses have 32 bits.
    usize::try_from(bytes.length()).unwrap_or(usize::MAX)
}

fn cause(thrown: JsValue) -> Cause {
    Cause::from(describe(&thrown))
}
