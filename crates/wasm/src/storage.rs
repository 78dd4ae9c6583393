//! A store that is written in JavaScript.

use keyfold::{BoxFuture, Storage, StorageError};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::error::describe;

#[wasm_bindgen]
extern "C" {
    /// A store as the app hands it in, open.
    #[wasm_bindgen(typescript_type = "StorageInterface")]
    pub type JsStorage;

    #[wasm_bindgen(method, catch, js_name = getItem)]
    async fn get_item(this: &JsStorage, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn set(this: &JsStorage, key: &str, item: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn delete(this: &JsStorage, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = cleanStorage)]
    async fn clean_storage(this: &JsStorage) -> Result<JsValue, JsValue>;
}

impl Storage for JsStorage {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        Box::pin(async move {
            let item = self.get_item(key).await.map_err(unavailable)?;
            if item.is_undefined() || item.is_null() {
                return Ok(None);
            }
            item.as_string().map(|text| Some(Zeroizing::new(text))).ok_or(StorageError::Damaged)
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        Box::pin(async move { self.set(key, value).await.map(drop).map_err(unavailable) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        Box::pin(async move { self.delete(key).await.map(drop).map_err(unavailable) })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        Box::pin(async move { self.clean_storage().await.map(drop).map_err(unavailable) })
    }
}

fn unavailable(thrown: JsValue) -> StorageError {
    StorageError::unavailable(describe(&thrown))
}
