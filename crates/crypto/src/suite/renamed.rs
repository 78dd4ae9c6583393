//! An algorithm that two suites share, under the id and the export form of the other one.

use std::marker::PhantomData;

use super::{Algorithm, Format, Generate, KeyedHash, Material, OrderPreserving, Sign, Verify};
use crate::Error;
use crate::primitives::hmac_sha256::HmacKey;
use crate::primitives::ope::OpeKey;
use crate::primitives::random::Entropy;

/// What the other suite calls it.
pub(crate) trait Name: Send + Sync {
    const FORMAT: &'static Format;
}

/// Algorithm `K`, called `N`.
pub(crate) struct Renamed<K, N> {
    key: K,
    name: PhantomData<fn() -> N>,
}

impl<K: Algorithm, N: Name> Algorithm for Renamed<K, N> {
    const FORMAT: &'static Format = N::FORMAT;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self { key: K::from_bytes(bytes)?, name: PhantomData })
    }
}

impl<K: Generate, N: Name> Generate for Renamed<K, N> {
    type Public = K::Public;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, K::Public), Error> {
        let (key, public) = K::generate(entropy)?;
        Ok((Self { key, name: PhantomData }, public))
    }
}

impl<K: Material, N: Name> Material for Renamed<K, N> {
    fn format(&self) -> &'static Format {
        N::FORMAT
    }

    fn parts(&self) -> [&[u8]; 2] {
        self.key.parts()
    }
}

impl<K: Sign, N: Name> Sign for Renamed<K, N> {
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        self.key.sign(message, entropy)
    }

    fn belongs_to(&self, public: &[u8]) -> bool {
        self.key.belongs_to(public)
    }
}

impl<K: Verify, N: Name> Verify for Renamed<K, N> {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, signature)
    }
}

impl<K: KeyedHash, N: Name> KeyedHash for Renamed<K, N> {
    fn hmac(&self) -> &HmacKey {
        self.key.hmac()
    }
}

impl<K: OrderPreserving, N: Name> OrderPreserving for Renamed<K, N> {
    fn ope(&self) -> &OpeKey {
        self.key.ope()
    }
}
