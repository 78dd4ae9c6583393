//! The std suite: what the JavaScript, Flutter, Swift and Node clients of today speak.

use super::gcm::{GcmKey, GcmSuite, open_once, seal_once};
use super::hybrid::{HybridEncryption, HybridSignature};
use super::{
    Algorithm, Decrypt, Encrypt, Format, Generate, KeyedHash, Material, OrderPreserving, Sign,
    SignatureFormat, Suite, Verify,
};
use crate::primitives::random::Entropy;
use crate::primitives::{dilithium, ed25519, hash, kyber, x25519};
use crate::{Error, Secret, SecretBytes, Strength};

pub(crate) const SUITE: Suite = Suite {
    name: "std",
    symmetric: AES_GCM.id,
    encryption: ECIES_KYBER.id,
    signing: ED25519_DILITHIUM.id,
    search: HMAC_SHA256.id,
    sort: OPE_16.id,
    password: crate::password::ARGON2ID,
};

const AES_GCM: Format = Format {
    id: "AES-GCM-256",
    tag: Some("Aes"),
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const ECIES: Format = Format {
    id: "ECIES-ed25519",
    tag: Some("Ecies"),
    hybrid: false,
    strength: Strength::Classical,
    signature: SignatureFormat::NONE,
};

const KYBER: Format = Format {
    id: "KYBER_768",
    tag: Some("Kyber"),
    hybrid: false,
    strength: Strength::PostQuantum,
    signature: SignatureFormat::NONE,
};

const ECIES_KYBER: Format = Format {
    id: "ECIES-ed25519_KYBER_768",
    tag: Some("EciesKyberHybrid"),
    hybrid: true,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const ED25519: Format = Format {
    id: "ED25519",
    tag: Some("Ed25519"),
    hybrid: false,
    strength: Strength::Classical,
    signature: SignatureFormat { len: ed25519::SIGNATURE_LEN, x_len: None },
};

const DILITHIUM: Format = Format {
    id: "DILITHIUM_3",
    tag: Some("Dilithium"),
    hybrid: false,
    strength: Strength::PostQuantum,
    signature: SignatureFormat { len: dilithium::SIGNATURE_LEN, x_len: None },
};

const ED25519_DILITHIUM: Format = Format {
    id: "ED25519_DILITHIUM_3",
    tag: Some("Ed25519DilithiumHybrid"),
    hybrid: true,
    strength: Strength::Hybrid,
    signature: SignatureFormat {
        len: ed25519::SIGNATURE_LEN + dilithium::SIGNATURE_LEN,
        x_len: Some(ed25519::SIGNATURE_LEN),
    },
};

const HMAC_SHA256: Format = Format {
    id: "HMAC-SHA256",
    tag: Some("HmacSha256"),
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const OPE_16: Format = Format {
    id: "OPE-16",
    tag: Some("Ope16"),
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

/// `nonce(12) || ciphertext || tag(16)`
pub(crate) type AesGcm = GcmKey<Gcm>;

/// The symmetric part of the suite.
pub(crate) enum Gcm {}

impl GcmSuite for Gcm {
    const FORMAT: &'static Format = &AES_GCM;
    const TAG_FIRST: bool = false;
}

/// X25519 secret. Stored unclamped, as it was drawn; the scalar multiplication clamps.
pub(crate) struct EciesSecret {
    scalar: Secret<{ x25519::LEN }>,
    key: x25519::SecretKey,
}

/// X25519 point that is not of small order.
pub(crate) struct EciesPublic([u8; x25519::LEN]);

const ECIES_INFO: &[u8] = b"ecies-ed25519";

impl Algorithm for EciesSecret {
    const FORMAT: &'static Format = &ECIES;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let scalar = Secret::from_slice(bytes)?;
        Ok(Self { key: x25519::SecretKey::new(&scalar)?, scalar })
    }
}

impl Generate for EciesSecret {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let scalar = Secret::random(entropy)?;
        let key = x25519::SecretKey::new(&scalar).map_err(|_| Error::KeyGeneration)?;
        let public = key.public()?.to_vec();
        Ok((Self { scalar, key }, public))
    }
}

impl Material for EciesSecret {
    fn format(&self) -> &'static Format {
        &ECIES
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.scalar.expose(), &[]]
    }
}

impl Decrypt for EciesSecret {
    /// `E(32) || blob`, opened with `HKDF-SHA256[no salt, "ecies-ed25519"](X25519(self, E), 32)`
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (ephemeral, blob) = blob.split_first_chunk().ok_or(Error::CiphertextTooShort)?;
        // An ephemeral key of small order gives the same secret with every recipient: anybody could have made the blob.
        let shared = self.key.agree(ephemeral).ok_or(Error::Decryption)?;
        open_once::<Gcm>(hash::hkdf_sha256(shared.expose(), ECIES_INFO)?, blob)
    }

    fn public(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.public()?.to_vec())
    }
}

impl Algorithm for EciesPublic {
    const FORMAT: &'static Format = &ECIES;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let point: [u8; x25519::LEN] = bytes.try_into().map_err(|_| Error::KeyLength)?;
        if x25519::is_small_order(&point) {
            return Err(Error::WeakKey);
        }
        Ok(Self(point))
    }
}

impl Material for EciesPublic {
    fn format(&self) -> &'static Format {
        &ECIES
    }

    fn parts(&self) -> [&[u8]; 2] {
        [&self.0, &[]]
    }
}

impl Encrypt for EciesPublic {
    /// Consumes the ephemeral secret (32), then the nonce (12).
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let (ephemeral, ephemeral_public) = EciesSecret::generate(entropy)?;
        let shared = ephemeral.key.agree(&self.0).ok_or(Error::WeakKey)?;
        let key = hash::hkdf_sha256(shared.expose(), ECIES_INFO)?;
        seal_once::<Gcm>(key, &ephemeral_public, plaintext, entropy)
    }
}

/// Kyber768-90s secret key, which holds its public key.
pub(crate) struct KyberSecret(SecretBytes);

/// Kyber768-90s public key.
pub(crate) struct KyberPublic(Box<[u8; kyber::PUBLIC_LEN]>);

impl Algorithm for KyberSecret {
    const FORMAT: &'static Format = &KYBER;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != kyber::SECRET_LEN {
            return Err(Error::KeyLength);
        }
        kyber::public_of(bytes)?;
        Ok(Self(SecretBytes::concat(bytes, &[])))
    }
}

impl Generate for KyberSecret {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let secret = kyber::generate(entropy)?;
        let public = kyber::public_of(secret.expose()).map_err(|_| Error::KeyGeneration)?.to_vec();
        Ok((Self(secret), public))
    }
}

impl Material for KyberSecret {
    fn format(&self) -> &'static Format {
        &KYBER
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.expose(), &[]]
    }
}

impl Decrypt for KyberSecret {
    /// `ciphertext(1088) || blob`, opened with the shared secret as key.
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (ciphertext, blob) =
            blob.split_first_chunk::<{ kyber::CIPHERTEXT_LEN }>().ok_or(Error::CiphertextTooShort)?;
        open_once::<Gcm>(kyber::decapsulate(self.0.expose(), ciphertext)?, blob)
    }

    fn public(&self) -> Result<Vec<u8>, Error> {
        kyber::public_of(self.0.expose()).map(<[u8]>::to_vec)
    }
}

impl Algorithm for KyberPublic {
    const FORMAT: &'static Format = &KYBER;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let key: &[u8; kyber::PUBLIC_LEN] = bytes.try_into().map_err(|_| Error::KeyLength)?;
        Ok(Self(Box::new(*key)))
    }
}

impl Material for KyberPublic {
    fn format(&self) -> &'static Format {
        &KYBER
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.as_slice(), &[]]
    }
}

impl Encrypt for KyberPublic {
    /// Consumes the message seed (32), then the nonce (12).
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let (ciphertext, shared) = kyber::encapsulate(self.0.as_slice(), entropy)?;
        seal_once::<Gcm>(shared, &ciphertext, plaintext, entropy)
    }
}

/// ECIES inside, Kyber outside.
pub(crate) enum EciesKyber {}

impl HybridEncryption for EciesKyber {
    const FORMAT: &'static Format = &ECIES_KYBER;
    const X_LEN: (usize, usize) = (x25519::LEN, x25519::LEN);
    type XSecret = EciesSecret;
    type KSecret = KyberSecret;
    type XPublic = EciesPublic;
    type KPublic = KyberPublic;
}

/// Ed25519 seed with its expanded form.
pub(crate) struct Ed25519Sign {
    seed: Secret<{ ed25519::KEY_LEN }>,
    key: ed25519::SignKey,
}

/// Ed25519 point that is not of small order.
pub(crate) struct Ed25519Verify(ed25519::VerifyKey);

impl Algorithm for Ed25519Sign {
    const FORMAT: &'static Format = &ED25519;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let seed = Secret::from_slice(bytes)?;
        Ok(Self { key: ed25519::SignKey::new(&seed), seed })
    }
}

impl Generate for Ed25519Sign {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let seed = Secret::random(entropy)?;
        let key = ed25519::SignKey::new(&seed);
        let public = key.public().to_vec();
        Ok((Self { seed, key }, public))
    }
}

impl Material for Ed25519Sign {
    fn format(&self) -> &'static Format {
        &ED25519
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.seed.expose(), &[]]
    }
}

impl Sign for Ed25519Sign {
    fn sign(&self, message: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        Ok(self.key.sign(message).to_vec())
    }

    fn belongs_to(&self, public: &[u8]) -> bool {
        self.key.public().as_slice() == public
    }
}

impl Algorithm for Ed25519Verify {
    const FORMAT: &'static Format = &ED25519;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.try_into().map_err(|_| Error::KeyLength)?;
        ed25519::VerifyKey::new(bytes).map(Self)
    }
}

impl Material for Ed25519Verify {
    fn format(&self) -> &'static Format {
        &ED25519
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.as_bytes(), &[]]
    }
}

impl Verify for Ed25519Verify {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.try_into().is_ok_and(|signature| self.0.verify(message, signature))
    }
}

/// Dilithium3-AES secret key.
pub(crate) struct DilithiumSign(SecretBytes);

/// Dilithium3-AES verify key.
pub(crate) struct DilithiumVerify(Box<[u8; dilithium::PUBLIC_LEN]>);

impl Algorithm for DilithiumSign {
    const FORMAT: &'static Format = &DILITHIUM;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != dilithium::SECRET_LEN {
            return Err(Error::KeyLength);
        }
        if !dilithium::is_well_formed(bytes) {
            return Err(Error::ImportSignKey);
        }
        Ok(Self(SecretBytes::concat(bytes, &[])))
    }
}

impl Generate for DilithiumSign {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let (secret, public) = dilithium::generate(entropy)?;
        Ok((Self(secret), public))
    }
}

impl Material for DilithiumSign {
    fn format(&self) -> &'static Format {
        &DILITHIUM
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.expose(), &[]]
    }
}

impl Sign for DilithiumSign {
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        dilithium::sign(self.0.expose(), message, entropy)
    }

    fn belongs_to(&self, public: &[u8]) -> bool {
        dilithium::belong_together(self.0.expose(), public)
    }
}

impl Algorithm for DilithiumVerify {
    const FORMAT: &'static Format = &DILITHIUM;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let key: &[u8; dilithium::PUBLIC_LEN] = bytes.try_into().map_err(|_| Error::KeyLength)?;
        Ok(Self(Box::new(*key)))
    }
}

impl Material for DilithiumVerify {
    fn format(&self) -> &'static Format {
        &DILITHIUM
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.as_slice(), &[]]
    }
}

impl Verify for DilithiumVerify {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        dilithium::verify(self.0.as_slice(), message, signature)
    }
}

/// Ed25519 over the message, Dilithium over the message and the Ed25519 signature.
pub(crate) enum Ed25519Dilithium {}

impl HybridSignature for Ed25519Dilithium {
    const FORMAT: &'static Format = &ED25519_DILITHIUM;
    const X_LEN: (usize, usize, usize) = (ed25519::KEY_LEN, ed25519::KEY_LEN, ed25519::SIGNATURE_LEN);
    type XSign = Ed25519Sign;
    type KSign = DilithiumSign;
    type XVerify = Ed25519Verify;
    type KVerify = DilithiumVerify;
}

/// Key of the searchable hashes.
pub(crate) struct HmacSha256(Secret<32>);

impl Algorithm for HmacSha256 {
    const FORMAT: &'static Format = &HMAC_SHA256;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Secret::from_slice(bytes).map(Self)
    }
}

impl Generate for HmacSha256 {
    type Public = ();

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, ()), Error> {
        Ok((Self(Secret::random(entropy)?), ()))
    }
}

impl Material for HmacSha256 {
    fn format(&self) -> &'static Format {
        &HMAC_SHA256
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.expose(), &[]]
    }
}

impl KeyedHash for HmacSha256 {
    fn key(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Key of the order preserving cipher.
pub(crate) struct Ope16(Secret<16>);

impl Algorithm for Ope16 {
    const FORMAT: &'static Format = &OPE_16;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Secret::from_slice(bytes).map(Self)
    }
}

impl Generate for Ope16 {
    type Public = ();

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, ()), Error> {
        Ok((Self(Secret::random(entropy)?), ()))
    }
}

impl Material for Ope16 {
    fn format(&self) -> &'static Format {
        &OPE_16
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.expose(), &[]]
    }
}

impl OrderPreserving for Ope16 {
    fn key(&self) -> &[u8; 16] {
        self.0.expose()
    }
}
