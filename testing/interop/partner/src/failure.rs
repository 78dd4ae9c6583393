//! The one error form that leaves this process.

use sentc::error::SentcError;
use sentc_crypto::SdkError;
use sentc_crypto_utils::error::SdkUtilError;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Failure {
    /// Number of the error the server reported, if it was the server that refused.
    server_code: Option<u32>,
    text: String,
}

impl Failure {
    /// A failure of this driver itself, such as a request that names an unknown session.
    pub(crate) fn here(text: impl Into<String>) -> Self {
        Self { server_code: None, text: text.into() }
    }
}

impl From<SentcError> for Failure {
    fn from(error: SentcError) -> Self {
        match error {
            SentcError::Sdk(error) => error.into(),
            other => Self::here(format!("{other:?}")),
        }
    }
}

impl From<SdkError> for Failure {
    fn from(error: SdkError) -> Self {
        match error {
            SdkError::Util(error) => error.into(),
            other => Self::here(format!("{other:?}")),
        }
    }
}

impl From<SdkUtilError> for Failure {
    fn from(error: SdkUtilError) -> Self {
        match error {
            SdkUtilError::ServerErr(code, text) => Self { server_code: Some(code), text },
            other => Self::here(format!("{other:?}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::here(error.to_string())
    }
}
