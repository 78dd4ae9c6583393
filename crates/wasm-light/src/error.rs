//! Errors as JavaScript sees them.

use std::error::Error as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "#error")]
extern "C" {
    /// The class of every error that the package throws. It is TypeScript, so that apps can tell it by `instanceof`.
    pub type KeyfoldError;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, text: &str) -> KeyfoldError;
}

/// The JavaScript error for `error`: its code, and its text with those of its causes.
pub(crate) fn thrown(error: keyfold_crypto::Error) -> KeyfoldError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    KeyfoldError::new(error.code(), &text)
}

/// `client_101`: an answer of the server that is not what it should be.
pub(crate) fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, KeyfoldError> {
    serde_json::from_str(answer).map_err(|error| {
        KeyfoldError::new("client_101", &format!("the answer of the server is not readable: {error}"))
    })
}

/// `client_100`: a body that cannot be written.
pub(crate) fn write(body: &impl Serialize) -> Result<String, KeyfoldError> {
    serde_json::to_string(body)
        .map_err(|error| KeyfoldError::new("client_100", &format!("JSON could not be written: {error}")))
}

/// `client_427`: an identifier that no device can have.
pub(crate) fn invalid_identifier() -> KeyfoldError {
    let text = "identifier and password must not be empty, and the identifier not longer than 1024 bytes";
    KeyfoldError::new("client_427", text)
}
