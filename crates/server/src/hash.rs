//! SHA-256, under which the server keeps everything it only has to recognise: identifiers, tokens, challenges.

use aws_lc_rs::digest::{SHA256, digest};

/// A raw SHA-256.
pub type Hash = [u8; 32];

/// SHA-256 (FIPS 180-4) of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    // The digest has exactly 32 bytes; copying item by item needs no assertion of that.
    for (target, source) in hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *target = *source;
    }
    hash
}
