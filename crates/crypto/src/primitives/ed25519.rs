//! Ed25519 (RFC 8032), verified by the strict rule.
//!
//! Strict means: canonical `s`, canonical points, and neither key nor commitment of small order. The looser rule that
//! some implementations use accepts signatures under small-order keys that hold for almost any message.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::{Error, Secret};

pub(crate) const KEY_LEN: usize = 32;
pub(crate) const SIGNATURE_LEN: usize = 64;

/// The signing key of a seed. Expanding it costs a scalar multiplication, so keep it for several signatures.
pub(crate) struct SignKey(Box<SigningKey>);

impl SignKey {
    pub(crate) fn new(seed: &Secret<KEY_LEN>) -> Self {
        Self(Box::new(SigningKey::from_bytes(seed.expose())))
    }

    pub(crate) fn public(&self) -> [u8; KEY_LEN] {
        self.0.verifying_key().to_bytes()
    }

    /// Deterministic.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

/// A point that is known to be on the curve and not of small order.
pub(crate) struct VerifyKey(VerifyingKey);

impl VerifyKey {
    pub(crate) fn new(bytes: &[u8; KEY_LEN]) -> Result<Self, Error> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::MalformedVerifyKey)?;
        if key.is_weak() {
            return Err(Error::WeakKey);
        }
        Ok(Self(key))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_LEN] {
        self.0.as_bytes()
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_order_verify_keys_are_refused() {
        let mut identity = [0; KEY_LEN];
        identity[0] = 1;
        assert_eq!(VerifyKey::new(&identity).err(), Some(Error::WeakKey));
        assert_eq!(VerifyKey::new(&[0; KEY_LEN]).err(), Some(Error::WeakKey));
    }

    #[test]
    fn a_verify_key_off_the_curve_is_refused() {
        let mut off = [0; KEY_LEN];
        off[0] = 2;
        assert_eq!(VerifyKey::new(&off).err(), Some(Error::MalformedVerifyKey));
    }
}
