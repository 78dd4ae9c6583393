//! Tokens that were mailed to an address: who shows one reads the mails that arrive there.
//!
//! They are random, kept as hashes, bound to a purpose and an address, and work once, for an hour. A new one of the same purpose ends the old one.

use base64ct::{Base64UrlUnpadded, Encoding};
use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::UserId;
use zeroize::Zeroizing;

use super::store::tokens;
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::{Hash, sha256};
use crate::random;

/// Random bytes of a token; 40 characters.
const TOKEN_BYTES: usize = 30;

/// How long a token works.
const LIFETIME_MS: u64 = 60 * 60 * 1_000;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    ValidateAddress,
    ResetPassword,
}

/// A new token and what is stored of it.
pub(super) struct NewToken {
    pub(super) token: SecretText,
    pub(super) hash: Hash,
}

impl NewToken {
    /// # Errors
    /// 400/201 when the system has no randomness.
    pub(super) fn generate() -> Result<Self, ApiError> {
        let bytes = random::bytes::<TOKEN_BYTES>()?;
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_ref()));
        let token = SecretText::new(text.as_str());
        Ok(Self { hash: hash(&token), token })
    }
}

/// What is stored of a token.
pub(super) fn hash(token: &SecretText) -> Hash {
    sha256(token.expose().as_bytes())
}

/// Stores a token in place of an earlier one.
pub(super) async fn issue(
    tx: &mut Tx,
    customer: &UserId,
    purpose: Purpose,
    address: &EmailAddress,
    token: &Hash,
    now: u64,
) -> Result<(), ApiError> {
    let expires_at = now.saturating_add(LIFETIME_MS);
    Ok(tokens::replace(tx, customer, purpose, address, token, expires_at).await?)
}
