//! AES-256-GCM blobs, in the two orders of nonce, ciphertext and tag that exist.

use std::marker::PhantomData;

use super::{Algorithm, Cipher, Format, Generate, Material};
use crate::primitives::aes_gcm::{Aes256Gcm, KEY_LEN, NONCE_LEN, TAG_LEN};
use crate::primitives::random::Entropy;
use crate::{Error, Secret};

/// What a suite says about its symmetric algorithm.
pub(crate) trait GcmSuite: Send + Sync {
    const FORMAT: &'static Format;
    /// `nonce || tag || ciphertext` instead of `nonce || ciphertext || tag`.
    const TAG_FIRST: bool;
}

/// A 32-byte key with its expanded form.
pub(crate) struct GcmKey<S> {
    bytes: Secret<KEY_LEN>,
    cipher: Aes256Gcm,
    suite: PhantomData<fn() -> S>,
}

impl<S: GcmSuite> GcmKey<S> {
    pub(crate) fn new(bytes: Secret<KEY_LEN>) -> Result<Self, Error> {
        Ok(Self { cipher: Aes256Gcm::new(bytes.expose())?, bytes, suite: PhantomData })
    }
}

/// `head || blob` under a key that is used once: the last step of every asymmetric encryption.
pub(crate) fn seal_once<S: GcmSuite>(
    key: Secret<KEY_LEN>,
    head: &[u8],
    plaintext: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; head.len() + plaintext.len() + NONCE_LEN + TAG_LEN];
    let (front, blob) = out.split_at_mut_checked(head.len()).ok_or(Error::Encryption)?;
    front.copy_from_slice(head);
    GcmKey::<S>::new(key)?.seal_to(&[], plaintext, blob, entropy)?;
    Ok(out)
}

/// The inverse of [`seal_once`], without the head.
pub(crate) fn open_once<S: GcmSuite>(key: Secret<KEY_LEN>, blob: &[u8]) -> Result<Vec<u8>, Error> {
    GcmKey::<S>::new(key)?.open_copy(&[], blob)
}

impl<S: GcmSuite> Algorithm for GcmKey<S> {
    const FORMAT: &'static Format = S::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::new(Secret::from_slice(bytes)?)
    }
}

impl<S: GcmSuite> Generate for GcmKey<S> {
    type Public = ();

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, ()), Error> {
        Ok((Self::new(Secret::random(entropy)?)?, ()))
    }
}

impl<S: GcmSuite> Material for GcmKey<S> {
    fn format(&self) -> &'static Format {
        S::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.bytes.expose(), &[]]
    }
}

impl<S: GcmSuite> Cipher for GcmKey<S> {
    fn room(&self) -> (usize, usize) {
        if S::TAG_FIRST { (NONCE_LEN + TAG_LEN, 0) } else { (NONCE_LEN, TAG_LEN) }
    }

    fn seal(&self, aad: &[u8], blob: &mut [u8], entropy: &mut dyn Entropy) -> Result<(), Error> {
        let (nonce, tag, text) = split_mut::<S>(blob).ok_or(Error::Encryption)?;
        entropy.fill(nonce)?;
        *tag = self.cipher.seal_in_place(nonce, aad, text)?;
        Ok(())
    }

    fn seal_to(
        &self,
        aad: &[u8],
        plaintext: &[u8],
        blob: &mut [u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let (nonce, tag, text) = split_mut::<S>(blob).ok_or(Error::Encryption)?;
        entropy.fill(nonce)?;
        *tag = self.cipher.seal_to(nonce, aad, plaintext, text)?;
        Ok(())
    }

    fn open<'b>(&self, aad: &[u8], blob: &'b mut [u8]) -> Result<&'b mut [u8], Error> {
        let (nonce, tag, text) = split_mut::<S>(blob).ok_or(Error::CiphertextTooShort)?;
        self.cipher.open_in_place(nonce, aad, text, tag)?;
        Ok(text)
    }

    fn open_copy(&self, aad: &[u8], blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (nonce, tag, text) = split::<S>(blob).ok_or(Error::CiphertextTooShort)?;
        let mut plaintext = vec![0; text.len()];
        self.cipher.open_to(nonce, aad, text, tag, &mut plaintext)?;
        Ok(plaintext)
    }
}

/// Nonce, tag and text of a blob.
fn split<S: GcmSuite>(blob: &[u8]) -> Option<(&[u8; NONCE_LEN], &[u8; TAG_LEN], &[u8])> {
    let (nonce, rest) = blob.split_first_chunk()?;
    let (tag, text) = if S::TAG_FIRST {
        rest.split_first_chunk()?
    } else {
        let (text, tag) = rest.split_last_chunk()?;
        (tag, text)
    };
    Some((nonce, tag, text))
}

type SplitMut<'b> = (&'b mut [u8; NONCE_LEN], &'b mut [u8; TAG_LEN], &'b mut [u8]);

fn split_mut<S: GcmSuite>(blob: &mut [u8]) -> Option<SplitMut<'_>> {
    let (nonce, rest) = blob.split_first_chunk_mut()?;
    let (tag, text) = if S::TAG_FIRST {
        rest.split_first_chunk_mut()?
    } else {
        let (text, tag) = rest.split_last_chunk_mut()?;
        (tag, text)
    };
    Some((nonce, tag, text))
}
