//! Key pairs for asymmetric encryption.

use std::fmt;
use std::sync::Arc;

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::id::KeyId;
use keyfold_protocol::user::PublicKeyData;
use serde::{Deserialize, Serialize};

use super::{debug_key, from_server_form, raw, to_server_form};
use crate::encoding::from_base64;
use crate::export::{self, Export};
use crate::primitives::random::{Entropy, System};
use crate::suite::{DecryptKey, EncryptKey};
use crate::wire::{algorithm_id, key_text};
use crate::{Error, Policy, SecretBytes, SecretText, Strength, Suite, SymmetricKey, VerifyingKey};

/// Secret half of an encryption key pair, with its id.
pub struct PrivateKey {
    id: Arc<str>,
    key: DecryptKey,
}

impl PrivateKey {
    /// A new key pair.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::KeyGeneration`] (`client_11`).
    pub fn generate(suite: &Suite, id: &str) -> Result<(Self, PublicKey), Error> {
        Self::generate_algorithm(suite.encryption, id, &mut System)
    }

    /// The id by which encrypted values name this key.
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

    /// Id of the algorithm, for example `ECIES-ed25519_KYBER_768`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// Decrypts what was encrypted to the public half.
    ///
    /// # Errors
    /// [`Error::CiphertextTooShort`] (`client_10`), [`Error::Decryption`] (`client_14`).
    pub fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.decrypt(blob)
    }

    /// Takes one layer off a ciphertext whose blobs are decrypted outside of this crate: the raw one-time key of AES-256-GCM, and the
    /// blob under it, `nonce || ciphertext || tag`. `depth` 0 is the outermost layer; what is in the blob of one layer is the ciphertext
    /// of the next, and the plaintext where there is none (`None`). Algorithms with another cipher have no layers.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn one_time_key<'c>(
        &self,
        depth: usize,
        ciphertext: &'c [u8],
    ) -> Result<Option<(SecretBytes, &'c [u8])>, Error> {
        self.key.layer(depth, ciphertext)
    }

    /// The public half, computed from the secret one.
    ///
    /// # Errors
    /// [`Error::UnusablePrivateKey`] (`client_3`).
    pub fn public_key(&self) -> Result<PublicKey, Error> {
        PublicKey::from_bytes(self.algorithm(), &self.key.public()?, &self.id)
    }

    /// Client-side text form, for example `{"EciesKyberHybrid":{"x":"…","k":"…","key_id":"…"}}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<SecretText, Error> {
        export::write(self.key.format(), self.key.parts(), Some(&self.id))
    }

    /// Reads the client-side text form.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`), [`Error::ImportPrivateKey`]
    /// (`client_111`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = DecryptKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        Self::import_fields(format.id, &export)
    }

    /// Reads the client-side text form of a known algorithm. Two suites write the keys of some algorithms alike; there
    /// [`import`](Self::import) takes the one of the std suite.
    ///
    /// # Errors
    /// As [`import`](Self::import), and [`Error::UnknownAlgorithm`] (`client_1`).
    pub fn import_as(algorithm: &str, text: &str) -> Result<Self, Error> {
        DecryptKey::format_of(algorithm)?;
        Self::import_fields(algorithm, &Export::read(text)?)
    }

    /// Makes a pair of one of the readable algorithms, also those that no suite makes any more.
    pub(crate) fn generate_algorithm(
        algorithm: &str,
        id: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, PublicKey), Error> {
        let (key, public) = DecryptKey::generate(algorithm, entropy)?;
        let public = PublicKey::from_bytes(algorithm, &public, id)?;
        Ok((Self { id: id.into(), key }, public))
    }

    pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        Ok(Self { id: id.into(), key: DecryptKey::from_bytes(algorithm, bytes)? })
    }

    /// Opens an encrypted key pair as a server returns it: the secret half under `key`, the public half in clear.
    ///
    /// The public half is checked against the secret one. A server that could replace it would receive everything that
    /// is later encrypted to this key.
    pub(crate) fn unwrap_pair(
        key: &SymmetricKey,
        algorithm: &AlgorithmId,
        encrypted: &Base64Text,
        public: &KeyText,
        id: &str,
    ) -> Result<(Self, PublicKey), Error> {
        let secret = Self::from_bytes(algorithm.as_str(), key.unwrap(encrypted)?.expose(), id)?;
        let public = PublicKey::parse(id, algorithm.as_str(), public.as_str())?;
        if secret.key.public()? != *public.to_raw().expose() {
            return Err(Error::KeyPairMismatch);
        }
        Ok((secret, public))
    }

    /// The secret half under `key`.
    pub(crate) fn wrap(&self, key: &SymmetricKey) -> Result<Base64Text, Error> {
        key.wrap(raw(self.key.parts()).expose())
    }

    /// Decrypts a key that was encrypted to the public half.
    pub(crate) fn unwrap(&self, text: &Base64Text) -> Result<SecretBytes, Error> {
        self.decrypt(&from_base64(text.as_str(), Error::EncryptedKeyNotBase64)?).map(SecretBytes::new)
    }

    fn import_fields(algorithm: &str, export: &Export<'_>) -> Result<Self, Error> {
        let bytes = export.bytes(Error::ImportPrivateKey)?;
        Self::from_bytes(algorithm, bytes.expose(), export.id()).map_err(|_| Error::ImportPrivateKey)
    }
}

/// Public half of an encryption key pair, with its id and, if it is a user's, the signature that its user put on it.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    id: Arc<str>,
    key: Arc<EncryptKey>,
    signature: Option<Arc<Signature>>,
}

/// A signature in text form with the id of the key that made it.
struct Signature {
    text: String,
    key_id: String,
}

impl PublicKey {
    /// Reads a public key from its id, algorithm and server form, without judging it; see [`PublicKey::accept`].
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] (`client_1`), [`Error::Pem`] (`client_115`), [`Error::JsonRead`] (`client_101`),
    /// [`Error::KeyLength`] (`client_30`), [`Error::WeakKey`] (`client_405`).
    pub fn parse(id: &str, algorithm: &str, server_form: &str) -> Result<Self, Error> {
        let format = EncryptKey::format_of(algorithm)?;
        Self::from_bytes(algorithm, &from_server_form(format, server_form)?, id)
    }

    /// Reads somebody's public key from a server's answer, if it satisfies `policy`.
    ///
    /// With `verify_key`, the verify key of the same user, a signature that is there is checked; the policy says whether
    /// it has to be.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); [`Error::WeakAlgorithm`] (`client_403`), [`Error::SignatureMissing`] (`client_401`),
    /// [`Error::WrongVerifyKey`] (`client_20`), [`Error::KeySignature`] (`client_31`).
    pub fn accept(
        data: &PublicKeyData,
        verify_key: Option<&VerifyingKey>,
        policy: &Policy,
    ) -> Result<Self, Error> {
        let format = EncryptKey::format_of(data.public_key_alg.as_str())?;
        let bytes = from_server_form(format, data.public_key.as_str())?;
        let key = Self::from_bytes(format.id, &bytes, data.public_key_id.as_str())?.with_signature(
            data.public_key_sig.as_ref().map(KeyText::as_str),
            data.public_key_sig_key_id.as_ref().map(KeyId::as_str),
        );
        if key.strength() < policy.minimum_encryption {
            return Err(Error::WeakAlgorithm);
        }
        match verify_key {
            Some(verify_key) if key.signature_key_id().is_some() => {
                if verify_key.strength() < policy.minimum_signature {
                    return Err(Error::WeakAlgorithm);
                }
                if !key.is_signed_by(verify_key)? {
                    return Err(Error::KeySignature);
                }
            }
            _ if policy.signed_public_keys => return Err(Error::SignatureMissing),
            _ => {}
        }
        Ok(key)
    }

    /// The id by which encrypted values name this key.
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

    /// Id of the algorithm, for example `ECIES-ed25519_KYBER_768`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// How strong the algorithm is.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.key.format().strength
    }

    /// Encrypts to the owner of the private half. Anybody can do that: the result says nothing about its author.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::Encryption`] (`client_12`).
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt_with(plaintext, &mut System)
    }

    /// One layer of a ciphertext whose blobs are encrypted outside of this crate: what stands in front of the blob, and the raw one-time
    /// key of AES-256-GCM for it, which is used once. `depth` 0 is the innermost layer, whose blob holds the plaintext; the blob of each
    /// other one holds front and blob of the layer before, and the last one is the ciphertext. `None`: there is no such layer.
    /// Algorithms with another cipher have none.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn one_time_key(&self, depth: usize) -> Result<Option<(Vec<u8>, SecretBytes)>, Error> {
        self.key.layer(depth, &mut System)
    }

    /// Id of the verify key with which the signature of this key is to be checked, if it has one.
    #[must_use]
    pub fn signature_key_id(&self) -> Option<&str> {
        self.signature.as_ref().map(|signature| signature.key_id.as_str())
    }

    /// Whether the key carries a valid signature of `verify_key`. A key without a signature is not signed.
    ///
    /// # Errors
    /// [`Error::WrongVerifyKey`] (`client_20`) if the signature names another verify key,
    /// [`Error::SignatureNotBase64`] (`client_8`).
    pub fn is_signed_by(&self, verify_key: &VerifyingKey) -> Result<bool, Error> {
        let Some(signature) = &self.signature else { return Ok(false) };
        if signature.key_id != verify_key.id() {
            return Err(Error::WrongVerifyKey);
        }
        verify_key.verify_text(self.to_raw().expose(), &signature.text)
    }

    /// The text that servers keep: PEM, or JSON with two of them.
    #[must_use]
    pub fn to_server_form(&self) -> String {
        to_server_form(self.key.format(), self.key.parts())
    }

    /// Client-side text form of the key alone, for example `{"EciesKyberHybrid":{"x":"…","k":"…","key_id":"…"}}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<String, Error> {
        export::write(self.key.format(), self.key.parts(), Some(self.id())).map(SecretText::into_exposed)
    }

    /// Reads the client-side text form of the key alone.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`), [`Error::ImportPublicKey`]
    /// (`client_113`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = EncryptKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        let bytes = export.bytes(Error::ImportPublicKey)?;
        Self::from_bytes(format.id, bytes.expose(), export.id()).map_err(|_| Error::ImportPublicKey)
    }

    /// Text form with algorithm and signature, in which bindings and caches hand public keys around:
    /// `{"public_key_pem","public_key_alg","public_key_id","public_key_sig","public_key_sig_key_id"}`.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export_data(&self) -> Result<String, Error> {
        let signature = self.signature.as_ref();
        serde_json::to_string(&ExportedPublicKey {
            public_key_pem: self.to_server_form(),
            public_key_alg: self.algorithm().to_owned(),
            public_key_id: self.id().to_owned(),
            public_key_sig: signature.map(|signature| signature.text.clone()),
            public_key_sig_key_id: signature.map(|signature| signature.key_id.clone()),
        })
        .map_err(|_| Error::JsonWrite)
    }

    /// Reads the form of [`export_data`](Self::export_data).
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`) and as [`parse`](Self::parse).
    pub fn import_data(text: &str) -> Result<Self, Error> {
        let data: ExportedPublicKey =
            keyfold_protocol::json::from_slice(text.as_bytes()).map_err(|_| Error::JsonRead)?;
        let format = EncryptKey::format_of(&data.public_key_alg)?;
        let bytes = from_server_form(format, &data.public_key_pem)?;
        Ok(Self::from_bytes(format.id, &bytes, &data.public_key_id)?
            .with_signature(data.public_key_sig.as_deref(), data.public_key_sig_key_id.as_deref()))
    }

    pub(crate) fn encrypt_with(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
        self.key.encrypt(plaintext, entropy)
    }

    pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        let key = EncryptKey::from_bytes(algorithm, bytes)?;
        Ok(Self { id: id.into(), key: Arc::new(key), signature: None })
    }

    /// Attaches the signature of a server's answer. It takes both a text and the id of a key to be one.
    pub(crate) fn with_signature(mut self, text: Option<&str>, key_id: Option<&str>) -> Self {
        if let (Some(text), Some(key_id)) = (text, key_id) {
            self.signature = Some(Arc::new(Signature { text: text.to_owned(), key_id: key_id.to_owned() }));
        }
        self
    }

    /// Encrypts a key.
    pub(crate) fn wrap(&self, secret: &[u8]) -> Result<Base64Text, Error> {
        Ok(Base64Text::encode(&self.encrypt(secret)?))
    }

    /// The raw key, as it is signed.
    pub(crate) fn to_raw(&self) -> SecretBytes {
        raw(self.key.parts())
    }

    /// Algorithm and server form, as request bodies want them.
    pub(crate) fn to_wire(&self) -> Result<(AlgorithmId, KeyText), Error> {
        Ok((algorithm_id(self.algorithm())?, key_text(self.to_server_form())?))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_key(f, "PublicKey", self.algorithm(), self.id())
    }
}

impl PartialEq for PublicKey {
    /// Same algorithm and same key, whatever the id.
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.key.parts() == other.key.parts()
    }
}

impl Eq for PublicKey {}

#[derive(Serialize, Deserialize)]
struct ExportedPublicKey {
    public_key_pem: String,
    public_key_alg: String,
    public_key_id: String,
    #[serde(default)]
    public_key_sig: Option<String>,
    #[serde(default)]
    public_key_sig_key_id: Option<String>,
}
