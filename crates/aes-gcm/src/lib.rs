//! AES-256-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, where there is no AWS-LC: in WebAssembly.
//!
//! The cipher is that of the `aes-gcm` crate, which is generic, so the compiler makes its code in the crate that names the types, with
//! the optimisation of that crate. That is all this crate is for: the module that every visitor of an app downloads is optimised for size,
//! and this one part of it for speed (`[profile.wasm.package.keyfold-aes-gcm]`). It is twice as fast so, and no larger.

#![no_std]

extern crate alloc;

use alloc::boxed::Box;

use aes_gcm::KeyInit;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::inout::InOutBuf;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;
/// Bytes of a nonce.
pub const NONCE_LEN: usize = 12;
/// Bytes of a tag.
pub const TAG_LEN: usize = 16;

/// An expanded key, wiped when dropped.
pub struct Aes256Gcm(Box<aes_gcm::Aes256Gcm>);

/// The data is longer than the cipher allows (64 GiB), its parts differ in length, or it is not authentic.
#[derive(Debug)]
pub struct Refused;

impl Aes256Gcm {
    /// Expands a key.
    #[must_use]
    pub fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(Box::new(aes_gcm::Aes256Gcm::new(key.into())))
    }

    /// Encrypts `buffer` where it lies and returns the tag.
    ///
    /// # Errors
    /// [`Refused`] for too much data.
    pub fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Refused> {
        self.seal(nonce, aad, buffer.into())
    }

    /// Encrypts `plaintext` to `ciphertext`, which is as long, and returns the tag.
    ///
    /// # Errors
    /// [`Refused`] for too much data and for different lengths.
    pub fn seal_to(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Refused> {
        self.seal(nonce, aad, InOutBuf::new(plaintext, ciphertext).map_err(|_| Refused)?)
    }

    /// Decrypts `buffer` where it lies. On failure its contents are unspecified and must not be used.
    ///
    /// # Errors
    /// [`Refused`] for what is not authentic.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Refused> {
        self.open(nonce, aad, buffer.into(), tag)
    }

    /// Decrypts `ciphertext` to `plaintext`, which is as long. On failure the contents of `plaintext` are unspecified and must not be
    /// used.
    ///
    /// # Errors
    /// [`Refused`] for what is not authentic and for different lengths.
    pub fn open_to(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_LEN],
        plaintext: &mut [u8],
    ) -> Result<(), Refused> {
        self.open(nonce, aad, InOutBuf::new(ciphertext, plaintext).map_err(|_| Refused)?, tag)
    }

    fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
    ) -> Result<[u8; TAG_LEN], Refused> {
        self.0.encrypt_inout_detached(nonce.into(), aad, buffer).map(Into::into).map_err(|_| Refused)
    }

    fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Refused> {
        self.0.decrypt_inout_detached(nonce.into(), aad, buffer, tag.into()).map_err(|_| Refused)
    }
}
