//! Work as JavaScript waits for it.
//!
//! An exported `async fn` brings along all that a promise takes: a task, its wake-up, how arguments are held until the end. With a hundred
//! of them that was a fifth of what every visitor of an app downloads. Here it is there once, for futures in a box.

use js_sys::{Array, Promise, Uint8Array};
use keyfold::{BoxFuture, Error};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::error::thrown;

/// The promise of what `work` comes to.
pub(crate) fn promise(work: impl Future<Output = Result<JsValue, Error>> + 'static) -> Promise {
    spawn(Box::pin(work))
}

fn spawn(work: BoxFuture<'static, Result<JsValue, Error>>) -> Promise {
    future_to_promise(async move { work.await.map_err(|error| thrown(error).into()) })
}

/// An outcome with its value as JavaScript's.
pub(crate) fn settled<T: Settle>(outcome: Result<T, Error>) -> Result<JsValue, Error> {
    outcome.map(T::into_js)
}

/// What a promise can be kept with.
pub(crate) trait Settle {
    fn into_js(self) -> JsValue;
}

impl Settle for () {
    fn into_js(self) -> JsValue {
        JsValue::UNDEFINED
    }
}

impl Settle for Vec<u8> {
    fn into_js(self) -> JsValue {
        Uint8Array::from(self.as_slice()).into()
    }
}

impl Settle for Vec<String> {
    fn into_js(self) -> JsValue {
        self.iter().map(|text| JsValue::from_str(text)).collect::<Array>().into()
    }
}

impl<T: Into<JsValue>> Settle for Option<T> {
    fn into_js(self) -> JsValue {
        self.map_or(JsValue::UNDEFINED, T::into)
    }
}

macro_rules! settle {
    ($($value:ty),*) => {$(
        impl Settle for $value {
            fn into_js(self) -> JsValue {
                self.into()
            }
        }
    )*};
}

settle!(
    JsValue,
    String,
    bool,
    crate::client::LoginOutcome,
    crate::content::JsRawContent,
    crate::file::JsFile,
    crate::file::JsPreparedFile,
    crate::file::JsUpload,
    crate::group::JsGroup,
    crate::keys::JsSealedKey,
    crate::keys::JsSymmetricKey,
    crate::user::JsUser,
    crate::user::JsOtpSecret
);
