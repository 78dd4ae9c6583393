//! Password, identifier, second factor, end of the account.

use keyfold::{Mfa, OtpSecret};
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::error::{KeyfoldError, thrown};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    #[wasm_bindgen(js_name = updateIdentifier)]
    pub async fn update_identifier(&self, new: &str) -> Result<(), KeyfoldError> {
        self.0.update_identifier(new).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = changePassword)]
    pub async fn change_password(
        &self,
        old_password: &str,
        new_password: &str,
        mfa: SecondFactor,
    ) -> Result<(), KeyfoldError> {
        self.0.change_password(old_password, new_password, mfa.get()).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = resetPassword)]
    pub async fn reset_password(&self, new_password: &str) -> Result<(), KeyfoldError> {
        self.0.reset_password(new_password).await.map_err(thrown)
    }

    /// Deletes the account.
    #[wasm_bindgen(js_name = deleteUser)]
    pub async fn delete_user(&self, password: &str, mfa: SecondFactor) -> Result<(), KeyfoldError> {
        self.0.delete(password, mfa.get()).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = registerOtp)]
    pub async fn register_otp(&self, password: &str, mfa: SecondFactor) -> Result<JsOtpSecret, KeyfoldError> {
        self.0.register_otp(password, mfa.get()).await.map(JsOtpSecret).map_err(thrown)
    }

    #[wasm_bindgen(js_name = resetOtp)]
    pub async fn reset_otp(&self, password: &str, mfa: SecondFactor) -> Result<JsOtpSecret, KeyfoldError> {
        self.0.reset_otp(password, mfa.get()).await.map(JsOtpSecret).map_err(thrown)
    }

    #[wasm_bindgen(js_name = disableOtp)]
    pub async fn disable_otp(&self, password: &str, mfa: SecondFactor) -> Result<(), KeyfoldError> {
        self.0.disable_otp(password, mfa.get()).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = otpRecoveryKeys)]
    pub async fn otp_recovery_keys(
        &self,
        password: &str,
        mfa: SecondFactor,
    ) -> Result<Vec<String>, KeyfoldError> {
        self.0.otp_recovery_keys(password, mfa.get()).await.map_err(thrown)
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
