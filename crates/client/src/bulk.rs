//! Large data through a cipher of the platform.

use std::sync::Arc;

use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSendSync};

/// AES-256-GCM that somebody else computes. Browsers have one that is many times faster than WebAssembly.
pub trait BulkCipher: MaybeSendSync + 'static {
    /// `nonce || ciphertext || tag`, with a random nonce of 12 bytes.
    fn seal<'a>(&'a self, key: &'a [u8], plaintext: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, Cause>>;

    /// The plaintext of what [`seal`](Self::seal) returned; `None` if it is not authentic.
    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>>;
}

/// A call to the platform, or a thread, costs more than it saves below this many bytes.
pub(crate) const WORTHWHILE: usize = 32 * 1024;

/// The cipher of the platform, if there is one, for so many bytes.
pub(crate) struct Bulk<'c>(&'c dyn BulkCipher);

impl<'c> Bulk<'c> {
    pub(crate) fn for_bytes(cipher: Option<&'c Arc<dyn BulkCipher>>, bytes: usize) -> Option<Self> {
        cipher.filter(|_| bytes >= WORTHWHILE).map(|cipher| Self(&**cipher))
    }

    pub(crate) async fn seal(&self, key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.seal(key, plaintext).await.map_err(|_| keyfold_crypto::Error::Encryption)?)
    }

    pub(crate) async fn open(&self, key: &[u8], blob: &[u8]) -> Result<Vec<u8>, Error> {
        let opened = self.0.open(key, blob).await.ok().flatten();
        Ok(opened.ok_or(keyfold_crypto::Error::Decryption)?)
    }
}
