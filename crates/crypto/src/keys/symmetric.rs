//! Symmetric keys: group keys, content keys, master keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyfold_protocol::encoding::Base64Text;

use crate::encoding::from_base64;
use crate::export::{self, Export};
use crate::primitives::random::{Entropy, System};
use crate::suite::CipherKey;
use crate::{Error, SecretBytes, SecretText, Suite};

/// A key for authenticated encryption, with its id.
///
/// Encryption draws a random 96-bit nonce. The key counts its uses and stops at [`SymmetricKey::MAX_USES`], beyond which
/// the chance of a repeated nonce would exceed 2^-32 (NIST SP 800-38D, section 8.3).
pub struct SymmetricKey {
    id: Arc<str>,
    key: CipherKey,
    uses: AtomicU64,
}

impl SymmetricKey {
    /// Encryptions after which a key refuses to encrypt.
    pub const MAX_USES: u64 = 1 << 32;

    /// Encryptions after which [`needs_rotation`](Self::needs_rotation) says so.
    pub const ROTATE_AFTER_USES: u64 = 1 << 31;

    /// A new random key.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`).
    pub fn generate(suite: &Suite, id: &str) -> Result<Self, Error> {
        Self::generate_with(suite, id, &mut System)
    }

    /// The id under which contents name this key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same key under another id: the server gives ids only after a key was made.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// Id of the algorithm, for example `AES-GCM-256`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// Encrypts to a new buffer. `aad` is authenticated but not part of the result; empty means none.
    ///
    /// # Errors
    /// [`Error::KeyExhausted`] (`client_406`), [`Error::NoRandomness`] (`client_13`), [`Error::Encryption`]
    /// (`client_12`).
    pub fn encrypt(&self, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
        let (front, back) = self.room();
        let mut blob = vec![0; front + plaintext.len() + back];
        self.encrypt_to(plaintext, aad, &mut blob)?;
        Ok(blob)
    }

    /// Encrypts to `blob`, which is longer than the plaintext by the [`room`](Self::room).
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt); [`Error::Encryption`] also if `blob` has another length.
    pub fn encrypt_to(&self, plaintext: &[u8], aad: &[u8], blob: &mut [u8]) -> Result<(), Error> {
        self.count_use()?;
        self.key.seal_to(aad, plaintext, blob, &mut System)
    }

    /// Bytes that [`encrypt_in_place`](Self::encrypt_in_place) needs in front of and behind the plaintext.
    #[must_use]
    pub fn room(&self) -> (usize, usize) {
        self.key.room()
    }

    /// Encrypts without an allocation and without a copy: `buffer` holds the plaintext with
    /// [`room`](Self::room) around it, and the encrypted form afterwards.
    ///
    /// ```
    /// # use keyfold_crypto::{Suite, SymmetricKey};
    /// let key = SymmetricKey::generate(&Suite::STD, "id")?;
    /// let (front, back) = key.room();
    /// let mut buffer = vec![0; front];
    /// buffer.extend_from_slice(b"read from a file");
    /// buffer.resize(buffer.len() + back, 0);
    /// key.encrypt_in_place(&mut buffer, b"")?;
    /// assert_eq!(key.decrypt(&buffer, b"")?, b"read from a file");
    /// # Ok::<(), keyfold_crypto::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt); [`Error::Encryption`] also if the buffer is smaller than the room.
    pub fn encrypt_in_place(&self, buffer: &mut [u8], aad: &[u8]) -> Result<(), Error> {
        self.count_use()?;
        self.key.seal(aad, buffer, &mut System)
    }

    /// Decrypts to a new buffer.
    ///
    /// # Errors
    /// [`Error::CiphertextTooShort`] (`client_10`); [`Error::Decryption`] (`client_14`) for a wrong key, other `aad` or a
    /// changed ciphertext.
    pub fn decrypt(&self, blob: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.open_copy(aad, blob)
    }

    /// Decrypts where it lies and returns the part of `blob` that is the plaintext. After a failure the contents of
    /// `blob` must not be used.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn decrypt_in_place<'b>(&self, blob: &'b mut [u8], aad: &[u8]) -> Result<&'b mut [u8], Error> {
        self.key.open(aad, blob)
    }

    /// The raw key, if its blobs are `nonce || ciphertext || tag` of AES-256-GCM without additional data, so that another
    /// implementation of that cipher can take over large ones: in browsers their own is many times faster. Secret.
    ///
    /// Whoever encrypts with it draws a random nonce of 12 bytes each time, and [counts](Self::count_use) it before.
    #[must_use]
    pub fn aes_256_gcm(&self) -> Option<&[u8]> {
        // Other ciphers have nonces and tags of the same lengths: the algorithm decides.
        (self.algorithm() == "AES-GCM-256").then(|| self.expose())
    }

    /// How often this key has encrypted, including [earlier uses](Self::count_earlier_uses).
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.uses.load(Ordering::Relaxed)
    }

    /// Adds uses from before this value was loaded, as remembered by the caller.
    pub fn count_earlier_uses(&self, uses: u64) {
        self.uses.fetch_add(uses.min(Self::MAX_USES), Ordering::Relaxed);
    }

    /// Counts one encryption, as each of this crate does.
    ///
    /// # Errors
    /// [`Error::KeyExhausted`] (`client_406`): there must not be another one.
    pub fn count_use(&self) -> Result<(), Error> {
        if self.uses.fetch_add(1, Ordering::Relaxed) >= Self::MAX_USES {
            return Err(Error::KeyExhausted);
        }
        Ok(())
    }

    /// Whether the group should rotate its key because this one has been used a lot.
    #[must_use]
    pub fn needs_rotation(&self) -> bool {
        self.uses() >= Self::ROTATE_AFTER_USES
    }

    /// Client-side text form, for example `{"Aes":{"key":"…","key_id":"…"}}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<SecretText, Error> {
        export::write(self.key.format(), self.key.parts(), Some(&self.id))
    }

    /// Reads the client-side text form.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`),
    /// [`Error::ImportSymmetricKey`] (`client_112`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = CipherKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        let bytes = export.bytes(Error::ImportSymmetricKey)?;
        Self::from_bytes(format.id, bytes.expose(), export.id()).map_err(|_| Error::ImportSymmetricKey)
    }

    pub(crate) fn generate_with(suite: &Suite, id: &str, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        Ok(Self::new(CipherKey::generate(suite.symmetric, entropy)?.0, id))
    }

    /// A new key of the same algorithm, without an id.
    pub(crate) fn generate_alike(&self) -> Result<Self, Error> {
        Ok(Self::new(CipherKey::generate(self.algorithm(), &mut System)?.0, ""))
    }

    /// Raw key bytes of a known algorithm.
    pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        Ok(Self::new(CipherKey::from_bytes(algorithm, bytes)?, id))
    }

    /// The raw key bytes, as they are encrypted under other keys and signed.
    pub(crate) fn expose(&self) -> &[u8] {
        self.key.parts()[0]
    }

    /// Encrypts another key under this one, without additional data.
    pub(crate) fn wrap(&self, secret: &[u8]) -> Result<Base64Text, Error> {
        Ok(Base64Text::encode(&self.encrypt(secret, &[])?))
    }

    /// The inverse of [`wrap`](Self::wrap) for base64 text.
    pub(crate) fn unwrap(&self, text: &Base64Text) -> Result<SecretBytes, Error> {
        self.unwrap_bytes(&from_base64(text.as_str(), Error::EncryptedKeyNotBase64)?)
    }

    pub(crate) fn unwrap_bytes(&self, blob: &[u8]) -> Result<SecretBytes, Error> {
        self.decrypt(blob, &[]).map(SecretBytes::new)
    }

    /// Export of a key that has no id of its own: that of a file part.
    pub(crate) fn export_without_id(&self) -> Result<SecretText, Error> {
        export::write(self.key.format(), self.key.parts(), None)
    }

    fn new(key: CipherKey, id: &str) -> Self {
        Self { id: id.into(), key, uses: AtomicU64::new(0) }
    }
}
