//! Protection of what a client keeps on a disk that is not its own.
//!
//! ```text
//! K_value = HKDF-SHA256[info = "keyfold at rest: values"](key, 32)
//! K_name  = HKDF-SHA256[info = "keyfold at rest: names"](key, 32)
//! label   = hex(HMAC-SHA512[K_name](name)[0..32])
//! sealed  = 0x01 || nonce(12) || AES-256-GCM[K_value, nonce, aad = name](value) || tag(16)
//! ```
//!
//! The name is authenticated with the value, so that whoever can write the disk cannot pass one value off as another;
//! an old value of the same name cannot be told from the current one. Nonces are random: a key is good for 2^32 values.

use crate::primitives::aes_gcm::{Aes256Gcm, KEY_LEN, NONCE_LEN, TAG_LEN};
use crate::primitives::hash::{hkdf_sha256, hmac_sha512};
use crate::primitives::random::{Entropy, System};
use crate::{Error, Secret, SecretBytes};

const VERSION: u8 = 1;

/// Encrypts named values for storage.
pub struct AtRestKey {
    values: Aes256Gcm,
    names: Secret<32>,
}

impl AtRestKey {
    /// Length of a key in bytes.
    pub const LEN: usize = KEY_LEN;

    /// From a key that the caller keeps: [`LEN`](Self::LEN) uniformly random bytes.
    ///
    /// # Errors
    /// [`Error::KeyLength`] (`client_30`) for another length.
    pub fn from_bytes(key: &[u8]) -> Result<Self, Error> {
        if key.len() != Self::LEN {
            return Err(Error::KeyLength);
        }
        let values = Aes256Gcm::new(hkdf_sha256(key, b"keyfold at rest: values")?.expose())?;
        let names = hkdf_sha256(key, b"keyfold at rest: names")?;
        Ok(Self { values, names })
    }

    /// Random bytes for [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`).
    pub fn random_bytes() -> Result<Secret<32>, Error> {
        Secret::random(&mut System)
    }

    /// What to call the value on the disk: 64 hexadecimal digits that say nothing about `name` without the key.
    ///
    /// # Errors
    /// [`Error::Hmac`] (`client_50`).
    pub fn label(&self, name: &str) -> Result<String, Error> {
        let tag = hmac_sha512(self.names.expose(), &[name.as_bytes()])?;
        Ok(tag.expose().iter().take(32).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Encrypts `value` under `name`. Adds 29 bytes.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::Encryption`] (`client_12`).
    pub fn seal(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        System.fill(&mut nonce)?;
        let head = 1 + NONCE_LEN;
        let mut sealed = Vec::with_capacity(value.len().saturating_add(head + TAG_LEN));
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(value);
        let tag = self.values.seal_in_place(
            &nonce,
            name.as_bytes(),
            sealed.get_mut(head..).ok_or(Error::Encryption)?,
        )?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Decrypts what [`seal`](Self::seal) made for the same name.
    ///
    /// # Errors
    /// [`Error::CiphertextTooShort`] (`client_10`), [`Error::UnknownAlgorithm`] (`client_1`) for a later format,
    /// [`Error::Decryption`] (`client_14`) for another key, another name or a changed value.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<SecretBytes, Error> {
        let (version, rest) = sealed.split_first().ok_or(Error::CiphertextTooShort)?;
        if *version != VERSION {
            return Err(Error::UnknownAlgorithm);
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Error::CiphertextTooShort)?;
        let (value, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Error::CiphertextTooShort)?;
        let mut value = SecretBytes::new(value.to_vec());
        self.values.open_in_place(nonce, name.as_bytes(), value.expose_mut(), tag)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> AtRestKey {
        AtRestKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_value_comes_back_under_its_name_and_key_only() {
        let sealed = key(1).seal("name", b"value").unwrap();
        assert_eq!(sealed.len(), 5 + 29);
        assert_eq!(key(1).open("name", &sealed).unwrap().expose(), b"value");
        assert_eq!(key(1).open("other", &sealed).err(), Some(Error::Decryption));
        assert_eq!(key(2).open("name", &sealed).err(), Some(Error::Decryption));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealed = key(1).seal("name", b"value").unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(key(1).open("name", &changed).is_err(), "{position}");
            assert!(key(1).open("name", &sealed[..position]).is_err(), "{position}");
        }
    }

    #[test]
    fn labels_are_stable_and_differ_by_name_and_key() {
        assert_eq!(key(1).label("name").unwrap(), key(1).label("name").unwrap());
        assert_ne!(key(1).label("name").unwrap(), key(1).label("Name").unwrap());
        assert_ne!(key(1).label("name").unwrap(), key(2).label("name").unwrap());
        assert_eq!(key(1).label("../../etc/passwd").unwrap().len(), 64);
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert_eq!(AtRestKey::from_bytes(&[0; 31]).err(), Some(Error::KeyLength));
    }
}
