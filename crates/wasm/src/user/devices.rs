//! Devices and keys of a user.

use js_sys::Promise;
use keyfold::{DeviceId, KeyId, UserId};
use wasm_bindgen::prelude::*;

use super::JsUser;
use super::account::SecondFactor;
use crate::error::{KeyfoldError, thrown};
use crate::promise::{promise, settled};
use crate::value::page;

#[wasm_bindgen(js_class = User)]
impl JsUser {
    /// A page of the user's devices, behind the one that came last.
    #[wasm_bindgen(unchecked_return_type = "Promise<UserDeviceList[]>")]
    pub fn devices(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.devices(), time, id)
    }

    #[wasm_bindgen(js_name = registerDevice, unchecked_return_type = "Promise<void>")]
    pub fn register_device(&self, answer: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.register_device(&answer).await) })
    }

    /// The body with the first 50 keys, and behind it those of the uploads that follow.
    #[wasm_bindgen(js_name = prepareRegisterDevice, unchecked_return_type = "Promise<string[]>")]
    pub fn prepare_register_device(&self, answer: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let (first, rest) = this.0.prepare_register_device(&answer).await?;
                Ok(std::iter::once(first).chain(rest).collect::<Vec<_>>())
            })
        })
    }

    #[wasm_bindgen(js_name = deleteDevice, unchecked_return_type = "Promise<void>")]
    pub fn delete_device(&self, password: String, device_id: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move {
            settled(this.0.delete_device(&password, &DeviceId::new(&device_id), mfa.get()).await)
        })
    }

    #[wasm_bindgen(js_name = rotateKeys, unchecked_return_type = "Promise<void>")]
    pub fn rotate_keys(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.rotate_keys().await) })
    }

    #[wasm_bindgen(js_name = finishKeyRotation, unchecked_return_type = "Promise<void>")]
    pub fn finish_key_rotation(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.finish_key_rotation().await) })
    }

    #[wasm_bindgen(getter, js_name = newestKeyId)]
    pub fn newest_key_id(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.newest_key_id().map_err(thrown)?.as_str().to_owned())
    }

    /// The number to compare with another user, or that of the own key alone.
    #[wasm_bindgen(js_name = safetyNumber, unchecked_return_type = "Promise<string>")]
    pub fn safety_number(&self, user_id: Option<String>, verify_key_id: Option<String>) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let other =
                    user_id.zip(verify_key_id).map(|(user, key)| (UserId::new(user), KeyId::new(key)));
                let other = other.as_ref().map(|(user, key)| (user, key));
                this.0.safety_number(other).await
            })
        })
    }
}
