//! A key pair whose secret half stays encrypted until somebody needs it.

use std::sync::OnceLock;

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::group::GroupKey;
use keyfold_protocol::id::KeyId;

use super::{PrivateKey, PublicKey, SymmetricKey};
use crate::Error;

/// The key pair of one generation of a group's keys.
///
/// A group has as many generations as rotations, but only few of their key pairs are ever used: contents need the
/// symmetric key alone. A pair is therefore opened, and its halves compared, when one of them is asked for the first
/// time; there is no way to either half around that.
pub(crate) enum KeyPair {
    /// Made here.
    Made(Box<Halves>),
    /// From a server.
    Received { sealed: Sealed, opened: OnceLock<Box<Halves>> },
}

pub(crate) struct Halves {
    pub(crate) private_key: PrivateKey,
    pub(crate) public_key: PublicKey,
}

/// As a server returns it.
pub(crate) struct Sealed {
    id: KeyId,
    algorithm: AlgorithmId,
    encrypted_private_key: Base64Text,
    public_key: KeyText,
    signature: Option<(KeyText, KeyId)>,
}

impl KeyPair {
    pub(crate) fn made(private_key: PrivateKey, public_key: PublicKey) -> Self {
        Self::Made(Box::new(Halves { private_key, public_key }))
    }

    pub(crate) fn received(object: &GroupKey) -> Self {
        let sealed = Sealed {
            id: object.key_pair_id.clone(),
            algorithm: object.keypair_encrypt_alg.clone(),
            encrypted_private_key: object.encrypted_private_group_key.clone(),
            public_key: object.public_group_key.clone(),
            signature: object.public_key_sig.clone().zip(object.public_key_sig_key_id.clone()),
        };
        Self::Received { sealed, opened: OnceLock::new() }
    }

    /// Both halves. `key` is the symmetric key of the same generation.
    ///
    /// # Errors
    /// [`Error::Decryption`], [`Error::KeyPairMismatch`], and those of reading keys. Failures are not remembered.
    pub(crate) fn halves(&self, key: &SymmetricKey) -> Result<&Halves, Error> {
        match self {
            Self::Made(halves) => Ok(halves),
            Self::Received { sealed, opened } => match opened.get() {
                Some(halves) => Ok(halves),
                // Two threads that come at the same time both do the work, and the first result stays.
                None => {
                    let halves = Box::new(sealed.open(key)?);
                    Ok(opened.get_or_init(|| halves))
                }
            },
        }
    }
}

impl Sealed {
    fn open(&self, key: &SymmetricKey) -> Result<Halves, Error> {
        let (private_key, public_key) = PrivateKey::unwrap_pair(
            key,
            &self.algorithm,
            &self.encrypted_private_key,
            &self.public_key,
            self.id.as_str(),
        )?;
        let signature = self.signature.as_ref();
        let public_key = public_key.with_signature(
            signature.map(|(text, _)| text.as_str()),
            signature.map(|(_, key_id)| key_id.as_str()),
        );
        Ok(Halves { private_key, public_key })
    }
}
