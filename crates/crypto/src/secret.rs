//! Values that must not leave traces: wiped when dropped, never printed, never copied by accident.
//!
//! None of these types implements `Debug`, `Display`, `Clone` or `Serialize`; the bytes are reached only through a
//! call named `expose`. They live on the heap, so that moving a value does not leave copies on the stack.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::Error;
use crate::primitives::random::Entropy;

/// A secret of exactly `N` bytes.
pub struct Secret<const N: usize>(Box<[u8; N]>);

/// Secret bytes of any length.
pub struct SecretBytes(Vec<u8>);

/// Secret text, for example an exported private key.
pub struct SecretText(String);

impl<const N: usize> Secret<N> {
    /// Copies `bytes`. The caller remains responsible for the original.
    ///
    /// # Errors
    /// [`Error::KeyLength`] (`client_30`) if there are not exactly `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let bytes: &[u8; N] = bytes.try_into().map_err(|_| Error::KeyLength)?;
        Ok(Self(Box::new(*bytes)))
    }

    /// The bytes. Do not copy them to anything that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn random(entropy: &mut dyn Entropy) -> Result<Self, Error> {
        let mut secret = Self::zeroed();
        entropy.fill(secret.expose_mut())?;
        Ok(secret)
    }

    pub(crate) fn zeroed() -> Self {
        Self(Box::new([0; N]))
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ConstantTimeEq for Secret<N> {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

impl SecretBytes {
    /// Takes over `bytes` without copying them.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes. Do not copy them to anything that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Two secrets behind each other, in one allocation of exactly the right size: growing one would leave a copy
    /// in the memory that is given back.
    pub(crate) fn concat(first: &[u8], second: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(first.len().saturating_add(second.len()));
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second);
        Self(bytes)
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl SecretText {
    /// Takes over `text` without copying it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text. Do not copy it to anything that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Gives the text away. From here on nobody wipes it: for callers that hand it to another language or to a store.
    #[must_use]
    pub fn into_exposed(mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
