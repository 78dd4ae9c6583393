//! A user who is logged in.

mod account;
mod content;
mod devices;
mod groups;
mod keys;

pub(crate) use account::JsOtpSecret;
use js_sys::Promise;
use keyfold::User;
use wasm_bindgen::prelude::*;

use crate::promise::{promise, settled};

/// A user who is logged in.
#[wasm_bindgen(js_name = User)]
#[derive(Clone)]
pub struct JsUser(User);

#[wasm_bindgen(js_class = User)]
impl JsUser {
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().as_str().to_owned()
    }

    #[wasm_bindgen(getter, js_name = deviceId)]
    pub fn device_id(&self) -> String {
        self.0.device_id().as_str().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn identifier(&self) -> String {
        self.0.identifier()
    }

    #[wasm_bindgen(getter, js_name = hasMfa)]
    pub fn has_mfa(&self) -> bool {
        self.0.has_mfa()
    }

    #[wasm_bindgen(getter, js_name = refreshToken)]
    pub fn refresh_token(&self) -> Option<String> {
        self.0.refresh_token().map(|token| token.expose().to_owned())
    }

    /// The access token as it is.
    #[wasm_bindgen(getter, js_name = currentJwt)]
    pub fn current_jwt(&self) -> String {
        self.0.current_jwt().expose().to_owned()
    }

    /// An access token that is valid for at least some seconds.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn jwt(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(Ok(this.0.jwt().await?.expose().to_owned())) })
    }

    #[wasm_bindgen(js_name = logOut, unchecked_return_type = "Promise<void>")]
    pub fn log_out(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.log_out().await) })
    }
}

impl JsUser {
    pub(crate) fn get(&self) -> &User {
        &self.0
    }
}

impl From<User> for JsUser {
    fn from(user: User) -> Self {
        Self(user)
    }
}
