//! Parts of files through a cipher of the platform.

use std::sync::Arc;

use keyfold_crypto::file::{FileDecryptor, FileEncryptor};

use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSendSync};

/// AES-256-GCM that somebody else computes. Browsers have one that is many times faster than WebAssembly.
pub trait BulkCipher: MaybeSendSync + 'static {
    /// `nonce || ciphertext || tag`, with a random nonce of 12 bytes.
    fn seal<'a>(&'a self, key: &'a [u8], plaintext: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, Cause>>;

    /// The plaintext of what [`seal`](Self::seal) returned; `None` if it is not authentic.
    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>>;
}

/// A call to the platform costs more than it saves below this many bytes.
const WORTHWHILE: usize = 32 * 1024;

pub(super) async fn encrypt_part(
    cipher: Option<&Arc<dyn BulkCipher>>,
    encryptor: &mut FileEncryptor<'_>,
    chunk: &[u8],
) -> Result<Vec<u8>, Error> {
    if let Some(cipher) = cipher.filter(|_| chunk.len() >= WORTHWHILE) {
        let key = encryptor.next_key()?;
        if let Some(raw) = key.aes_256_gcm() {
            let blob = cipher.seal(raw, chunk).await.map_err(|_| keyfold_crypto::Error::Encryption)?;
            return Ok(encryptor.encrypted_part(key, &blob)?);
        }
    }
    Ok(encryptor.encrypt_part(chunk)?)
}

pub(super) async fn decrypt_part(
    cipher: Option<&Arc<dyn BulkCipher>>,
    decryptor: &mut FileDecryptor<'_>,
    part: &[u8],
) -> Result<Vec<u8>, Error> {
    if let Some(cipher) = cipher.filter(|_| part.len() >= WORTHWHILE) {
        let (key, blob) = decryptor.open_part(part)?;
        if let Some(raw) = key.aes_256_gcm() {
            let chunk = cipher.open(raw, blob).await.map_err(|_| keyfold_crypto::Error::Decryption)?;
            let chunk = chunk.ok_or(keyfold_crypto::Error::Decryption)?;
            decryptor.decrypted_part(key, u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            return Ok(chunk);
        }
    }
    Ok(decryptor.decrypt_part(part)?)
}
