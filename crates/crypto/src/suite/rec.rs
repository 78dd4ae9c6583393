//! The rec suite: what Rust clients speak that were built against OpenSSL and liboqs.
//!
//! It differs from the std suite in the order of symmetric blobs, in the missing key derivation of ECIES, and in its
//! lattice algorithms: ML-KEM-768 and the draft of ML-DSA-65. Programs of that suite compare only four of the sixteen tag
//! bytes when they decrypt; here all of them count.

use super::gcm::{GcmKey, GcmSuite, open_once, seal_once};
use super::hybrid::{HybridEncryption, HybridSignature};
use super::renamed::{Name, Renamed};
use super::{
    Algorithm, Decrypt, Encrypt, Format, Generate, Material, Sign, SignatureFormat, Suite, Verify, std,
};
use crate::primitives::random::Entropy;
use crate::primitives::{ed25519, ml_dsa_draft, ml_kem, x25519};
use crate::{Error, Secret, SecretBytes, Strength};

pub(crate) const SUITE: Suite = Suite {
    name: "rec",
    symmetric: AES_GCM.id,
    encryption: ECIES_ML_KEM.id,
    signing: ED25519_ML_DSA.id,
    search: HMAC_SHA256.id,
    sort: OPE_16.id,
    password: crate::password::REC_ARGON2ID,
    cost: crate::password::Cost::CURRENT,
};

const AES_GCM: Format = Format {
    id: "FIPS_OPENSSL_AES_GCM-256",
    tag: None,
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const ECIES: Format = Format {
    id: "ECIES-Rec-ed25519",
    tag: Some("Ecies"),
    hybrid: false,
    strength: Strength::Classical,
    signature: SignatureFormat::NONE,
};

const ML_KEM: Format = Format {
    id: "ML_KEM_REC_768",
    tag: Some("MlKem"),
    hybrid: false,
    strength: Strength::PostQuantum,
    signature: SignatureFormat::NONE,
};

const ECIES_ML_KEM: Format = Format {
    id: "ECIES-ed25519_Ml-kem_768_REC",
    tag: Some("EciesMlKemHybrid"),
    hybrid: true,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const ED25519: Format = Format {
    id: "fips_openssl_ED25519",
    tag: Some("Ed25519"),
    hybrid: false,
    strength: Strength::Classical,
    signature: SignatureFormat { len: ed25519::SIGNATURE_LEN, x_len: None },
};

const ML_DSA: Format = Format {
    id: "ML_DSA_65_REC",
    tag: Some("MlDsa"),
    hybrid: false,
    strength: Strength::PostQuantum,
    signature: SignatureFormat { len: ml_dsa_draft::SIGNATURE_LEN, x_len: None },
};

const ED25519_ML_DSA: Format = Format {
    id: "ED25519_Ml_DSA_REC_65",
    tag: Some("Ed25519MlDsaHybrid"),
    hybrid: true,
    strength: Strength::Hybrid,
    signature: SignatureFormat {
        len: ed25519::SIGNATURE_LEN + ml_dsa_draft::SIGNATURE_LEN,
        x_len: Some(ed25519::SIGNATURE_LEN),
    },
};

const HMAC_SHA256: Format = Format {
    id: "fips_openssl_HMAC-SHA256",
    tag: None,
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

const OPE_16: Format = Format {
    id: "OPE_REC-16",
    tag: Some("Ope16"),
    hybrid: false,
    strength: Strength::Hybrid,
    signature: SignatureFormat::NONE,
};

/// `nonce(12) || tag(16) || ciphertext`
pub(crate) type AesGcm = GcmKey<Gcm>;

/// The symmetric part of the suite.
pub(crate) enum Gcm {}

impl GcmSuite for Gcm {
    const FORMAT: &'static Format = &AES_GCM;
    const TAG_FIRST: bool = true;
}

/// X25519 secret. Stored clamped, unlike in the std suite.
pub(crate) struct EciesSecret {
    scalar: Secret<{ x25519::LEN }>,
    key: x25519::SecretKey,
}

/// X25519 point that is not of small order.
pub(crate) struct EciesPublic([u8; x25519::LEN]);

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
        let mut scalar = Secret::<{ x25519::LEN }>::random(entropy)?;
        let [first, .., last] = scalar.expose_mut();
        *first &= 0b1111_1000;
        *last = *last & 0b0111_1111 | 0b0100_0000;
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
    /// `E(32) || blob`, opened with `X25519(self, E)` as it is: the suite derives nothing from it.
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (ephemeral, blob) = blob.split_first_chunk().ok_or(Error::CiphertextTooShort)?;
        // With an ephemeral key of small order the secret would be 32 zeros, known to everybody.
        open_once::<Gcm>(self.key.agree(ephemeral).ok_or(Error::Decryption)?, blob)
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
        seal_once::<Gcm>(shared, &ephemeral_public, plaintext, entropy)
    }
}

/// ML-KEM-768 secret key in its expanded form, which holds the public key.
pub(crate) struct MlKemSecret {
    bytes: SecretBytes,
    key: ml_kem::SecretKey,
}

/// ML-KEM-768 public key.
pub(crate) struct MlKemPublic {
    bytes: Vec<u8>,
    key: ml_kem::PublicKey,
}

impl Algorithm for MlKemSecret {
    const FORMAT: &'static Format = &ML_KEM;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self { key: ml_kem::SecretKey::from_bytes(bytes)?, bytes: SecretBytes::concat(bytes, &[]) })
    }
}

impl Generate for MlKemSecret {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let key = ml_kem::SecretKey::generate(entropy)?;
        let public = key.public();
        Ok((Self { bytes: key.to_bytes(), key }, public))
    }
}

impl Material for MlKemSecret {
    fn format(&self) -> &'static Format {
        &ML_KEM
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.bytes.expose(), &[]]
    }
}

impl Decrypt for MlKemSecret {
    /// `ciphertext(1088) || blob`, opened with the shared secret as key.
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let (ciphertext, blob) = blob.split_first_chunk().ok_or(Error::CiphertextTooShort)?;
        open_once::<Gcm>(self.key.decapsulate(ciphertext)?, blob)
    }

    fn public(&self) -> Result<Vec<u8>, Error> {
        Ok(self.key.public())
    }
}

impl Algorithm for MlKemPublic {
    const FORMAT: &'static Format = &ML_KEM;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self { key: ml_kem::PublicKey::from_bytes(bytes)?, bytes: bytes.to_vec() })
    }
}

impl Material for MlKemPublic {
    fn format(&self) -> &'static Format {
        &ML_KEM
    }

    fn parts(&self) -> [&[u8]; 2] {
        [&self.bytes, &[]]
    }
}

impl Encrypt for MlKemPublic {
    /// Consumes the message seed (32), then the nonce (12).
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let (ciphertext, shared) = self.key.encapsulate(entropy)?;
        seal_once::<Gcm>(shared, &ciphertext, plaintext, entropy)
    }
}

/// ECIES inside, ML-KEM outside.
pub(crate) enum EciesMlKem {}

impl HybridEncryption for EciesMlKem {
    const FORMAT: &'static Format = &ECIES_ML_KEM;
    const X_LEN: (usize, usize) = (x25519::LEN, x25519::LEN);
    type XSecret = EciesSecret;
    type KSecret = MlKemSecret;
    type XPublic = EciesPublic;
    type KPublic = MlKemPublic;
}

/// Ed25519, as in the std suite.
pub(crate) enum Ed25519 {}

impl Name for Ed25519 {
    const FORMAT: &'static Format = &ED25519;
}

pub(crate) type Ed25519Sign = Renamed<std::Ed25519Sign, Ed25519>;
pub(crate) type Ed25519Verify = Renamed<std::Ed25519Verify, Ed25519>;

/// Secret key of the draft ML-DSA-65.
pub(crate) struct MlDsaSign(SecretBytes);

/// Verify key of the draft ML-DSA-65.
pub(crate) struct MlDsaVerify(Box<[u8; ml_dsa_draft::PUBLIC_LEN]>);

impl Algorithm for MlDsaSign {
    const FORMAT: &'static Format = &ML_DSA;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != ml_dsa_draft::SECRET_LEN {
            return Err(Error::KeyLength);
        }
        if !ml_dsa_draft::is_well_formed(bytes) {
            return Err(Error::ImportSignKey);
        }
        Ok(Self(SecretBytes::concat(bytes, &[])))
    }
}

impl Generate for MlDsaSign {
    type Public = Vec<u8>;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Vec<u8>), Error> {
        let (secret, public) = ml_dsa_draft::generate(entropy)?;
        Ok((Self(secret), public))
    }
}

impl Material for MlDsaSign {
    fn format(&self) -> &'static Format {
        &ML_DSA
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.expose(), &[]]
    }
}

impl Sign for MlDsaSign {
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        ml_dsa_draft::sign(self.0.expose(), message, entropy)
    }

    fn belongs_to(&self, public: &[u8]) -> bool {
        ml_dsa_draft::belong_together(self.0.expose(), public)
    }
}

impl Algorithm for MlDsaVerify {
    const FORMAT: &'static Format = &ML_DSA;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let key: &[u8; ml_dsa_draft::PUBLIC_LEN] = bytes.try_into().map_err(|_| Error::KeyLength)?;
        Ok(Self(Box::new(*key)))
    }
}

impl Material for MlDsaVerify {
    fn format(&self) -> &'static Format {
        &ML_DSA
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.0.as_slice(), &[]]
    }
}

impl Verify for MlDsaVerify {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ml_dsa_draft::verify(self.0.as_slice(), message, signature)
    }
}

/// Ed25519 over the message, ML-DSA over the message and the Ed25519 signature.
pub(crate) enum Ed25519MlDsa {}

impl HybridSignature for Ed25519MlDsa {
    const FORMAT: &'static Format = &ED25519_ML_DSA;
    const X_LEN: (usize, usize, usize) = (ed25519::KEY_LEN, ed25519::KEY_LEN, ed25519::SIGNATURE_LEN);
    type XSign = Ed25519Sign;
    type KSign = MlDsaSign;
    type XVerify = Ed25519Verify;
    type KVerify = MlDsaVerify;
}

/// The searchable hashes of the std suite.
pub(crate) enum Hmac {}

impl Name for Hmac {
    const FORMAT: &'static Format = &HMAC_SHA256;
}

pub(crate) type HmacSha256 = Renamed<std::HmacSha256, Hmac>;

/// The sortable numbers of the std suite.
pub(crate) enum Ope {}

impl Name for Ope {
    const FORMAT: &'static Format = &OPE_16;
}

pub(crate) type Ope16 = Renamed<std::Ope16, Ope>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::random::{Scripted, System};
    use crate::suite::Cipher;
    use crate::suite::hybrid::{DecryptionKey, EncryptionKey, SigningKey, VerifyingKey};
    use crate::vectors::{base64, hex, list, load, text};

    #[test]
    fn symmetric_blobs_are_reproduced_from_their_nonces() {
        let mut seen = 0;
        for vector in list(&load("rec_symmetric")["vectors"]) {
            let key = AesGcm::from_bytes(&hex(&vector["key_hex"])).unwrap();
            let aad = if vector["aad_hex"].is_null() { vec![] } else { hex(&vector["aad_hex"]) };
            let plaintext = hex(&vector["plaintext_hex"]);
            let mut blob = vec![0; plaintext.len() + 28];
            let mut nonce = Scripted::new(&[&hex(&vector["nonce_hex"])]);
            key.seal_to(&aad, &plaintext, &mut blob, &mut nonce).unwrap();
            assert_eq!(blob, hex(&vector["ciphertext_hex"]));
            assert_eq!(key.open_copy(&aad, &blob).unwrap(), hex(&vector["plaintext_hex"]));
            seen += 1;
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn all_sixteen_tag_bytes_are_verified_and_short_blobs_are_errors() {
        let file = load("rec_symmetric");
        let key = AesGcm::from_bytes(&hex(&file["negative_key_hex"])).unwrap();
        let base = hex(&file["negative_base_ciphertext_hex"]);
        assert!(key.open_copy(&[], &base).is_ok());
        let mut seen = 0;
        for case in list(&file["negative"]) {
            let mut blob = base.clone();
            if let Some(changed) = case.get("ciphertext_hex") {
                blob = hex(changed);
            } else if let Some(length) = case.get("length") {
                blob.truncate(crate::vectors::number(length) as usize);
            } else {
                blob[crate::vectors::number(&case["byte"]) as usize] ^= 1;
            }
            assert_eq!(text(&case["required"]), "reject");
            assert!(key.open_copy(&[], &blob).is_err(), "{}", case["name"]);
            assert!(key.open(&[], &mut blob).is_err(), "{}", case["name"]);
            seen += 1;
        }
        assert_eq!(seen, 15);
    }

    #[test]
    fn ecies_is_reproduced_from_its_randomness() {
        let mut seen = 0;
        for vector in list(&load("rec_asymmetric")["ecies"]) {
            let secret = EciesSecret::from_bytes(&hex(&vector["secret_key_hex"])).unwrap();
            assert_eq!(secret.public().unwrap(), hex(&vector["public_key_hex"]));
            let public = EciesPublic::from_bytes(&hex(&vector["public_key_hex"])).unwrap();
            let mut randomness =
                Scripted::new(&[&hex(&vector["ephemeral_secret_hex"]), &hex(&vector["nonce_hex"])]);
            let blob = public.encrypt(&hex(&vector["plaintext_hex"]), &mut randomness).unwrap();
            assert_eq!(blob, hex(&vector["ciphertext_hex"]));
            assert_eq!(secret.decrypt(&blob).unwrap(), hex(&vector["plaintext_hex"]));
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn generated_x25519_secrets_are_clamped() {
        for byte in [0, 0xff] {
            let (secret, _) = EciesSecret::generate(&mut Scripted::new(&[&[byte; 32]])).unwrap();
            let [first, .., last] = secret.scalar.expose();
            assert_eq!((first & 7, last >> 6), (0, 1));
        }
    }

    #[test]
    fn an_ephemeral_key_of_small_order_is_refused() {
        let (secret, _) = EciesSecret::generate(&mut System).unwrap();
        let forged = seal_once::<Gcm>(Secret::zeroed(), &[0; 32], b"known secret", &mut System).unwrap();
        assert_eq!(secret.decrypt(&forged), Err(Error::Decryption));
        assert_eq!(EciesPublic::from_bytes(&[0; 32]).err(), Some(Error::WeakKey));
    }

    #[test]
    fn hybrid_blobs_of_the_vectors_are_opened() {
        let mut seen = 0;
        for vector in list(&load("rec_asymmetric")["hybrid"]) {
            let raw = |name: &str| {
                let export: serde_json::Value = serde_json::from_str(text(&vector[name])).unwrap();
                ["x", "k"].map(|half| base64(&export["EciesMlKemHybrid"][half])).concat()
            };
            let secret_bytes = raw("secret_key_export_json");
            let secret = DecryptionKey::<EciesMlKem>::from_bytes(&secret_bytes).unwrap();
            let public = raw("public_key_export_json");
            assert_eq!(secret.public().unwrap(), public);

            let blob = base64(&vector["ciphertext_b64"]);
            let plaintext = hex(&vector["plaintext_hex"]);
            assert_eq!(secret.decrypt(&blob).unwrap(), plaintext);
            let inner = MlKemSecret::from_bytes(&secret_bytes[32..]).unwrap().decrypt(&blob).unwrap();
            assert_eq!(inner, hex(&vector["inner_ecies_blob_hex"]));

            let public = EncryptionKey::<EciesMlKem>::from_bytes(&public).unwrap();
            let ours = public.encrypt(&plaintext, &mut System).unwrap();
            assert_eq!(ours.len(), plaintext.len() + 1176);
            assert_eq!(secret.decrypt(&ours).unwrap(), plaintext);

            let wrapped = &vector["encrypted_private_key"];
            if !wrapped.is_null() {
                let master_key = AesGcm::from_bytes(&hex(&wrapped["master_key_hex"])).unwrap();
                let opened =
                    master_key.open_copy(&[], &base64(&wrapped["encrypted_private_key_b64"])).unwrap();
                assert_eq!(opened, secret_bytes);
            }
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn ed25519_signatures_are_reproduced() {
        let mut seen = 0;
        for vector in list(&load("rec_sign")["ed25519"]) {
            let data = hex(&vector["data_hex"]);
            let sign = Ed25519Sign::from_bytes(&hex(&vector["sign_key_hex"])).unwrap();
            let verify = Ed25519Verify::from_bytes(&hex(&vector["verify_key_hex"])).unwrap();
            assert!(sign.belongs_to(&hex(&vector["verify_key_hex"])));
            let signature = sign.sign(&data, &mut System).unwrap();
            assert_eq!(signature, hex(&vector["signature_hex"]));
            assert!(verify.verify(&data, &signature));
            assert_eq!(sign.format().id, "fips_openssl_ED25519");
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn hybrid_signatures_of_the_vectors_verify() {
        let mut seen = 0;
        for vector in list(&load("rec_sign")["hybrid"]) {
            let raw = |name: &str| {
                let export: serde_json::Value = serde_json::from_str(text(&vector[name])).unwrap();
                ["x", "k"].map(|half| base64(&export["Ed25519MlDsaHybrid"][half])).concat()
            };
            let public = raw("verify_key_export_json");
            let verify = VerifyingKey::<Ed25519MlDsa>::from_bytes(&public).unwrap();
            let attached = base64(&vector["signed_data_b64"]);
            let (signature, data) = attached.split_at(ED25519_ML_DSA.signature.len);
            assert_eq!(data, hex(&vector["data_hex"]));
            assert!(verify.verify(data, signature));
            assert!(!verify.verify(b"other data", signature));

            let sign = SigningKey::<Ed25519MlDsa>::from_bytes(&raw("sign_key_export_json")).unwrap();
            assert!(sign.belongs_to(&public));
            let ours = sign.sign(data, &mut System).unwrap();
            assert_eq!(ours.len(), ED25519_ML_DSA.signature.len);
            assert!(verify.verify(data, &ours));
            assert_eq!(ours[..64], signature[..64], "the classical half is deterministic");
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn the_vectors_name_the_algorithms_of_this_suite() {
        let encryption = &load("rec_asymmetric")["algs"];
        assert_eq!(text(&encryption["ecies"]), ECIES.id);
        assert_eq!(text(&encryption["ml_kem"]), ML_KEM.id);
        assert_eq!(text(&encryption["hybrid"]), ECIES_ML_KEM.id);
        let signing = &load("rec_sign")["algs"];
        assert_eq!(text(&signing["ed25519"]), ED25519.id);
        assert_eq!(text(&signing["ml_dsa"]), ML_DSA.id);
        assert_eq!(text(&signing["hybrid"]), ED25519_ML_DSA.id);
        let misc = &load("rec_fips_misc")["rec"];
        assert_eq!(text(&misc["hmac_alg"]), HMAC_SHA256.id);
        assert_eq!(text(&misc["sortable_alg"]), OPE_16.id);
    }
}
