//! The signature of messages: asymmetric, in the form of the Standard Webhooks specification (version `v1a`).
//!
//! `webhook-signature: v1a,<base64 Ed25519(id "." timestamp "." body)>`. An app verifies it with the public key of the installation; nobody
//! who can verify can also sign, and the key outlives the app that a last message is about.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64ct::{Base64, Encoding as _};
use keyfold_protocol::error::ErrorCode;
use zeroize::Zeroizing;

use crate::error::ApiError;

/// The key of an installation for its messages.
#[derive(Clone)]
pub(crate) struct CallbackKey {
    pair: std::sync::Arc<Ed25519KeyPair>,
}

impl CallbackKey {
    /// A new key, as PKCS#8 document.
    ///
    /// # Errors
    /// 500/10000 when the system has no randomness.
    pub(crate) fn generate() -> Result<Zeroizing<Vec<u8>>, ApiError> {
        let failed = |_| ApiError::caused_by(ErrorCode::Internal, "no new key for callbacks");
        let pair = Ed25519KeyPair::generate().map_err(failed)?;
        let document = pair.to_pkcs8v1().map_err(failed)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// Reads a PKCS#8 document.
    ///
    /// # Errors
    /// 400/10001.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, ApiError> {
        let pair = Ed25519KeyPair::from_pkcs8(document)
            .map_err(|_| ApiError::caused_by(ErrorCode::AtRest, "the key for callbacks is not readable"))?;
        Ok(Self { pair: std::sync::Arc::new(pair) })
    }

    /// The value of the header `webhook-signature`.
    pub(super) fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let signed = [id.as_bytes(), b".", seconds.to_string().as_bytes(), b".", body].concat();
        format!("v1a,{}", Base64::encode_string(self.pair.sign(&signed).as_ref()))
    }

    /// `whpk_` and the base64 of the 32 bytes.
    pub(crate) fn public_key(&self) -> String {
        format!("whpk_{}", Base64::encode_string(self.pair.public_key().as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_signature_covers_id_time_and_body() {
        let key = CallbackKey::parse(&CallbackKey::generate().unwrap()).unwrap();
        let public = Base64::decode_vec(key.public_key().strip_prefix("whpk_").unwrap()).unwrap();
        let signature = key.sign("id", 17, b"[]");
        let signature = Base64::decode_vec(signature.strip_prefix("v1a,").unwrap()).unwrap();
        let verify =
            |text: &str| UnparsedPublicKey::new(&ED25519, &public).verify(text.as_bytes(), &signature);
        assert!(verify("id.17.[]").is_ok());
        for changed in ["ie.17.[]", "id.18.[]", "id.17.[1]"] {
            assert!(verify(changed).is_err(), "{changed}");
        }
    }

    /// The same message as in the tests of the backend package, which run the code of the documentation on it.
    #[test]
    fn a_known_message_has_its_known_signature() {
        let head: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        let key = CallbackKey::parse(&[head, &[7; 32]].concat()).unwrap();
        assert_eq!(key.public_key(), "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=");
        let id = "0190a6a4-3b1c-7cde-8f01-23456789abcd";
        assert_eq!(
            key.sign(id, 1_763_776_800, br#"["0190a6a4-3b1c-7cde-8f01-23456789abce"]"#),
            "v1a,mIvGQjNS8hlewTyCVRU0jXT6pRT7LTm+uE5pQEdXNa5CoGCiO7nJ8H9JIWQapqYScftBUaGVC9PneXgY0R63Bw=="
        );
    }
}
