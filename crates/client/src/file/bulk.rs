//! Parts of files through a cipher of the platform.

use std::sync::Arc;

use keyfold_crypto::file::{FileDecryptor, FileEncryptor};
use keyfold_crypto::{SymmetricKey, UserKeys, Verification, VerifyingKey};

use super::memory::{Chunk, Opened, Part};
use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSend, MaybeSendSync, offload};

/// AES-256-GCM that somebody else computes. Browsers have one that is many times faster than WebAssembly.
pub trait BulkCipher: MaybeSendSync + 'static {
    /// `nonce || ciphertext || tag`, with a random nonce of 12 bytes.
    fn seal<'a>(&'a self, key: &'a [u8], plaintext: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, Cause>>;

    /// The plaintext of what [`seal`](Self::seal) returned; `None` if it is not authentic.
    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>>;
}

/// A call to the platform, or a thread, costs more than it saves below this many bytes.
const WORTHWHILE: usize = 32 * 1024;

/// A part, and the key of its content, which locks the key of the next one.
pub(super) struct EncryptedPart {
    pub(super) part: Part,
    pub(super) key: SymmetricKey,
}

/// Encrypts a chunk, and hands it back if the part does not lie in its memory.
pub(super) async fn encrypt_part(
    cipher: Option<&Arc<dyn BulkCipher>>,
    previous: &Arc<SymmetricKey>,
    signer: Option<Arc<UserKeys>>,
    chunk: Chunk,
) -> Result<(EncryptedPart, Option<Chunk>), Error> {
    if let Some(cipher) = cipher.filter(|_| chunk.len() >= WORTHWHILE) {
        let mut encryptor = FileEncryptor::new(previous, signer.as_deref().map(|keys| &keys.sign_key));
        let key = encryptor.next_key()?;
        if let Some(raw) = key.aes_256_gcm() {
            let blob = cipher.seal(raw, &chunk).await.map_err(|_| keyfold_crypto::Error::Encryption)?;
            let part = encryptor.encrypted_part(key, &blob)?;
            return Ok((EncryptedPart::new(part.into(), encryptor)?, Some(chunk)));
        }
    }
    let previous = Arc::clone(previous);
    let length = chunk.len();
    aside(length, move || {
        let mut encryptor = FileEncryptor::new(&previous, signer.as_deref().map(|keys| &keys.sign_key));
        let part = chunk.into_part(&mut encryptor)?;
        Ok((EncryptedPart::new(part, encryptor)?, None))
    })
    .await
}

impl EncryptedPart {
    fn new(part: Part, encryptor: FileEncryptor<'_>) -> Result<Self, Error> {
        let key = encryptor.into_part_key().ok_or(keyfold_crypto::Error::Encryption)?;
        Ok(Self { part, key })
    }
}

/// Decrypts a part, and returns its chunk with the key that locks the key of the next part.
pub(super) async fn decrypt_part(
    cipher: Option<&Arc<dyn BulkCipher>>,
    previous: &Arc<SymmetricKey>,
    verify_key: Option<VerifyingKey>,
    mut part: Vec<u8>,
) -> Result<(Opened, SymmetricKey), Error> {
    if let Some(cipher) = cipher.filter(|_| part.len() >= WORTHWHILE) {
        let (key, blob) = FileDecryptor::new(previous, verification(verify_key.as_ref())).open_part(&part)?;
        if let Some(raw) = key.aes_256_gcm() {
            let chunk = cipher.open(raw, blob).await.map_err(|_| keyfold_crypto::Error::Decryption)?;
            return Ok((chunk.ok_or(keyfold_crypto::Error::Decryption)?.into(), key));
        }
    }
    let previous = Arc::clone(previous);
    let length = part.len();
    aside(length, move || {
        let (key, blob) =
            FileDecryptor::new(&previous, verification(verify_key.as_ref())).open_part(&part)?;
        // The blob is what is left of the part behind everything else.
        let (front, blob) = (key.room().0, part.len().saturating_sub(blob.len()));
        let blob_bytes = part.get_mut(blob..).unwrap_or_default();
        let length = key.decrypt_in_place(blob_bytes, &[])?.len();
        let begin = blob.saturating_add(front);
        Ok((Opened::new(part, begin..begin.saturating_add(length)), key))
    })
    .await
}

fn verification(key: Option<&VerifyingKey>) -> Verification<'_> {
    key.map_or(Verification::Ignore, Verification::Require)
}

/// Does what takes a millisecond or more beside the transfer of another part.
async fn aside<T: MaybeSend + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<T, Error> + MaybeSend + 'static,
) -> Result<T, Error> {
    if bytes < WORTHWHILE { work() } else { offload(work).await.ok_or(Error::WorkLost)? }
}
