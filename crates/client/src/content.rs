//! How contents are encrypted and decrypted.

use keyfold_crypto::{Head, Verification, VerifyingKey};
use keyfold_protocol::id::{KeyId, UserId};

use crate::error::Error;
use crate::user::User;

/// A content whose head is kept apart from its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawContent {
    /// Which key opens it, and which one checks its signature. Not secret.
    pub head: Head,
    /// The ciphertext, with the signature in front of it if there is one.
    pub payload: Vec<u8>,
}

impl RawContent {
    /// Head and payload in one.
    ///
    /// # Errors
    /// `client_100`: the head is no JSON.
    pub fn to_envelope(&self) -> Result<Vec<u8>, Error> {
        Ok(self.head.envelope(&self.payload)?)
    }
}

impl From<(Head, Vec<u8>)> for RawContent {
    fn from((head, payload): (Head, Vec<u8>)) -> Self {
        Self { head, payload }
    }
}

/// How to encrypt. The default: without a signature and without additional data.
///
/// ```
/// use keyfold::EncryptOptions;
/// let options = EncryptOptions::new().signed().aad(b"invoice 17");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct EncryptOptions<'a> {
    signed: bool,
    aad: &'a [u8],
}

impl<'a> EncryptOptions<'a> {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Signs the ciphertext with the user's newest sign key.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Binds the ciphertext to data that is not part of it: who decrypts has to know the same bytes. Only for groups.
    #[must_use]
    pub fn aad(mut self, aad: &'a [u8]) -> Self {
        self.aad = aad;
        self
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.signed
    }

    pub(crate) fn additional_data(&self) -> &'a [u8] {
        self.aad
    }
}

/// How to decrypt. The default: signatures are not looked at, and there is no additional data.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecryptOptions<'a> {
    signer: Option<Signer<'a>>,
    aad: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
enum Signer<'a> {
    Key(&'a VerifyingKey),
    User { user_id: &'a UserId, required: bool },
}

impl<'a> DecryptOptions<'a> {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A signature, if there is one, must be by this user. Does not notice a signature that was taken off.
    #[must_use]
    pub fn signed_by_if_at_all(mut self, user_id: &'a UserId) -> Self {
        self.signer = Some(Signer::User { user_id, required: false });
        self
    }

    /// There must be a signature by this user.
    #[must_use]
    pub fn signed_by(mut self, user_id: &'a UserId) -> Self {
        self.signer = Some(Signer::User { user_id, required: true });
        self
    }

    /// The content must be signed with the sign key that belongs to this verify key. Fetches nothing.
    #[must_use]
    pub fn signed_with(mut self, verify_key: &'a VerifyingKey) -> Self {
        self.signer = Some(Signer::Key(verify_key));
        self
    }

    /// The bytes that the ciphertext was bound to.
    #[must_use]
    pub fn aad(mut self, aad: &'a [u8]) -> Self {
        self.aad = aad;
        self
    }

    pub(crate) fn additional_data(&self) -> &'a [u8] {
        self.aad
    }

    /// Finds the verify key that `head` asks for.
    pub(crate) async fn signature(&self, head: &Head, user: &User) -> Result<Signature, Error> {
        let Some(signer) = self.signer else { return Ok(Signature::Ignore) };
        let (user_id, required) = match signer {
            Signer::Key(key) => return Ok(Signature::By(key.clone())),
            Signer::User { user_id, required } => (user_id, required),
        };
        match &head.sign {
            None if required => Err(keyfold_crypto::Error::SignatureMissing.into()),
            None => Ok(Signature::Ignore),
            Some(sign) => {
                let key_id = KeyId::new(sign.id.as_str());
                Ok(Signature::By(user.verify_key_of(user_id, &key_id).await?))
            }
        }
    }

    /// The same without a request: only where no verify key is needed.
    pub(crate) fn signature_without_request(&self, head: &Head) -> Result<Signature, Error> {
        match (&self.signer, &head.sign) {
            (Some(Signer::Key(key)), _) => Ok(Signature::By(VerifyingKey::clone(key))),
            (Some(Signer::User { .. }), Some(sign)) => Err(Error::key_not_loaded(&sign.id)),
            (Some(Signer::User { required: true, .. }), None) => {
                Err(keyfold_crypto::Error::SignatureMissing.into())
            }
            _ => Ok(Signature::Ignore),
        }
    }
}

/// What is demanded of a signature, with the key to check it.
pub(crate) enum Signature {
    Ignore,
    By(VerifyingKey),
}

impl Signature {
    pub(crate) fn verification(&self) -> Verification<'_> {
        match self {
            Self::Ignore => Verification::Ignore,
            Self::By(key) => Verification::Require(key),
        }
    }
}

/// Text variants are the base64 of an envelope.
pub(crate) fn to_text(envelope: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(envelope)
}

pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, Error> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(text).map_err(|_| keyfold_crypto::Error::MalformedEnvelope.into())
}

pub(crate) fn utf8(plaintext: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(plaintext).map_err(|_| keyfold_crypto::Error::PlaintextNotUtf8.into())
}
