//! How the app wants access tokens to be renewed.

use js_sys::{Function, Promise};
use keyfold::{Cause, Refresh};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::error::describe;

/// A way of renewing access tokens.
#[wasm_bindgen]
pub struct RefreshStrategy(Refresh);

#[wasm_bindgen]
impl RefreshStrategy {
    /// By the SDK, with the refresh token.
    pub fn sdk() -> Self {
        Self(Refresh::sdk())
    }

    /// By an endpoint of the app's own backend, with cookies.
    pub fn endpoint(url: &str) -> Self {
        Self(Refresh::endpoint(url))
    }

    /// By a function that gets the old token and returns a promise of the new one.
    pub fn function(
        #[wasm_bindgen(unchecked_param_type = "(old_jwt: string) => Promise<string>")] renew: Function,
    ) -> Self {
        Self(Refresh::function(move |old| call(renew.clone(), old)))
    }
}

impl RefreshStrategy {
    pub(crate) fn into_inner(self) -> Refresh {
        self.0
    }
}

async fn call(renew: Function, old: String) -> Result<String, Cause> {
    let failed = |thrown: JsValue| Cause::from(describe(&thrown));
    let returned = renew.call1(&JsValue::UNDEFINED, &JsValue::from_str(&old)).map_err(failed)?;
    // A function that returns the token itself is as good as one that returns a promise of it.
    let new = JsFuture::from(Promise::resolve(&returned)).await.map_err(failed)?;
    new.as_string().ok_or_else(|| Cause::from("the function returned no text"))
}
