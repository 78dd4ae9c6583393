//! Parts of files, through a cipher of the platform where there is one.

use std::sync::Arc;

use keyfold_crypto::file::{FileDecryptor, FileEncryptor};
use keyfold_crypto::{SymmetricKey, UserKeys, Verification, VerifyingKey};

use super::memory::{Chunk, Opened, Part};
use crate::bulk::{Bulk, BulkCipher, WORTHWHILE};
use crate::error::Error;
use crate::platform::{MaybeSend, offload};

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
    if let Some(cipher) = Bulk::for_bytes(cipher, chunk.len()) {
        let mut encryptor = FileEncryptor::new(previous, signer.as_deref().map(|keys| &keys.sign_key));
        let key = encryptor.next_key()?;
        if let Some(raw) = key.aes_256_gcm() {
            let blob = cipher.seal(raw, &chunk).await?;
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
    if let Some(cipher) = Bulk::for_bytes(cipher, part.len()) {
        let (key, blob) = FileDecryptor::new(previous, verification(verify_key.as_ref())).open_part(&part)?;
        if let Some(raw) = key.aes_256_gcm() {
            return Ok((cipher.open(raw, blob).await?.into(), key));
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
