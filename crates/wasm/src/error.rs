//! Errors as JavaScript sees them.

use std::error::Error as _;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "#error")]
extern "C" {
    /// The class of every error that the package throws. It is TypeScript, so that apps can tell it by `instanceof`.
    pub type KeyfoldError;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, text: &str, kind: Option<&str>) -> KeyfoldError;
}

/// The JavaScript error for `error`: its code, and its text with those of its causes.
pub(crate) fn thrown(error: keyfold::Error) -> KeyfoldError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    KeyfoldError::new(&error.code(), &text, error.kind())
}

impl From<keyfold::Error> for KeyfoldError {
    fn from(error: keyfold::Error) -> Self {
        thrown(error)
    }
}

/// What a JavaScript function of the app threw, as text.
pub(crate) fn describe(thrown: &JsValue) -> String {
    let member = |name: &str| js_sys::Reflect::get(thrown, &JsValue::from_str(name)).ok()?.as_string();
    // Our own errors carry JSON in `message`, for programs; their text is beside it.
    member("error_message")
        .or_else(|| member("message"))
        .or_else(|| thrown.as_string())
        .unwrap_or_else(|| "an unknown error".to_owned())
}
