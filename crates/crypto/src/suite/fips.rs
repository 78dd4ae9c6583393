//! The fips suite, as far as a server has to do with it: encrypting to its public keys.
//!
//! Its clients are Rust programs built against OpenSSL. A server meets their keys when it encrypts a login challenge or an
//! ephemeral key of a rotation. Symmetric algorithm, Ed25519 and HMAC bear the same ids as in the rec suite and are read by
//! it.

use super::gcm::seal_once;
use super::{Algorithm, Encrypt, Format, Material, SignatureFormat, rec};
use crate::encoding::from_pem;
use crate::primitives::random::Entropy;
use crate::primitives::rsa_oaep;
use crate::{Error, Secret, Strength};

const RSA_OAEP: Format = Format {
    id: "fips_openssl_rsa_oaep_wrap",
    tag: None,
    hybrid: false,
    strength: Strength::Classical,
    signature: SignatureFormat::NONE,
};

/// RSA-2048 public key. Its raw form is the *text* of a PEM SubjectPublicKeyInfo.
pub(crate) struct RsaPublic {
    pem: Vec<u8>,
    key: rsa_oaep::PublicKey,
}

impl Algorithm for RsaPublic {
    const FORMAT: &'static Format = &RSA_OAEP;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::Pem)?;
        Ok(Self { key: rsa_oaep::PublicKey::from_der(&from_pem(text)?)?, pem: bytes.to_vec() })
    }
}

impl Material for RsaPublic {
    fn format(&self) -> &'static Format {
        &RSA_OAEP
    }

    fn parts(&self) -> [&[u8]; 2] {
        [&self.pem, &[]]
    }
}

impl Encrypt for RsaPublic {
    /// `RSA-OAEP(key)(256) || blob`, with a fresh key (32). Consumes the key, then the nonce (12).
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        let key = Secret::<32>::random(entropy)?;
        let wrapped = self.key.encrypt(key.expose())?;
        seal_once::<rec::Gcm>(key, &wrapped, plaintext, entropy)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};

    use super::*;
    use crate::PublicKey;
    use crate::primitives::random::System;
    use crate::suite::gcm::open_once;
    use crate::vectors::{base64, hex, load, text};

    #[test]
    fn blobs_of_the_vectors_and_ours_open_with_the_private_key() {
        let fips = &load("rec_fips_misc")["fips"];
        let secret = private_key(text(&fips["rsa_private_pem"]));
        let theirs = open(&secret, &base64(&fips["ciphertext_b64"]));
        assert_eq!(theirs, (hex(&fips["aes_key_hex"]), hex(&fips["plaintext_hex"])));

        let public = RsaPublic::from_bytes(text(&fips["rsa_public_pem"]).as_bytes()).unwrap();
        let ours = public.encrypt(b"a challenge", &mut System).unwrap();
        assert_eq!(ours.len(), 256 + 28 + 11);
        assert_eq!(open(&secret, &ours).1, b"a challenge");
    }

    #[test]
    fn the_server_form_is_a_pem_text_in_a_pem_text() {
        let fips = &load("rec_fips_misc")["fips"];
        let (algorithm, server_form) = (text(&fips["asym_alg"]), text(&fips["rsa_server_form_pem"]));
        let key = PublicKey::parse("id", algorithm, server_form).unwrap();
        assert_eq!(key.to_server_form(), server_form);
        assert_eq!(key.to_raw().expose(), text(&fips["rsa_public_pem"]).as_bytes());
        let secret = private_key(text(&fips["rsa_private_pem"]));
        assert_eq!(open(&secret, &key.encrypt(b"ephemeral").unwrap()).1, b"ephemeral");
    }

    #[test]
    fn what_is_no_rsa_2048_key_is_an_error() {
        for bytes in [&b""[..], b"\xff", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(RsaPublic::from_bytes(bytes).is_err());
        }
        let larger = PrivateDecryptingKey::generate(aws_lc_rs::rsa::KeySize::Rsa3072).unwrap().public_key();
        let der = aws_lc_rs::encoding::AsDer::as_der(&larger).unwrap();
        let pem = crate::encoding::to_pem(der.as_ref());
        assert_eq!(RsaPublic::from_bytes(pem.as_bytes()).err(), Some(Error::KeyLength));
    }

    /// The AES key and the plaintext.
    fn open(secret: &OaepPrivateDecryptingKey, blob: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (wrapped, blob) = blob.split_at(256);
        let mut buffer = vec![0; secret.min_output_size()];
        let key = secret.decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut buffer, None).unwrap();
        (key.to_vec(), open_once::<rec::Gcm>(Secret::from_slice(key).unwrap(), blob).unwrap())
    }

    /// From the PKCS#1 text that the suite's clients keep. The library wants PKCS#8: the same key after a fixed head.
    fn private_key(pem: &str) -> OaepPrivateDecryptingKey {
        let pkcs1 = from_pem(pem).unwrap();
        let rsa_encryption = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
        let body = [&[2, 1, 0][..], &rsa_encryption, &der(4, &pkcs1)].concat();
        OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&der(0x30, &body)).unwrap()).unwrap()
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    }
}
