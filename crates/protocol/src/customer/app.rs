//! Apps as their owners see them.

use serde::{Deserialize, Serialize};

use crate::app::{AppOptions, FileOptions, GroupOptions};
use crate::encoding::SecretText;
use crate::id::{AppId, GroupId, JwtKeyId};

/// An app in a list of apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppItem {
    /// The app.
    pub id: AppId,
    /// Its name.
    pub identifier: String,
    /// When it was made.
    pub time: u64,
    /// Name of the group that owns it; `null` when a customer does.
    pub group_name: Option<String>,
    /// 1 when its tokens are refused.
    pub disabled: Option<i32>,
    /// Since when.
    pub disabled_ts: Option<u64>,
}

/// Body of `POST /customer/app`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppRegisterInput {
    /// Its name.
    pub identifier: Option<String>,
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: FileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
}

/// Body of `PUT /customer/app/:app_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppUpdateInput {
    /// The new name; missing means none.
    pub identifier: Option<String>,
}

/// Body of `PUT /customer/app/:app_id/owner`. Ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppOwnerInput {
    /// The group that owns the app from now on; `null` for the caller.
    pub group_id: Option<GroupId>,
}

/// A new key for access tokens. The sign key lets a backend sign access tokens itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JwtRegister {
    /// The app.
    pub app_id: AppId,
    /// Key id (`kid`).
    pub jwt_id: JwtKeyId,
    /// Base64 of the uncompressed P-384 point, 97 bytes.
    pub jwt_verify_key: String,
    /// Base64 of the PKCS#8 document.
    pub jwt_sign_key: SecretText,
    /// `ES384`.
    pub jwt_alg: String,
}

/// A key for access tokens in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JwtData {
    /// Key id (`kid`).
    pub jwt_key_id: JwtKeyId,
    /// `ES384`.
    pub jwt_alg: String,
    /// When it was made.
    pub time: u64,
    /// Base64 of the PKCS#8 document; empty for members who may not manage keys.
    pub sign_key: SecretText,
    /// Base64 of the uncompressed P-384 point, 97 bytes.
    pub verify_key: String,
}

/// Answer of `POST /customer/app`: the only time that the tokens are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppRegisterOutput {
    /// The app.
    pub app_id: AppId,
    /// Token of the app's backend.
    pub secret_token: SecretText,
    /// Token of the app's clients.
    pub public_token: SecretText,
    /// The first key for access tokens.
    pub jwt_data: JwtRegister,
}

/// Answer of `PATCH /customer/app/:app_id/token_renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppTokens {
    /// Token of the app's backend.
    pub secret_token: SecretText,
    /// Token of the app's clients.
    pub public_token: SecretText,
}

/// Where the files of an app are stored, as its owners see it: [`FileOptions`] in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppFileOptions {
    /// -1 nowhere, 0 on this server, 1 with the app itself.
    pub file_storage: i32,
    /// Where the app wants to be told of deleted parts, when it stores them itself.
    pub storage_url: Option<String>,
    /// Token that is sent along then; `null` for members who may not set it.
    pub auth_token: Option<SecretText>,
    /// Whether what is for everybody is only for users who are logged in. Not sent when it is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_jwt: bool,
}

impl From<FileOptions> for AppFileOptions {
    fn from(options: FileOptions) -> Self {
        Self {
            file_storage: options.file_storage,
            storage_url: options.storage_url,
            auth_token: options.auth_token,
            require_jwt: options.require_jwt,
        }
    }
}

/// Answer of `GET /customer/app/:app_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppDetails {
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: AppFileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
    /// The app.
    pub details: AppItem,
}
