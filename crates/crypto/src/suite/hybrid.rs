//! Two algorithms nested so that both must fall: a classical one (`x`) and a post-quantum one (`k`).

use super::{Algorithm, Decrypt, Encrypt, Format, Generate, Material, Sign, Verify};
use crate::primitives::random::Entropy;
use crate::{Error, SecretBytes};

/// The two halves of a hybrid encryption algorithm.
pub(crate) trait HybridEncryption: Send + Sync {
    const FORMAT: &'static Format;
    /// Lengths of the raw secret and public `x` keys.
    const X_LEN: (usize, usize);
    type XSecret: Generate<Public = Vec<u8>> + Decrypt;
    type KSecret: Generate<Public = Vec<u8>> + Decrypt;
    type XPublic: Algorithm + Encrypt;
    type KPublic: Algorithm + Encrypt;
}

/// The two halves of a hybrid signature algorithm.
pub(crate) trait HybridSignature: Send + Sync {
    const FORMAT: &'static Format;
    /// Lengths of the raw secret and public `x` keys and of the `x` signature.
    const X_LEN: (usize, usize, usize);
    type XSign: Generate<Public = Vec<u8>> + Sign;
    type KSign: Generate<Public = Vec<u8>> + Sign;
    type XVerify: Algorithm + Verify;
    type KVerify: Algorithm + Verify;
}

/// `K.decrypt(k, ·)`, then `X.decrypt(x, ·)`
pub(crate) struct DecryptionKey<H: HybridEncryption> {
    x: H::XSecret,
    k: H::KSecret,
}

/// `K.encrypt(k, X.encrypt(x, plaintext))`
pub(crate) struct EncryptionKey<H: HybridEncryption> {
    x: H::XPublic,
    k: H::KPublic,
}

/// `X.sign(x, message) || K.sign(k, message || X.sign(x, message))`
pub(crate) struct SigningKey<H: HybridSignature> {
    x: H::XSign,
    k: H::KSign,
}

/// Both signatures must hold.
pub(crate) struct VerifyingKey<H: HybridSignature> {
    x: H::XVerify,
    k: H::KVerify,
}

impl<H: HybridEncryption> Algorithm for DecryptionKey<H> {
    const FORMAT: &'static Format = H::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (x, k) = bytes.split_at_checked(H::X_LEN.0).ok_or(Error::KeyLength)?;
        Ok(Self { x: H::XSecret::from_bytes(x)?, k: H::KSecret::from_bytes(k)? })
    }
}

impl<H: HybridEncryption> Generate for DecryptionKey<H> {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let (x, x_public) = H::XSecret::generate(entropy)?;
        let (k, k_public) = H::KSecret::generate(entropy)?;
        Ok((Self { x, k }, [x_public, k_public].concat()))
    }
}

impl<H: HybridEncryption> Material for DecryptionKey<H> {
    fn format(&self) -> &'static Format {
        H::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        let ([x, _], [k, _]) = (self.x.parts(), self.k.parts());
        [x, k]
    }
}

impl<H: HybridEncryption> Decrypt for DecryptionKey<H> {
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        self.x.decrypt(&self.k.decrypt(blob)?)
    }

    fn layer<'b>(&self, depth: usize, blob: &'b [u8]) -> Result<Option<(SecretBytes, &'b [u8])>, Error> {
        match depth.checked_sub(1) {
            None => self.k.layer(0, blob),
            Some(depth) => self.x.layer(depth, blob),
        }
    }

    fn public(&self) -> Result<Vec<u8>, Error> {
        Ok([self.x.public()?, self.k.public()?].concat())
    }
}

impl<H: HybridEncryption> Algorithm for EncryptionKey<H> {
    const FORMAT: &'static Format = H::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (x, k) = bytes.split_at_checked(H::X_LEN.1).ok_or(Error::KeyLength)?;
        Ok(Self { x: H::XPublic::from_bytes(x)?, k: H::KPublic::from_bytes(k)? })
    }
}

impl<H: HybridEncryption> Material for EncryptionKey<H> {
    fn format(&self) -> &'static Format {
        H::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        let ([x, _], [k, _]) = (self.x.parts(), self.k.parts());
        [x, k]
    }
}

impl<H: HybridEncryption> Encrypt for EncryptionKey<H> {
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let inner = self.x.encrypt(plaintext, entropy)?;
        self.k.encrypt(&inner, entropy)
    }

    fn layer(
        &self,
        depth: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<(Vec<u8>, SecretBytes)>, Error> {
        match depth.checked_sub(1) {
            None => self.x.layer(0, entropy),
            Some(depth) => self.k.layer(depth, entropy),
        }
    }
}

impl<H: HybridSignature> Algorithm for SigningKey<H> {
    const FORMAT: &'static Format = H::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (x, k) = bytes.split_at_checked(H::X_LEN.0).ok_or(Error::KeyLength)?;
        Ok(Self { x: H::XSign::from_bytes(x)?, k: H::KSign::from_bytes(k)? })
    }
}

impl<H: HybridSignature> Generate for SigningKey<H> {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let (x, x_public) = H::XSign::generate(entropy)?;
        let (k, k_public) = H::KSign::generate(entropy)?;
        Ok((Self { x, k }, [x_public, k_public].concat()))
    }
}

impl<H: HybridSignature> Material for SigningKey<H> {
    fn format(&self) -> &'static Format {
        H::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        let ([x, _], [k, _]) = (self.x.parts(), self.k.parts());
        [x, k]
    }
}

impl<H: HybridSignature> Sign for SigningKey<H> {
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let mut signature = self.x.sign(message, entropy)?;
        // The second signature covers the first one, so that neither can be replaced alone.
        let k = self.k.sign(&[message, &signature].concat(), entropy)?;
        signature.extend_from_slice(&k);
        Ok(signature)
    }

    fn belongs_to(&self, public: &[u8]) -> bool {
        public.split_at_checked(H::X_LEN.1).is_some_and(|(x, k)| self.x.belongs_to(x) && self.k.belongs_to(k))
    }
}

impl<H: HybridSignature> Algorithm for VerifyingKey<H> {
    const FORMAT: &'static Format = H::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (x, k) = bytes.split_at_checked(H::X_LEN.1).ok_or(Error::KeyLength)?;
        Ok(Self { x: H::XVerify::from_bytes(x)?, k: H::KVerify::from_bytes(k)? })
    }
}

impl<H: HybridSignature> Material for VerifyingKey<H> {
    fn format(&self) -> &'static Format {
        H::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        let ([x, _], [k, _]) = (self.x.parts(), self.k.parts());
        [x, k]
    }
}

impl<H: HybridSignature> Verify for VerifyingKey<H> {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((x, k)) = signature.split_at_checked(H::X_LEN.2) else { return false };
        // The cheap one first: it rejects almost every wrong message.
        self.x.verify(message, x) && self.k.verify(&[message, x].concat(), k)
    }
}
