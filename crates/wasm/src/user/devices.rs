//! Devices and keys of a user.

use keyfold::{DeviceId, KeyId, UserId};
use wasm_bindgen::prelude::*;

use super::JsUser;
use super::account::SecondFactor;
use crate::error::{KeyfoldError, thrown};
use crate::value::page;

#[wasm_bindgen(js_class = User)]
impl JsUser {
    /// A page of the user's devices, behind the one that came last.
    #[wasm_bindgen(unchecked_return_type = "UserDeviceList[]")]
    pub async fn devices(&self, time: Option<f64>, id: Option<String>) -> Result<JsValue, KeyfoldError> {
        page(self.0.devices(), time, id).await
    }

    #[wasm_bindgen(js_name = registerDevice)]
    pub async fn register_device(&self, answer: &str) -> Result<(), KeyfoldError> {
        self.0.register_device(answer).await.map_err(thrown)
    }

    /// The body with the first 50 keys, and behind it those of the uploads that follow.
    #[wasm_bindgen(js_name = prepareRegisterDevice)]
    pub async fn prepare_register_device(&self, answer: &str) -> Result<Vec<String>, KeyfoldError> {
        let (first, rest) = self.0.prepare_register_device(answer).await.map_err(thrown)?;
        Ok(std::iter::once(first).chain(rest).collect())
    }

    #[wasm_bindgen(js_name = deleteDevice)]
    pub async fn delete_device(
        &self,
        password: &str,
        device_id: &str,
        mfa: SecondFactor,
    ) -> Result<(), KeyfoldError> {
        self.0.delete_device(password, &DeviceId::new(device_id), mfa.get()).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = rotateKeys)]
    pub async fn rotate_keys(&self) -> Result<(), KeyfoldError> {
        self.0.rotate_keys().await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = finishKeyRotation)]
    pub async fn finish_key_rotation(&self) -> Result<(), KeyfoldError> {
        self.0.finish_key_rotation().await.map_err(thrown)
    }

    #[wasm_bindgen(getter, js_name = newestKeyId)]
    pub fn newest_key_id(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.newest_key_id().map_err(thrown)?.as_str().to_owned())
    }

    /// The number to compare with another user, or that of the own key alone.
    #[wasm_bindgen(js_name = safetyNumber)]
    pub async fn safety_number(
        &self,
        user_id: Option<String>,
        verify_key_id: Option<String>,
    ) -> Result<String, KeyfoldError> {
        let other = user_id.zip(verify_key_id).map(|(user, key)| (UserId::new(user), KeyId::new(key)));
        let other = other.as_ref().map(|(user, key)| (user, key));
        self.0.safety_number(other).await.map_err(thrown)
    }
}
