//! Users, devices, login, one-time passwords and user keys.
//!
//! A *user* is a user group whose members are devices. An identifier names a device, not a user.

use serde::{Deserialize, Serialize};

use crate::encoding::{
    AlgorithmId, Base64Text, ClientRandomValue, DeviceIdentifier, HashedAuthenticationKey, KeyText, Salt,
    SecretText,
};
use crate::group::{GroupCreate, GroupInviteItem, GroupKey, HmacKey, NewMemberKeys};
use crate::id::{DeviceId, GroupId, KeyId, KeySessionId, UserId};

/// The master key of a device, encrypted under the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MasterKey {
    /// Algorithm of the master key.
    pub master_key_alg: AlgorithmId,
    /// The master key under the password-derived key.
    pub encrypted_master_key: Base64Text,
    /// Algorithm of that encryption.
    pub encrypted_master_key_alg: AlgorithmId,
}

/// Password verifier and keys of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyDerivedData {
    /// Password derivation.
    pub derived_alg: AlgorithmId,
    /// The client's part of the salt.
    pub client_random_value: ClientRandomValue,
    /// What the server checks an authentication key against.
    pub hashed_authentication_key: HashedAuthenticationKey,
    /// Public key of the device.
    pub public_key: KeyText,
    /// Its private key under the master key.
    pub encrypted_private_key: Base64Text,
    /// Algorithm of the key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// Verify key of the device.
    pub verify_key: KeyText,
    /// Its sign key under the master key.
    pub encrypted_sign_key: Base64Text,
    /// Algorithm of the sign key pair.
    pub keypair_sign_alg: AlgorithmId,
}

/// A new device: body of `/register_light`, `/user/prepare_register_device` and `/user/reset_pw_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceRegister {
    /// Its master key.
    pub master_key: MasterKey,
    /// Its verifier and keys.
    pub derived: KeyDerivedData,
    /// The name under which it logs in.
    pub device_identifier: DeviceIdentifier,
}

/// A new user with the first device: body of `/register` and `/user/forced/reset_user`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterInput {
    /// The first device.
    pub device: DeviceRegister,
    /// The user group.
    pub group: GroupCreate,
}

/// Answer of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterOutput {
    /// The new user.
    pub user_id: UserId,
    /// The first device.
    pub device_id: DeviceId,
    /// The identifier as sent.
    pub device_identifier: DeviceIdentifier,
}

/// An identifier alone: body of `/exists`, `/prepare_login`, `PUT /user` and most forced endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserIdentifier {
    /// Identifier of a device.
    pub user_identifier: DeviceIdentifier,
}

/// Answer of `/exists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExistsOutput {
    /// The identifier as sent.
    pub user_identifier: DeviceIdentifier,
    /// Whether it is free.
    pub available: bool,
}

/// Answer of `/prepare_login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrepareLoginOutput {
    /// Salt of the password derivation.
    pub salt_string: Salt,
    /// Which derivation.
    pub derived_encryption_key_alg: AlgorithmId,
}

/// Body of `/done_login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoneLoginInput {
    /// Authentication key, base64 of 32 bytes. Checked by the login itself, which has a code of its own for a
    /// malformed one.
    pub auth_key: SecretText,
    /// Identifier of the device.
    pub device_identifier: DeviceIdentifier,
}

/// Keys of a device as the server keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceKeys {
    /// Master key under the password-derived key.
    pub encrypted_master_key: Base64Text,
    /// Private key under the master key.
    pub encrypted_private_key: Base64Text,
    /// Public key.
    pub public_key_string: KeyText,
    /// Algorithm of the key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// Sign key under the master key.
    pub encrypted_sign_key: Base64Text,
    /// Verify key.
    pub verify_key_string: KeyText,
    /// Algorithm of the sign key pair.
    pub keypair_sign_alg: AlgorithmId,
    /// Id of the key pair: the device id.
    pub keypair_encrypt_id: KeyId,
    /// Id of the sign key pair: the device id.
    pub keypair_sign_id: KeyId,
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
    /// The user group.
    pub user_group_id: GroupId,
}

/// Device keys and the challenge that proves their possession.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginKeys {
    /// Keys of the device.
    pub device_keys: DeviceKeys,
    /// The challenge, encrypted to the device.
    pub challenge: Base64Text,
}

/// Answer of `/done_login`: `"Otp"` or `{"Direct":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DoneLoginOutput {
    /// A second factor is needed: `/validate_mfa` or `/validate_recovery_otp`.
    Otp,
    /// No second factor.
    Direct(Box<LoginKeys>),
}

/// Body of `/validate_mfa` and `/validate_recovery_otp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtpInput {
    /// One-time code or recovery key.
    pub token: SecretText,
    /// Authentication key, see [`DoneLoginInput::auth_key`].
    pub auth_key: SecretText,
    /// Identifier of the device.
    pub device_identifier: DeviceIdentifier,
}

/// Body of `/verify_login` and `/verify_login_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyLoginInput {
    /// Authentication key, see [`DoneLoginInput::auth_key`].
    pub auth_key: SecretText,
    /// Identifier of the device.
    pub device_identifier: DeviceIdentifier,
    /// The decrypted challenge.
    pub challenge: SecretText,
}

/// Answer of `/verify_login`: a session and the first page of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyLogin {
    /// User keys for this device, newest first, at most [`crate::PAGE_SIZE`].
    pub user_keys: Vec<GroupKey>,
    /// Searchable keys of the user group.
    pub hmac_keys: Vec<HmacKey>,
    /// Access token.
    pub jwt: SecretText,
    /// Refresh token.
    pub refresh_token: SecretText,
}

/// Answer of `/verify_login_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyLoginLight {
    /// Access token.
    pub jwt: SecretText,
    /// Refresh token.
    pub refresh_token: SecretText,
}

/// Body of `/refresh` and `/init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshInput {
    /// The refresh token of the session.
    pub refresh_token: SecretText,
}

/// Answer of `/refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshOutput {
    /// The user.
    pub user_id: UserId,
    /// New access token, not fresh.
    pub jwt: SecretText,
    /// The device.
    pub device_id: DeviceId,
}

/// Answer of `/init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InitOutput {
    /// New access token, not fresh.
    pub jwt: SecretText,
    /// First page of pending invitations.
    pub invites: Vec<GroupInviteItem>,
}

/// Newest public key of a user or group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublicKeyData {
    /// Its id.
    pub public_key_id: KeyId,
    /// The key in server form.
    pub public_key: KeyText,
    /// Its algorithm.
    pub public_key_alg: AlgorithmId,
    /// Signature of the key by its user, `null` when there is none.
    pub public_key_sig: Option<KeyText>,
    /// Id of the verify key for that signature, `null` when there is none.
    pub public_key_sig_key_id: Option<KeyId>,
}

/// A verify key of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyKeyData {
    /// Its id.
    pub verify_key_id: KeyId,
    /// The key in server form.
    pub verify_key: KeyText,
    /// Its algorithm.
    pub verify_key_alg: AlgorithmId,
}

/// Answer of `/user/prepare_register_device`; carried to a logged-in device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrepareDeviceOutput {
    /// The new, unconfirmed device.
    pub device_id: DeviceId,
    /// Token with which it is confirmed.
    pub token: SecretText,
    /// The identifier as sent.
    pub device_identifier: DeviceIdentifier,
    /// Public key to which the user keys are encrypted.
    pub public_key_string: KeyText,
    /// Its algorithm.
    pub keypair_encrypt_alg: AlgorithmId,
}

/// Body of `/user/done_register_device`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoneDeviceInput {
    /// The user keys for the new device.
    pub user_keys: NewMemberKeys,
    /// Token of the new device.
    pub token: SecretText,
}

/// Body of `/user/done_register_device_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoneDeviceLightInput {
    /// Rank of the new device.
    pub user_group: crate::group::NewMemberLight,
    /// Token of the new device.
    pub token: SecretText,
}

/// Answer of `/user/done_register_device`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoneDeviceOutput {
    /// Session for the remaining keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<KeySessionId>,
    /// Text for people.
    pub message: String,
}

/// A device in the list of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceListItem {
    /// The device.
    pub device_id: DeviceId,
    /// When it was registered.
    pub time: u64,
    /// Base64 of the SHA-256 of its identifier.
    pub device_identifier: String,
}

/// Body of `/user/update_pw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangePasswordInput {
    /// New derivation.
    pub new_derived_alg: AlgorithmId,
    /// New client part of the salt.
    pub new_client_random_value: ClientRandomValue,
    /// New verifier.
    pub new_hashed_authentication_key: HashedAuthenticationKey,
    /// The same master key under the new password.
    pub new_encrypted_master_key: Base64Text,
    /// Algorithm of that encryption.
    pub new_encrypted_master_key_alg: AlgorithmId,
    /// Authentication key of the old password, see [`DoneLoginInput::auth_key`].
    pub old_auth_key: SecretText,
}

/// Body of `/user/reset_pw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResetPasswordInput {
    /// New client part of the salt.
    pub client_random_value: ClientRandomValue,
    /// New verifier.
    pub hashed_authentication_key: HashedAuthenticationKey,
    /// New master key.
    pub master_key: MasterKey,
    /// Derivation.
    pub derived_alg: AlgorithmId,
    /// The same private key under the new master key.
    pub encrypted_private_key: Base64Text,
    /// The same sign key under the new master key.
    pub encrypted_sign_key: Base64Text,
}

/// Answer of `/user/register_otp` and `/user/reset_otp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtpRegister {
    /// TOTP secret, base32.
    pub secret: SecretText,
    /// Its parameters by name.
    pub alg: String,
    /// Six recovery keys.
    pub recover: Vec<SecretText>,
}

/// Answer of `/user/otp_recovery_keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtpRecoveryKeys {
    /// The recovery keys that are left.
    pub keys: Vec<SecretText>,
}

/// Answer of `GET /user/jwt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JwtInfo {
    /// The user.
    pub id: UserId,
    /// The device.
    pub device_id: DeviceId,
}

/// Device keys in the answer of a forced login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForcedDeviceKeys {
    /// The device.
    pub device_id: DeviceId,
    /// The user.
    pub user_id: UserId,
    /// The user group.
    pub user_group_id: GroupId,
    /// Master key under the password-derived key.
    pub encrypted_master_key: Base64Text,
    /// Private key under the master key.
    pub encrypted_private_key: Base64Text,
    /// Public key.
    pub public_key_string: KeyText,
    /// Algorithm of the key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// Sign key under the master key.
    pub encrypted_sign_key: Base64Text,
    /// Verify key.
    pub verify_key_string: KeyText,
    /// Algorithm of the sign key pair.
    pub keypair_sign_alg: AlgorithmId,
}

/// Answer of `/user/forced/login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForcedLogin {
    /// Keys of the device.
    pub device_keys: ForcedDeviceKeys,
    /// The session.
    pub verify: VerifyLogin,
}

/// Answer of `/user/forced/login_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ForcedLoginLight {
    /// Keys of the device.
    pub device_keys: ForcedDeviceKeys,
    /// The session.
    pub verify: VerifyLoginLight,
}
