//! The only place that names a cryptographic library.
//!
//! Each module is one primitive behind one signature, whatever serves it on the platform. Keys and messages are plain
//! bytes here; what they mean is the business of [`suite`](crate::suite).

pub(crate) mod aes_gcm;
pub(crate) mod argon2id;
pub(crate) mod dilithium;
pub(crate) mod ed25519;
pub(crate) mod hash;
pub(crate) mod hmac_sha256;
#[cfg(all(test, not(target_family = "wasm")))]
mod known_answers;
pub(crate) mod kyber;
pub(crate) mod ml_dsa_draft;
pub(crate) mod ml_kem;
pub(crate) mod ope;
pub(crate) mod random;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod rsa_oaep;
pub(crate) mod x25519;
