//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and full 128-bit tags.
//!
//! Natively AWS-LC, elsewhere the portable `aes-gcm` (by `keyfold-aes-gcm`); the first is several times faster than anything portable and the
//! second is constant-time without hardware support.

use crate::Error;

pub(crate) const KEY_LEN: usize = 32;
pub(crate) const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;

pub(crate) use backend::Aes256Gcm;

#[cfg(not(target_family = "wasm"))]
mod backend {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    use super::{Error, KEY_LEN, NONCE_LEN, TAG_LEN};

    /// An expanded key. AWS-LC wipes it when it is freed.
    pub(crate) struct Aes256Gcm(LessSafeKey);

    impl Aes256Gcm {
        pub(crate) fn new(key: &[u8; KEY_LEN]) -> Result<Self, Error> {
            let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::KeyLength)?;
            Ok(Self(LessSafeKey::new(key)))
        }

        /// Encrypts `buffer` where it lies and returns the tag.
        pub(crate) fn seal_in_place(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            buffer: &mut [u8],
        ) -> Result<[u8; TAG_LEN], Error> {
            let tag = self
                .0
                .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), buffer)
                .map_err(|_| Error::Encryption)?;
            tag.as_ref().try_into().map_err(|_| Error::Encryption)
        }

        /// Encrypts `plaintext` to `ciphertext`, which is as long, and returns the tag.
        pub(crate) fn seal_to(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            plaintext: &[u8],
            ciphertext: &mut [u8],
        ) -> Result<[u8; TAG_LEN], Error> {
            let (nonce, mut tag) = (Nonce::assume_unique_for_key(*nonce), [0; TAG_LEN]);
            self.0
                .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], &mut tag)
                .map_err(|_| Error::Encryption)?;
            Ok(tag)
        }

        /// Decrypts `ciphertext` to `plaintext`, which is as long. On failure the contents of `plaintext` are
        /// unspecified and must not be used.
        pub(crate) fn open_to(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            ciphertext: &[u8],
            tag: &[u8; TAG_LEN],
            plaintext: &mut [u8],
        ) -> Result<(), Error> {
            let nonce = Nonce::assume_unique_for_key(*nonce);
            self.0
                .open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plaintext)
                .map_err(|_| Error::Decryption)
        }

        /// Decrypts `buffer` where it lies. On failure its contents are unspecified and must not be used.
        pub(crate) fn open_in_place(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            buffer: &mut [u8],
            tag: &[u8; TAG_LEN],
        ) -> Result<(), Error> {
            self.0
                .open_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), tag, buffer)
                .map(|_| ())
                .map_err(|_| Error::Decryption)
        }
    }
}

#[cfg(target_family = "wasm")]
mod backend {
    use super::{Error, KEY_LEN, NONCE_LEN, TAG_LEN};

    /// An expanded key, wiped when dropped.
    pub(crate) struct Aes256Gcm(keyfold_aes_gcm::Aes256Gcm);

    impl Aes256Gcm {
        pub(crate) fn new(key: &[u8; KEY_LEN]) -> Result<Self, Error> {
            Ok(Self(keyfold_aes_gcm::Aes256Gcm::new(key)))
        }

        /// Encrypts `buffer` where it lies and returns the tag.
        pub(crate) fn seal_in_place(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            buffer: &mut [u8],
        ) -> Result<[u8; TAG_LEN], Error> {
            self.0.seal_in_place(nonce, aad, buffer).map_err(|_| Error::Encryption)
        }

        /// Encrypts `plaintext` to `ciphertext`, which is as long, and returns the tag.
        pub(crate) fn seal_to(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            plaintext: &[u8],
            ciphertext: &mut [u8],
        ) -> Result<[u8; TAG_LEN], Error> {
            self.0.seal_to(nonce, aad, plaintext, ciphertext).map_err(|_| Error::Encryption)
        }

        /// Decrypts `ciphertext` to `plaintext`, which is as long. On failure the contents of `plaintext` are
        /// unspecified and must not be used.
        pub(crate) fn open_to(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            ciphertext: &[u8],
            tag: &[u8; TAG_LEN],
            plaintext: &mut [u8],
        ) -> Result<(), Error> {
            self.0.open_to(nonce, aad, ciphertext, tag, plaintext).map_err(|_| Error::Decryption)
        }

        /// Decrypts `buffer` where it lies. On failure its contents are unspecified and must not be used.
        pub(crate) fn open_in_place(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            buffer: &mut [u8],
            tag: &[u8; TAG_LEN],
        ) -> Result<(), Error> {
            self.0.open_in_place(nonce, aad, buffer, tag).map_err(|_| Error::Decryption)
        }
    }
}
