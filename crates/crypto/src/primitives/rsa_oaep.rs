//! RSA-OAEP with SHA-1 (RFC 8017), public operation only: what a server needs for the keys of the fips suite.
//!
//! SHA-1 is what those keys' owners decrypt with. In OAEP it serves as mask generator; no attack on its collisions applies.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};

use crate::Error;

/// Length of the modulus, and so of a ciphertext, in bytes: RSA-2048.
pub(crate) const MODULUS_LEN: usize = 256;

/// An RSA-2048 public key.
pub(crate) struct PublicKey(OaepPublicEncryptingKey);

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo. [`Error::ImportPublicKey`] if it is none, [`Error::KeyLength`] if the modulus has
    /// another size: the lengths of the format rest on it.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, Error> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| Error::ImportPublicKey)?;
        let key = OaepPublicEncryptingKey::new(key).map_err(|_| Error::ImportPublicKey)?;
        if key.key_size_bytes() != MODULUS_LEN {
            return Err(Error::KeyLength);
        }
        Ok(Self(key))
    }

    /// Encrypts a short secret, without a label. The padding is drawn by the library.
    pub(crate) fn encrypt(&self, secret: &[u8]) -> Result<[u8; MODULUS_LEN], Error> {
        let mut ciphertext = [0; MODULUS_LEN];
        self.0.encrypt(&OAEP_SHA1_MGF1SHA1, secret, &mut ciphertext, None).map_err(|_| Error::Encryption)?;
        Ok(ciphertext)
    }
}
