//! What a user of the partner does with the own account.

use serde::Deserialize;
use serde_json::{Value, json};

use super::online::{Factor, Session};
use super::process::Refusal;

/// A new second factor.
#[derive(Debug, Clone, Deserialize)]
pub struct Otp {
    /// The secret for the authenticator app, base32.
    pub secret: String,
    /// Keys each of which replaces a code once.
    pub recovery_keys: Vec<String>,
}

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Session<'_> {
    /// Gets a new access token and answers it.
    pub fn refresh_jwt(&self) -> Result<String, Refusal> {
        self.account(json!({ "op": "refresh_jwt" }))
    }

    /// Changes the password of this device.
    pub fn change_password(&self, old: &str, new: &str, factor: Option<Factor<'_>>) -> Result<(), Refusal> {
        self.account(
            json!({ "op": "change_password", "old": old, "new": new, "factor": factor.map(Factor::to_json) }),
        )
    }

    /// Sets a new password for this device, without the old one.
    pub fn reset_password(&self, new: &str) -> Result<(), Refusal> {
        self.account(json!({ "op": "reset_password", "new": new }))
    }

    /// Gives this device another identifier.
    pub fn update_identifier(&self, identifier: &str) -> Result<(), Refusal> {
        self.account(json!({ "op": "update_identifier", "identifier": identifier }))
    }

    /// Deletes the user.
    pub fn delete_user(&self, password: &str, factor: Option<Factor<'_>>) -> Result<(), Refusal> {
        self.guarded("delete_user", password, factor)
    }

    /// Adds a new device, which answered `answer` to [`start_device`](super::Partner::start_device).
    pub fn confirm_device(&self, answer: &str) -> Result<(), Refusal> {
        self.account(json!({ "op": "confirm_device", "answer": answer }))
    }

    /// Ids on the first page of the user's devices.
    pub fn devices(&self) -> Result<Vec<String>, Refusal> {
        self.account(json!({ "op": "devices" }))
    }

    /// Removes a device of the user. The password is that of this device.
    pub fn delete_device(
        &self,
        device_id: &str,
        password: &str,
        factor: Option<Factor<'_>>,
    ) -> Result<(), Refusal> {
        self.account(json!({
            "op": "delete_device",
            "device_id": device_id,
            "password": password,
            "factor": factor.map(Factor::to_json),
        }))
    }

    /// Whether the partner believes that the user has a second factor.
    pub fn has_second_factor(&self) -> Result<bool, Refusal> {
        self.account(json!({ "op": "has_second_factor" }))
    }

    /// Gives the user a second factor.
    pub fn register_otp(&self, password: &str, factor: Option<Factor<'_>>) -> Result<Otp, Refusal> {
        self.guarded("register_otp", password, factor)
    }

    /// Replaces the second factor.
    pub fn reset_otp(&self, password: &str, factor: Option<Factor<'_>>) -> Result<Otp, Refusal> {
        self.guarded("reset_otp", password, factor)
    }

    /// The recovery keys that are left.
    pub fn recovery_keys(&self, password: &str, factor: Option<Factor<'_>>) -> Result<Vec<String>, Refusal> {
        self.guarded("recovery_keys", password, factor)
    }

    /// Removes the second factor.
    pub fn disable_otp(&self, password: &str, factor: Option<Factor<'_>>) -> Result<(), Refusal> {
        self.guarded("disable_otp", password, factor)
    }

    /// Makes a new generation of the user's keys and answers its id.
    pub fn rotate_user_keys(&self) -> Result<String, Refusal> {
        self.account(json!({ "op": "rotate_user_keys" }))
    }

    /// Takes over what other devices rotated and answers the id of the newest generation.
    pub fn finish_user_key_rotation(&self) -> Result<String, Refusal> {
        self.account(json!({ "op": "finish_user_key_rotation" }))
    }

    /// Id of the newest generation of the user's keys.
    pub fn newest_user_key(&self) -> Result<String, Refusal> {
        self.account(json!({ "op": "newest_user_key" }))
    }

    /// The number of the user's newest verify key, with `other` (user and key) together with a key of another user.
    pub fn safety_number(&self, other: Option<(&str, &str)>) -> Result<String, Refusal> {
        let other = other.map(|(user_id, key_id)| json!({ "user_id": user_id, "key_id": key_id }));
        self.account(json!({ "op": "safety_number", "other": other }))
    }

    fn guarded<T: serde::de::DeserializeOwned>(
        &self,
        operation: &str,
        password: &str,
        factor: Option<Factor<'_>>,
    ) -> Result<T, Refusal> {
        let factor = factor.map(Factor::to_json);
        self.account(json!({ "op": operation, "password": password, "factor": factor }))
    }

    fn account<T: serde::de::DeserializeOwned>(&self, request: Value) -> Result<T, Refusal> {
        self.ask("account", request)
    }
}
