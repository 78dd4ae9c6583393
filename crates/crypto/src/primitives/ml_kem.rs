//! ML-KEM-768 (FIPS 203) with expanded secret keys.
//!
//! The format stores the expanded form of a secret key (2400 bytes), which the standard allows for what already exists;
//! programs of the *rec* suite made theirs with the initial public draft of the standard. Draft and standard differ only in
//! how a seed becomes a key: encapsulation and decapsulation of an expanded key are the same.

use ml_kem::{B32, Decapsulate, ExpandedDecapsulationKey, KeyExport, MlKem768, Seed};
use zeroize::Zeroize;

use crate::primitives::random::Entropy;
use crate::{Error, Secret, SecretBytes};

pub(crate) const CIPHERTEXT_LEN: usize = 1088;
pub(crate) const SHARED_LEN: usize = 32;

/// A secret key that holds its public key: `s(1152) || public(1184) || SHA3-256(public)(32) || z(32)`. Wiped when dropped.
pub(crate) struct SecretKey(Box<ml_kem::DecapsulationKey<MlKem768>>);

/// A public key with all coefficients in range.
pub(crate) struct PublicKey(Box<ml_kem::EncapsulationKey<MlKem768>>);

impl SecretKey {
    /// Consumes 64 random bytes: `d` then `z`.
    pub(crate) fn generate(entropy: &mut dyn Entropy) -> Result<Self, Error> {
        let mut seed = Seed::default();
        entropy.fill(&mut seed)?;
        let key = Box::new(ml_kem::DecapsulationKey::from_seed(seed));
        seed.zeroize();
        Ok(Self(key))
    }

    /// Reads the expanded form.
    ///
    /// [`Error::KeyLength`] unless there are 2400 bytes; [`Error::UnusablePrivateKey`] if the public key inside is no
    /// public key or does not have the hash beside it.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes: &ExpandedDecapsulationKey<MlKem768> = bytes.try_into().map_err(|_| Error::KeyLength)?;
        #[expect(deprecated, reason = "seeds are preferable, but the format stores expanded keys")]
        let key = ml_kem::DecapsulationKey::from_expanded(bytes).map_err(|_| Error::UnusablePrivateKey)?;
        Ok(Self(Box::new(key)))
    }

    /// The expanded form.
    pub(crate) fn to_bytes(&self) -> SecretBytes {
        #[expect(deprecated, reason = "seeds are preferable, but the format stores expanded keys")]
        let mut bytes = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(self.0.as_ref());
        let secret = SecretBytes::concat(&bytes, &[]);
        bytes.zeroize();
        secret
    }

    /// The raw public key.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.encapsulation_key().to_bytes().to_vec()
    }

    /// Never fails: a wrong ciphertext yields an unpredictable secret (implicit rejection), which then fails to open what
    /// was encrypted under it.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT_LEN]) -> Result<Secret<SHARED_LEN>, Error> {
        take_secret(self.0.decapsulate(ciphertext.into()))
    }
}

impl PublicKey {
    /// [`Error::KeyLength`] unless there are 1184 bytes, [`Error::ImportPublicKey`] if a coefficient is out of range.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.try_into().map_err(|_| Error::KeyLength)?;
        let key = ml_kem::EncapsulationKey::new(bytes).map_err(|_| Error::ImportPublicKey)?;
        Ok(Self(Box::new(key)))
    }

    /// Consumes 32 random bytes. Returns the ciphertext and the shared secret.
    pub(crate) fn encapsulate(
        &self,
        entropy: &mut dyn Entropy,
    ) -> Result<([u8; CIPHERTEXT_LEN], Secret<SHARED_LEN>), Error> {
        let mut message = B32::default();
        entropy.fill(&mut message)?;
        let (ciphertext, shared) = self.0.encapsulate_deterministic(&message);
        message.zeroize();
        Ok((ciphertext.into(), take_secret(shared)?))
    }
}

fn take_secret(mut shared: ml_kem::SharedKey) -> Result<Secret<SHARED_LEN>, Error> {
    let secret = Secret::from_slice(&shared);
    shared.zeroize();
    secret
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::random::{Scripted, System};
    use crate::vectors::{self, base64, hex, list, text};

    #[test]
    fn secrets_of_the_vectors() {
        let mut seen = 0;
        for case in list(&vectors::load("rec_asymmetric")["hybrid"]) {
            let export: serde_json::Value =
                serde_json::from_str(text(&case["secret_key_export_json"])).unwrap();
            let secret_bytes = base64(&export["EciesMlKemHybrid"]["k"]);
            let secret = SecretKey::from_bytes(&secret_bytes).unwrap();
            assert_eq!(secret.to_bytes().expose(), secret_bytes);

            let export: serde_json::Value =
                serde_json::from_str(text(&case["public_key_export_json"])).unwrap();
            assert_eq!(secret.public(), base64(&export["EciesMlKemHybrid"]["k"]));

            let blob = base64(&case["ciphertext_b64"]);
            let shared = secret.decapsulate(blob.first_chunk().unwrap()).unwrap();
            assert_eq!(shared.expose(), hex(&case["ml_kem_shared_secret_hex"]).as_slice());
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn both_sides_agree() {
        let secret = SecretKey::generate(&mut System).unwrap();
        let public = PublicKey::from_bytes(&secret.public()).unwrap();
        let (ciphertext, shared) = public.encapsulate(&mut System).unwrap();
        assert_eq!(secret.decapsulate(&ciphertext).unwrap().expose(), shared.expose());
    }

    #[test]
    fn a_changed_ciphertext_yields_another_secret() {
        let secret = SecretKey::generate(&mut Scripted::new(&[&[1; 64]])).unwrap();
        let public = PublicKey::from_bytes(&secret.public()).unwrap();
        let (mut ciphertext, shared) = public.encapsulate(&mut Scripted::new(&[&[2; 32]])).unwrap();
        ciphertext[500] ^= 1;
        assert_ne!(secret.decapsulate(&ciphertext).unwrap().expose(), shared.expose());
    }

    #[test]
    fn malformed_keys_are_errors() {
        let secret = SecretKey::generate(&mut Scripted::new(&[&[3; 64]])).unwrap();
        let bytes = secret.to_bytes();
        assert_eq!(SecretKey::from_bytes(&bytes.expose()[1..]).err(), Some(Error::KeyLength));
        assert_eq!(PublicKey::from_bytes(&[0; 1185]).err(), Some(Error::KeyLength));
        let mut other_public = bytes.expose().to_vec();
        other_public[1152] ^= 1;
        assert_eq!(SecretKey::from_bytes(&other_public).err(), Some(Error::UnusablePrivateKey));
        assert_eq!(PublicKey::from_bytes(&[0xff; 1184]).err(), Some(Error::ImportPublicKey));
    }
}
