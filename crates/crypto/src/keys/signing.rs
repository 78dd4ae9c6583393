//! Key pairs for signatures.

use std::fmt;
use std::sync::Arc;

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::user::VerifyKeyData;
use serde::{Deserialize, Serialize};

use super::{debug_key, from_server_form, raw, read_hybrid_text, to_server_form};
use crate::encoding::{from_base64, to_base64};
use crate::export::{self, Export};
use crate::primitives::random::{Entropy, System};
use crate::suite::{Format, SignKey, VerifyKey};
use crate::wire::{algorithm_id, key_text};
use crate::{Error, Policy, SecretBytes, SecretText, Strength, Suite, SymmetricKey};

/// Secret half of a signature key pair, with its id.
pub struct SigningKey {
    id: Arc<str>,
    key: SignKey,
}

impl SigningKey {
    /// A new key pair.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::KeyGeneration`] (`client_11`).
    pub fn generate(suite: &Suite, id: &str) -> Result<(Self, VerifyingKey), Error> {
        Self::generate_algorithm(suite.signing, id, &mut System)
    }

    /// The id by which signed values name this key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same key under another id: the server gives ids only after a key was made.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// Id of the algorithm, for example `ED25519_DILITHIUM_3`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// Signs and returns the detached signature in text form: base64, or `{"x":"…","k":"…"}` for a hybrid.
    ///
    /// # Errors
    /// [`Error::Signing`] (`client_41`), [`Error::NoRandomness`] (`client_13`).
    pub fn sign(&self, message: &[u8]) -> Result<String, Error> {
        self.signature_to_text(&self.sign_raw(message)?)
    }

    /// Signs and returns `signature || message`.
    ///
    /// # Errors
    /// [`Error::SignedDataTooShort`] (`client_42`) for an empty message, which the format cannot express; as
    /// [`sign`](Self::sign).
    pub fn sign_attached(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if message.is_empty() {
            return Err(Error::SignedDataTooShort);
        }
        let mut signed = self.sign_raw(message)?;
        signed.reserve_exact(message.len());
        signed.extend_from_slice(message);
        Ok(signed)
    }

    /// Client-side text form, for example `{"Ed25519DilithiumHybrid":{"x":"…","k":"…","key_id":"…"}}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<SecretText, Error> {
        export::write(self.key.format(), self.key.parts(), Some(&self.id))
    }

    /// Reads the client-side text form.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`), [`Error::ImportSignKey`]
    /// (`client_110`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = SignKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        Self::import_fields(format.id, &export)
    }

    /// Reads the client-side text form of a known algorithm. Two suites write the keys of some algorithms alike; there
    /// [`import`](Self::import) takes the one of the std suite.
    ///
    /// # Errors
    /// As [`import`](Self::import), and [`Error::UnknownAlgorithm`] (`client_1`).
    pub fn import_as(algorithm: &str, text: &str) -> Result<Self, Error> {
        SignKey::format_of(algorithm)?;
        Self::import_fields(algorithm, &Export::read(text)?)
    }

    /// Makes a pair of one of the readable algorithms, also those that no suite makes any more.
    pub(crate) fn generate_algorithm(
        algorithm: &str,
        id: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, VerifyingKey), Error> {
        let (key, public) = SignKey::generate(algorithm, entropy)?;
        let verify = VerifyingKey::from_bytes(algorithm, &public, id)?;
        Ok((Self { id: id.into(), key }, verify))
    }

    pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        Ok(Self { id: id.into(), key: SignKey::from_bytes(algorithm, bytes)? })
    }

    /// Opens an encrypted key pair as a server returns it: the secret half under `key`, the verify key in clear, which is
    /// checked against the secret one.
    pub(crate) fn unwrap_pair(
        key: &SymmetricKey,
        algorithm: &AlgorithmId,
        encrypted: &Base64Text,
        verify: &KeyText,
        id: &str,
    ) -> Result<(Self, VerifyingKey), Error> {
        let secret = Self::from_bytes(algorithm.as_str(), key.unwrap(encrypted)?.expose(), id)?;
        let verify = VerifyingKey::parse(id, algorithm.as_str(), verify.as_str())?;
        if !secret.key.belongs_to(verify.to_raw().expose()) {
            return Err(Error::KeyPairMismatch);
        }
        Ok((secret, verify))
    }

    /// The secret half under `key`.
    pub(crate) fn wrap(&self, key: &SymmetricKey) -> Result<Base64Text, Error> {
        key.wrap(raw(self.key.parts()).expose())
    }

    /// The raw detached signature, [`signature_len`](Self::signature_len) bytes.
    pub(crate) fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(message, &mut System)
    }

    pub(crate) fn signature_len(&self) -> usize {
        self.key.format().signature.len
    }

    fn signature_to_text(&self, signature: &[u8]) -> Result<String, Error> {
        match self.key.format().signature.x_len {
            None => Ok(to_base64(signature)),
            Some(x_len) => {
                let (x, k) = signature.split_at_checked(x_len).ok_or(Error::Signing)?;
                Ok(format!("{{\"x\":\"{}\",\"k\":\"{}\"}}", to_base64(x), to_base64(k)))
            }
        }
    }

    fn import_fields(algorithm: &str, export: &Export<'_>) -> Result<Self, Error> {
        let bytes = export.bytes(Error::ImportSignKey)?;
        Self::from_bytes(algorithm, bytes.expose(), export.id()).map_err(|_| Error::ImportSignKey)
    }
}

/// Public half of a signature key pair, with its id. Cheap to clone.
#[derive(Clone)]
pub struct VerifyingKey {
    id: Arc<str>,
    key: Arc<VerifyKey>,
}

impl VerifyingKey {
    /// Reads a verify key from its id, algorithm and server form, without judging it; see [`VerifyingKey::accept`].
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] (`client_1`), [`Error::Pem`] (`client_115`), [`Error::JsonRead`] (`client_101`),
    /// [`Error::KeyLength`] (`client_30`), [`Error::MalformedVerifyKey`] (`client_43`), [`Error::WeakKey`]
    /// (`client_405`).
    pub fn parse(id: &str, algorithm: &str, server_form: &str) -> Result<Self, Error> {
        let format = VerifyKey::format_of(algorithm)?;
        Self::from_bytes(algorithm, &from_server_form(format, server_form)?, id)
    }

    /// Reads somebody's verify key from a server's answer, if it satisfies `policy`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and [`Error::WeakAlgorithm`] (`client_403`).
    pub fn accept(data: &VerifyKeyData, policy: &Policy) -> Result<Self, Error> {
        let key =
            Self::parse(data.verify_key_id.as_str(), data.verify_key_alg.as_str(), data.verify_key.as_str())?;
        if key.strength() < policy.minimum_signature {
            return Err(Error::WeakAlgorithm);
        }
        Ok(key)
    }

    /// The id by which signed values name this key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same key under another id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// Id of the algorithm, for example `ED25519_DILITHIUM_3`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// How strong the algorithm is.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.key.format().strength
    }

    /// Whether `signature`, a detached signature in text form, holds for `message`.
    ///
    /// # Errors
    /// [`Error::SignatureNotBase64`] (`client_8`), [`Error::JsonRead`] (`client_101`): the text is no signature of this
    /// algorithm. A signature that is one but wrong is `Ok(false)`.
    pub fn verify_text(&self, message: &[u8], signature: &str) -> Result<bool, Error> {
        Ok(self.verify_raw(message, &signature_from_text(self.key.format(), signature)?))
    }

    /// Checks `signature || message` and returns the message.
    ///
    /// # Errors
    /// [`Error::SignedDataTooShort`] (`client_42`), [`Error::ContentSignature`] (`client_22`).
    pub fn verify_attached<'m>(&self, signed: &'m [u8]) -> Result<&'m [u8], Error> {
        let (signature, message) = split_signature(self.key.format(), signed)?;
        if !self.verify_raw(message, signature) {
            return Err(Error::ContentSignature);
        }
        Ok(message)
    }

    /// The text that servers keep: PEM, or JSON with two of them.
    #[must_use]
    pub fn to_server_form(&self) -> String {
        to_server_form(self.key.format(), self.key.parts())
    }

    /// The raw key bytes, `x || k` for a hybrid: what a safety number is computed from.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.parts().concat()
    }

    /// Client-side text form of the key alone, for example `{"Ed25519DilithiumHybrid":{"x":"…","k":"…","key_id":"…"}}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<String, Error> {
        export::write(self.key.format(), self.key.parts(), Some(self.id())).map(SecretText::into_exposed)
    }

    /// Reads the client-side text form of the key alone.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`), [`Error::ImportVerifyKey`]
    /// (`client_114`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = VerifyKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        let bytes = export.bytes(Error::ImportVerifyKey)?;
        Self::from_bytes(format.id, bytes.expose(), export.id()).map_err(|_| Error::ImportVerifyKey)
    }

    /// Text form with the algorithm, in which bindings and caches hand verify keys around:
    /// `{"verify_key_pem","verify_key_alg","verify_key_id"}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export_data(&self) -> Result<String, Error> {
        serde_json::to_string(&ExportedVerifyKey {
            verify_key_pem: self.to_server_form(),
            verify_key_alg: self.algorithm().to_owned(),
            verify_key_id: self.id().to_owned(),
        })
        .map_err(|_| Error::JsonWrite)
    }

    /// Reads the form of [`export_data`](Self::export_data).
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`) and as [`parse`](Self::parse).
    pub fn import_data(text: &str) -> Result<Self, Error> {
        let data: ExportedVerifyKey =
            keyfold_protocol::json::from_slice(text.as_bytes()).map_err(|_| Error::JsonRead)?;
        Self::parse(&data.verify_key_id, &data.verify_key_alg, &data.verify_key_pem)
    }

    pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        let key = VerifyKey::from_bytes(algorithm, bytes)?;
        Ok(Self { id: id.into(), key: Arc::new(key) })
    }

    pub(crate) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.key.format().signature.len && self.key.verify(message, signature)
    }

    pub(crate) fn to_raw(&self) -> SecretBytes {
        raw(self.key.parts())
    }

    /// Algorithm and server form, as request bodies want them.
    pub(crate) fn to_wire(&self) -> Result<(AlgorithmId, KeyText), Error> {
        Ok((algorithm_id(self.algorithm())?, key_text(self.to_server_form())?))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_key(f, "VerifyingKey", self.algorithm(), self.id())
    }
}

impl PartialEq for VerifyingKey {
    /// Same algorithm and same key, whatever the id.
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.key.parts() == other.key.parts()
    }
}

impl Eq for VerifyingKey {}

/// `signature || message` taken apart by the length of the algorithm's signatures, unchecked.
pub(crate) fn strip_signature<'m>(algorithm: &str, signed: &'m [u8]) -> Result<&'m [u8], Error> {
    split_signature(VerifyKey::format_of(algorithm)?, signed).map(|(_, message)| message)
}

fn split_signature<'m>(format: &Format, signed: &'m [u8]) -> Result<(&'m [u8], &'m [u8]), Error> {
    // An empty message would be as long as its signature; the format has no such thing.
    match signed.split_at_checked(format.signature.len) {
        Some((signature, message)) if !message.is_empty() => Ok((signature, message)),
        _ => Err(Error::SignedDataTooShort),
    }
}

fn signature_from_text(format: &Format, text: &str) -> Result<Vec<u8>, Error> {
    if format.signature.x_len.is_none() {
        return from_base64(text, Error::SignatureNotBase64);
    }
    let [x, k] = read_hybrid_text(text)?;
    let x = from_base64(&x, Error::SignatureNotBase64)?;
    let k = from_base64(&k, Error::SignatureNotBase64)?;
    // Lengths are checked part by part, so that the split stands where the text has it.
    if Some(x.len()) != format.signature.x_len {
        return Err(Error::MalformedVerifyKey);
    }
    Ok([x, k].concat())
}

#[derive(Serialize, Deserialize)]
struct ExportedVerifyKey {
    verify_key_pem: String,
    verify_key_alg: String,
    verify_key_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{base64, hex, list, load, text};

    #[test]
    fn encrypted_sign_keys_of_the_vectors_open_or_are_refused() {
        let file = load("std_sign");
        let vector = &file["encrypted_sign_key"];
        let open = |vector: &serde_json::Value| {
            let master_key = SymmetricKey::from_bytes("AES-GCM-256", &hex(&vector["master_key_hex"]), "")?;
            let key = master_key.unwrap(&Base64Text::encode(&base64(&vector["encrypted_sign_key_b64"])))?;
            SigningKey::from_bytes("ED25519_DILITHIUM_3", key.expose(), "sid")
        };
        assert_eq!(open(vector).unwrap().export().unwrap().expose(), text(&vector["expected_export_json"]));
        let mut refused = 0;
        for case in list(&file["negative"]).iter().filter(|case| case["encrypted_sign_key_b64"].is_string()) {
            assert_eq!(open(case).err(), Some(Error::KeyLength), "{case}");
            refused += 1;
        }
        assert_eq!(refused, 1);
    }

    #[test]
    fn a_signature_text_whose_parts_have_other_lengths_is_refused() {
        let (sign, verify) = SigningKey::generate(&Suite::STD, "id").unwrap();
        let raw = sign.sign_raw(b"message").unwrap();
        // The right bytes, cut at another place.
        let (x, k) = raw.split_at(63);
        let text = format!("{{\"x\":\"{}\",\"k\":\"{}\"}}", to_base64(x), to_base64(k));
        assert_eq!(verify.verify_text(b"message", &text), Err(Error::MalformedVerifyKey));
    }
}
