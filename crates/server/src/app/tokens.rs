//! The two tokens of an app.

use base64ct::{Base64, Base64Unpadded, Encoding};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::store;
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::{Hash, sha256};
use crate::random;

/// Random bytes of a public token.
pub const PUBLIC_TOKEN_BYTES: usize = 30;

/// Random bytes of a secret token.
pub const SECRET_TOKEN_BYTES: usize = 50;

/// Both tokens. Shown once: only their hashes are kept.
#[derive(Debug, Clone)]
pub struct AppTokens {
    /// For clients: base64 of 30 random bytes, 40 characters.
    pub public: SecretText,
    /// For the app's own backend: base64 of 50 random bytes, 68 characters.
    pub secret: SecretText,
    pub(super) public_hash: Hash,
    pub(super) secret_hash: Hash,
}

impl AppTokens {
    /// New ones.
    ///
    /// # Errors
    /// 400/201 when the system has no randomness.
    pub fn generate() -> Result<Self, ApiError> {
        let public = random::bytes::<PUBLIC_TOKEN_BYTES>()?;
        let secret = random::bytes::<SECRET_TOKEN_BYTES>()?;
        Ok(Self {
            public: SecretText::new(Base64::encode_string(public.as_ref())),
            secret: SecretText::new(Base64::encode_string(secret.as_ref())),
            public_hash: sha256(public.as_ref()),
            secret_hash: sha256(secret.as_ref()),
        })
    }

    /// Tokens that are fixed.
    ///
    /// # Errors
    /// 401/201 when one is no base64.
    pub(super) fn fixed(public: &str, secret: &str) -> Result<Self, ApiError> {
        Ok(Self {
            public: SecretText::new(public),
            secret: SecretText::new(secret),
            public_hash: hash_token(public)?,
            secret_hash: hash_token(secret)?,
        })
    }
}

/// Replaces both tokens; the old ones are unknown from then on.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn renew(tx: &mut Tx, app: &AppId, tokens: &AppTokens) -> Result<(), ApiError> {
    store::apps::lock(tx, app).await?;
    store::apps::set_token_hashes(tx, app, &tokens.public_hash, &tokens.secret_hash).await?;
    Ok(store::revision::count_up(tx).await?)
}

/// A token as sent, hashed for the comparison with what is stored.
///
/// # Errors
/// 401/201 when it is no base64.
pub(crate) fn hash_token(token: &str) -> Result<Hash, ApiError> {
    let unpadded = token.trim_end_matches('=');
    let bytes = Base64Unpadded::decode_vec(unpadded).map_err(|_| ErrorCode::AppTokenFormat)?;
    Ok(sha256(&bytes))
}
