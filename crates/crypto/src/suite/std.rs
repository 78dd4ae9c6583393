//! The std suite: what the JavaScript, Flutter, Swift and Node clients of today speak.

use super::gcm::{GcmKey, GcmSuite, open_once, seal_once};
use super::hybrid::{HybridEncryption, HybridSignature};
use super::{
    Algorithm, Decrypt, Encrypt, Format, Generate, KeyedHash, Material, OrderPreserving, Sign,
    SignatureFormat, Suite, Verify,
};
use crate::primitives::hmac_sha256::HmacKey;
use crate::primitives::ope::OpeKey;
use crate::primitives::random::Entropy;
use crate::primitives::{dilithium, ed25519, hash, hmac_sha256, kyber, x25519};
use crate::{Error, Secret, SecretBytes, Strength};

pub(crate) const SUITE: Suite = Suite {
    name: "std",
    symmetric: AES_GCM.id,
    encryption: ECIES_KYBER.id,
    signing: ED25519_DILITHIUM.id,
    search: HMAC_SHA256.id,
    sort: OPE_16.id,
    password: crate::password::ARGON2ID,
    cost: crate::password::Cost::CURRENT,
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

impl EciesSecret {
    /// The one-time key, and what is under it.
    fn agreed<'b>(&self, blob: &'b [u8]) -> Result<(Secret<32>, &'b [u8]), Error> {
        let (ephemeral, blob) = blob.split_first_chunk().ok_or(Error::CiphertextTooShort)?;
        // An ephemeral key of small order gives the same secret with every recipient: anybody could have made the blob.
        let shared = self.key.agree(ephemeral).ok_or(Error::Decryption)?;
        Ok((hash::hkdf_sha256(shared.expose(), ECIES_INFO)?, blob))
    }
}

impl Decrypt for EciesSecret {
    /// `E(32) || blob`, opened with `HKDF-SHA256[no salt, "ecies-ed25519"](X25519(self, E), 32)`
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, blob) = self.agreed(blob)?;
        open_once::<Gcm>(key, blob)
    }

    fn layer<'b>(&self, depth: usize, blob: &'b [u8]) -> Result<Option<(SecretBytes, &'b [u8])>, Error> {
        if depth > 0 {
            return Ok(None);
        }
        let (key, blob) = self.agreed(blob)?;
        Ok(Some((SecretBytes::concat(key.expose(), &[]), blob)))
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

impl EciesPublic {
    /// A new ephemeral public key, and the one-time key.
    fn agree(&self, entropy: &mut dyn Entropy) -> Result<(Vec<u8>, Secret<32>), Error> {
        let (ephemeral, ephemeral_public) = EciesSecret::generate(entropy)?;
        let shared = ephemeral.key.agree(&self.0).ok_or(Error::WeakKey)?;
        Ok((ephemeral_public, hash::hkdf_sha256(shared.expose(), ECIES_INFO)?))
    }
}

impl Encrypt for EciesPublic {
    /// Consumes the ephemeral secret (32), then the nonce (12).
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let (ephemeral_public, key) = self.agree(entropy)?;
        seal_once::<Gcm>(key, &ephemeral_public, plaintext, entropy)
    }

    fn layer(
        &self,
        depth: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<(Vec<u8>, SecretBytes)>, Error> {
        if depth > 0 {
            return Ok(None);
        }
        let (ephemeral_public, key) = self.agree(entropy)?;
        Ok(Some((ephemeral_public, SecretBytes::concat(key.expose(), &[]))))
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
        if !kyber::is_consistent(bytes) {
            return Err(Error::UnusablePrivateKey);
        }
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

impl KyberSecret {
    /// The one-time key, and what is under it.
    fn decapsulated<'b>(&self, blob: &'b [u8]) -> Result<(Secret<32>, &'b [u8]), Error> {
        let (ciphertext, blob) =
            blob.split_first_chunk::<{ kyber::CIPHERTEXT_LEN }>().ok_or(Error::CiphertextTooShort)?;
        Ok((kyber::decapsulate(self.0.expose(), ciphertext)?, blob))
    }
}

impl Decrypt for KyberSecret {
    /// `ciphertext(1088) || blob`, opened with the shared secret as key.
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, blob) = self.decapsulated(blob)?;
        open_once::<Gcm>(key, blob)
    }

    fn layer<'b>(&self, depth: usize, blob: &'b [u8]) -> Result<Option<(SecretBytes, &'b [u8])>, Error> {
        if depth > 0 {
            return Ok(None);
        }
        let (key, blob) = self.decapsulated(blob)?;
        Ok(Some((SecretBytes::concat(key.expose(), &[]), blob)))
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

    fn layer(
        &self,
        depth: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<(Vec<u8>, SecretBytes)>, Error> {
        if depth > 0 {
            return Ok(None);
        }
        let (ciphertext, shared) = kyber::encapsulate(self.0.as_slice(), entropy)?;
        Ok(Some((ciphertext.to_vec(), SecretBytes::concat(shared.expose(), &[]))))
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
pub(crate) struct HmacSha256 {
    bytes: Secret<{ hmac_sha256::KEY_LEN }>,
    key: HmacKey,
}

impl HmacSha256 {
    fn new(bytes: Secret<{ hmac_sha256::KEY_LEN }>) -> Self {
        Self { key: HmacKey::new(&bytes), bytes }
    }
}

impl Algorithm for HmacSha256 {
    const FORMAT: &'static Format = &HMAC_SHA256;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Secret::from_slice(bytes).map(Self::new)
    }
}

impl Generate for HmacSha256 {
    type Public = ();

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, ()), Error> {
        Ok((Self::new(Secret::random(entropy)?), ()))
    }
}

impl Material for HmacSha256 {
    fn format(&self) -> &'static Format {
        &HMAC_SHA256
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.bytes.expose(), &[]]
    }
}

impl KeyedHash for HmacSha256 {
    fn hmac(&self) -> &HmacKey {
        &self.key
    }
}

/// Key of the order preserving cipher.
pub(crate) struct Ope16(OpeKey);

impl Algorithm for Ope16 {
    const FORMAT: &'static Format = &OPE_16;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self(OpeKey::new(Secret::from_slice(bytes)?)))
    }
}

impl Generate for Ope16 {
    type Public = ();

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, ()), Error> {
        Ok((Self(OpeKey::new(Secret::random(entropy)?)), ()))
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
    fn ope(&self) -> &OpeKey {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::random::Scripted;
    use crate::suite::Cipher;
    use crate::vectors::{base64, hex, list, load, text};

    #[test]
    fn symmetric_blobs_are_reproduced_from_their_nonces() {
        for vector in list(&load("std_symmetric")["vectors"]) {
            let key = AesGcm::from_bytes(&hex(&vector["key_hex"])).unwrap();
            let aad = if vector["aad_hex"].is_null() { vec![] } else { hex(&vector["aad_hex"]) };
            let plaintext = hex(&vector["plaintext_hex"]);
            let nonce = hex(&vector["nonce_hex"]);
            let mut blob = vec![0; plaintext.len() + 28];
            key.seal_to(&aad, &plaintext, &mut blob, &mut Scripted::new(&[&nonce])).unwrap();
            assert_eq!(blob, hex(&vector["ciphertext_hex"]));
            blob[12..12 + plaintext.len()].copy_from_slice(&plaintext);
            key.seal(&aad, &mut blob, &mut Scripted::new(&[&nonce])).unwrap();
            assert_eq!(blob, hex(&vector["ciphertext_hex"]));
        }
    }

    #[test]
    fn ecies_is_reproduced_from_its_randomness() {
        for vector in list(&load("std_asymmetric")["ecies"]) {
            let secret = EciesSecret::from_bytes(&hex(&vector["secret_key_hex"])).unwrap();
            assert_eq!(secret.public().unwrap(), hex(&vector["public_key_hex"]));
            let public = EciesPublic::from_bytes(&hex(&vector["public_key_hex"])).unwrap();
            let mut randomness =
                Scripted::new(&[&hex(&vector["ephemeral_secret_hex"]), &hex(&vector["nonce_hex"])]);
            let blob = public.encrypt(&hex(&vector["plaintext_hex"]), &mut randomness).unwrap();
            assert_eq!(blob, hex(&vector["ciphertext_hex"]));
            assert_eq!(secret.decrypt(&blob).unwrap(), hex(&vector["plaintext_hex"]));
        }
    }

    #[test]
    fn kyber_keys_and_ciphertexts_are_reproduced_from_their_randomness() {
        for vector in list(&load("std_asymmetric")["kyber"]) {
            let mut seed = Scripted::new(&[&hex(&vector["keygen_seed_hex"])]);
            let (secret, public) = KyberSecret::generate(&mut seed).unwrap();
            assert_eq!(secret.parts()[0], base64(&vector["secret_key_b64"]));
            assert_eq!(public, base64(&vector["public_key_b64"]));
            let public = KyberPublic::from_bytes(&public).unwrap();
            let mut randomness =
                Scripted::new(&[&hex(&vector["encaps_random_hex"]), &hex(&vector["nonce_hex"])]);
            let blob = public.encrypt(&hex(&vector["plaintext_hex"]), &mut randomness).unwrap();
            assert_eq!(blob, base64(&vector["ciphertext_b64"]));
            assert_eq!(secret.decrypt(&blob).unwrap(), hex(&vector["plaintext_hex"]));

            let mut ciphertext = base64(&vector["kem_ciphertext_b64"]);
            let shared = kyber::decapsulate(secret.parts()[0], &ciphertext).unwrap();
            assert_eq!(shared.expose().as_slice(), hex(&vector["shared_secret_hex"]));
            ciphertext[7] ^= 1;
            let rejected = kyber::decapsulate(secret.parts()[0], &ciphertext).unwrap();
            assert_eq!(rejected.expose().as_slice(), hex(&vector["implicit_rejection"]["shared_secret_hex"]));
        }
    }

    #[test]
    fn hybrid_encryption_is_reproduced_from_its_randomness() {
        // The last vectors of the list were made by the reference, which does not tell its randomness.
        for vector in
            list(&load("std_asymmetric")["hybrid"]).iter().filter(|one| one["randomness"].is_object())
        {
            let public = [hex(&vector["public_key_x_hex"]), base64(&vector["public_key_k_b64"])].concat();
            let public = crate::suite::hybrid::EncryptionKey::<EciesKyber>::from_bytes(&public).unwrap();
            let order = ["ephemeral_secret_hex", "inner_nonce_hex", "encaps_random_hex", "outer_nonce_hex"];
            let parts = order.map(|name| hex(&vector["randomness"][name]));
            let mut randomness = Scripted::new(&parts.each_ref().map(Vec::as_slice));
            let blob = public.encrypt(&hex(&vector["plaintext_hex"]), &mut randomness).unwrap();
            assert_eq!(blob, base64(&vector["ciphertext_b64"]));
        }
    }

    #[test]
    fn dilithium_keys_and_signatures_are_reproduced_from_their_seeds() {
        for vector in list(&load("std_sign")["dilithium"]) {
            let mut seed = Scripted::new(&[&hex(&vector["keygen_seed_hex"])]);
            let (sign, verify) = DilithiumSign::generate(&mut seed).unwrap();
            assert_eq!(sign.parts()[0], base64(&vector["sign_key_b64"]));
            assert_eq!(verify, base64(&vector["verify_key_b64"]));
            assert!(sign.belongs_to(&verify));
            let mask_seed = Secret::from_slice(&hex(&vector["sign_random_hex"])).unwrap();
            let data = hex(&vector["data_hex"]);
            let signature = dilithium::sign_with_mask_seed(sign.parts()[0], &data, &mask_seed).unwrap();
            assert_eq!(signature, base64(&vector["signature_b64"]));
            assert!(DilithiumVerify::from_bytes(&verify).unwrap().verify(&data, &signature));
        }
    }

    #[test]
    fn hybrid_signatures_are_reproduced_from_their_seed() {
        for vector in list(&load("std_sign")["hybrid"]).iter().filter(|one| one["randomness"].is_object()) {
            let data = hex(&vector["data_hex"]);
            let x = Ed25519Sign::from_bytes(&hex(&vector["sign_key_x_hex"])).unwrap();
            let ed = x.sign(&data, &mut Scripted::new(&[])).unwrap();
            assert_eq!(ed, hex(&vector["signature_x_hex"]));
            let mask_seed = Secret::from_slice(&hex(&vector["randomness"]["dilithium_random_hex"])).unwrap();
            let k = dilithium::sign_with_mask_seed(
                &base64(&vector["sign_key_k_b64"]),
                &[data.as_slice(), &ed].concat(),
                &mask_seed,
            );
            assert_eq!(k.unwrap(), base64(&vector["signature_k_b64"]));
        }
    }

    #[test]
    fn a_repeated_random_seed_does_not_repeat_the_dilithium_mask() {
        let (sign, _) = DilithiumSign::generate(&mut crate::primitives::random::System).unwrap();
        let signature = |message: &[u8]| sign.sign(message, &mut Scripted::new(&[&[7; 64]])).unwrap();
        // Same generator output, other message: with the raw seed as mask the two would share it and give the key away.
        let raw = |message: &[u8]| {
            dilithium::sign_with_mask_seed(sign.parts()[0], message, &Secret::from_slice(&[7; 64]).unwrap())
                .unwrap()
        };
        assert_ne!(signature(b"one"), raw(b"one"));
        assert_ne!(signature(b"one")[..32], signature(b"two")[..32]);
        assert_eq!(signature(b"one"), signature(b"one"), "all else equal, hedged signing is deterministic");
    }

    #[test]
    fn a_dilithium_key_with_coefficients_out_of_range_is_refused() {
        let (sign, _) = DilithiumSign::generate(&mut crate::primitives::random::System).unwrap();
        let mut bytes = sign.parts()[0].to_vec();
        bytes[96] = 0xff;
        assert_eq!(DilithiumSign::from_bytes(&bytes).err(), Some(Error::ImportSignKey));
    }

    #[test]
    fn the_vectors_name_the_algorithms_of_this_suite() {
        let algorithms = &load("std_asymmetric")["algs"];
        assert_eq!(text(&algorithms["ecies"]), ECIES.id);
        assert_eq!(text(&algorithms["kyber"]), KYBER.id);
        assert_eq!(text(&algorithms["hybrid"]), ECIES_KYBER.id);
    }
}
