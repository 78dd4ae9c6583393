//! Keys in the text forms that clients hand around and apps keep.
//!
//! Secret ones look like `{"Aes":{"key":"…","key_id":"…"}}`; public ones come in this internal form and in the exported form,
//! which names the algorithm: `{"public_key_pem":"…","public_key_alg":"…","public_key_id":"…"}`.

use keyfold_crypto::{PrivateKey, PublicKey, SigningKey, VerifyingKey};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::KeyId;

use crate::error::Error;

/// The key pairs of a device, or of one generation of a user.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExportedIdentity {
    /// Decrypts. Secret.
    pub private_key: SecretText,
    /// Encrypts, in the internal form.
    pub public_key: String,
    /// Signs. Secret.
    pub sign_key: SecretText,
    /// Checks signatures, in the internal form.
    pub verify_key: String,
    /// The public key in the exported form.
    pub exported_public_key: String,
    /// The verify key in the exported form.
    pub exported_verify_key: String,
    /// Which verify key checks the signature of the public key, if it is signed.
    pub public_key_signer: Option<KeyId>,
}

/// One generation of a user's keys.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExportedUserKeys {
    /// Id of the generation: of the group key, the key pair and the verify key alike.
    pub id: KeyId,
    /// When it was made, in milliseconds since 1970.
    pub time: u64,
    /// Secret.
    pub group_key: SecretText,
    /// The key pairs.
    pub identity: ExportedIdentity,
}

/// One generation of a group's keys.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExportedGroupKeys {
    /// Id of the generation: of the group key and of the key pair alike.
    pub id: KeyId,
    /// When it was made, in milliseconds since 1970.
    pub time: u64,
    /// Secret.
    pub group_key: SecretText,
    /// Secret.
    pub private_key: SecretText,
    /// In the internal form.
    pub public_key: String,
    /// The public key in the exported form.
    pub exported_public_key: String,
}

impl ExportedIdentity {
    pub(crate) fn new(
        private_key: &PrivateKey,
        public_key: &PublicKey,
        sign_key: &SigningKey,
        verify_key: &VerifyingKey,
    ) -> Result<Self, Error> {
        Ok(Self {
            private_key: secret(private_key.export()?),
            public_key: public_key.export()?,
            sign_key: secret(sign_key.export()?),
            verify_key: verify_key.export()?,
            exported_public_key: public_key.export_data()?,
            exported_verify_key: verify_key.export_data()?,
            public_key_signer: public_key.signature_key_id().map(KeyId::new),
        })
    }
}

pub(crate) fn secret(text: keyfold_crypto::SecretText) -> SecretText {
    SecretText::new(text.into_exposed())
}
