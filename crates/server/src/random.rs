//! Randomness: tokens, ids, jitter. All of it from the generator of aws-lc.

use aws_lc_rs::rand;
use base64ct::{Base64UrlUnpadded, Encoding};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::error::ApiError;

/// Random bytes in a token for a client: refresh tokens, challenges, device tokens.
const TOKEN_BYTES: usize = 50;

/// Fills an array with random bytes.
///
/// # Errors
/// 400/201 when the system has no randomness.
pub fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, ApiError> {
    let mut bytes = Zeroizing::new([0_u8; N]);
    rand::fill(bytes.as_mut()).map_err(|_| ErrorCode::ChallengeCreate)?;
    Ok(bytes)
}

/// A token of 50 random bytes, as 67 characters of base64url without padding.
///
/// # Errors
/// 400/201 when the system has no randomness.
pub fn token() -> Result<SecretText, ApiError> {
    let bytes = bytes::<TOKEN_BYTES>()?;
    let mut text = Base64UrlUnpadded::encode_string(bytes.as_ref());
    let token = SecretText::new(text.as_str());
    text.zeroize();
    Ok(token)
}

/// An id whose order is the order of creation (UUID version 7): good for indexes, tells the time of creation.
#[must_use]
pub fn ordered_id() -> String {
    Uuid::now_v7().to_string()
}

/// An id that tells nothing (UUID version 4). For users: the time of a registration is nobody's business.
#[must_use]
pub fn opaque_id() -> String {
    Uuid::new_v4().to_string()
}

/// A number below `limit`, for jitter.
#[must_use]
pub fn u64_below(limit: u64) -> u64 {
    let mut bytes = [0_u8; 8];
    // Without randomness there is no jitter, which is no reason to fail.
    let _ = rand::fill(&mut bytes);
    u64::from_le_bytes(bytes).checked_rem(limit).unwrap_or(0)
}
