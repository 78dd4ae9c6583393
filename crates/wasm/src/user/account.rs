//! Password, identifier, second factor, end of the account.

use js_sys::Promise;
use keyfold::{Mfa, OtpSecret};
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::promise::{promise, settled};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    #[wasm_bindgen(js_name = updateIdentifier, unchecked_return_type = "Promise<void>")]
    pub fn update_identifier(&self, new: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.update_identifier(&new).await) })
    }

    #[wasm_bindgen(js_name = changePassword, unchecked_return_type = "Promise<void>")]
    pub fn change_password(&self, old_password: String, new_password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.change_password(&old_password, &new_password, mfa.get()).await) })
    }

    #[wasm_bindgen(js_name = resetPassword, unchecked_return_type = "Promise<void>")]
    pub fn reset_password(&self, new_password: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.reset_password(&new_password).await) })
    }

    /// Deletes the account.
    #[wasm_bindgen(js_name = deleteUser, unchecked_return_type = "Promise<void>")]
    pub fn delete_user(&self, password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.delete(&password, mfa.get()).await) })
    }

    #[wasm_bindgen(js_name = registerOtp, unchecked_return_type = "Promise<OtpSecret>")]
    pub fn register_otp(&self, password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.register_otp(&password, mfa.get()).await.map(JsOtpSecret)) })
    }

    #[wasm_bindgen(js_name = resetOtp, unchecked_return_type = "Promise<OtpSecret>")]
    pub fn reset_otp(&self, password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.reset_otp(&password, mfa.get()).await.map(JsOtpSecret)) })
    }

    #[wasm_bindgen(js_name = disableOtp, unchecked_return_type = "Promise<void>")]
    pub fn disable_otp(&self, password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.disable_otp(&password, mfa.get()).await) })
    }

    #[wasm_bindgen(js_name = otpRecoveryKeys, unchecked_return_type = "Promise<string[]>")]
    pub fn otp_recovery_keys(&self, password: String, mfa: SecondFactor) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.otp_recovery_keys(&password, mfa.get()).await) })
    }
}

/// A second factor as the user gives it, or that there is none.
#[wasm_bindgen]
pub struct SecondFactor {
    token: Option<String>,
    is_recovery_key: bool,
}

#[wasm_bindgen]
impl SecondFactor {
    #[wasm_bindgen(constructor)]
    pub fn new(token: Option<String>, is_recovery_key: bool) -> Self {
        Self { token, is_recovery_key }
    }
}

impl SecondFactor {
    pub(super) fn get(&self) -> Mfa<'_> {
        match &self.token {
            None => Mfa::None,
            Some(key) if self.is_recovery_key => Mfa::RecoveryKey(key),
            Some(code) => Mfa::Totp(code),
        }
    }
}

/// A new second factor.
#[wasm_bindgen(js_name = OtpSecret)]
pub struct JsOtpSecret(OtpSecret);

#[wasm_bindgen(js_class = OtpSecret)]
impl JsOtpSecret {
    #[wasm_bindgen(getter)]
    pub fn secret(&self) -> String {
        self.0.secret().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn algorithm(&self) -> String {
        self.0.algorithm().to_owned()
    }

    #[wasm_bindgen(getter, js_name = recoveryKeys)]
    pub fn recovery_keys(&self) -> Vec<String> {
        self.0.recovery_keys().into_iter().map(str::to_owned).collect()
    }

    /// For the authenticator app.
    pub fn url(&self, issuer: &str, account: &str) -> String {
        self.0.url(issuer, account)
    }
}
