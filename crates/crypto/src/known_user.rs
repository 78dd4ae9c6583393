//! What a client remembers about another user's keys.

use keyfold_protocol::text_map::TextMap;
use serde::{Deserialize, Serialize};

use crate::encoding::to_base64_url;
use crate::primitives::hash::sha256;
use crate::{Error, PublicKey, Strength, VerifyingKey};

/// The keys of another user that this client has seen: trust on first use.
///
/// Public keys come from the server, which could hand out any. A client that keeps this record per user (it holds nothing
/// secret) notices a key that was replaced under its id and an algorithm weaker than before, and can tell people about
/// a verify key it has not seen yet. Comparing safety numbers turns the first use into certainty.
///
/// ```
/// use keyfold_crypto::{KnownUser, Recognition, SigningKey, Suite};
/// let (_, verify_key) = SigningKey::generate(&Suite::STD, "id")?;
/// let mut user = KnownUser::default();
/// assert_eq!(user.admit_verify_key(&verify_key)?, Recognition::First);
/// assert_eq!(user.admit_verify_key(&verify_key)?, Recognition::Known);
/// # Ok::<(), keyfold_crypto::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownUser {
    /// Fingerprints by key id.
    verify_keys: TextMap<String>,
    /// Fingerprints by key id. Records of earlier versions have none.
    #[serde(default)]
    public_keys: TextMap<String>,
    encryption: Option<Strength>,
    signature: Option<Strength>,
}

/// How a key compares with what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// The first key of this user.
    First,
    /// Seen before.
    Known,
    /// New, while others were known: the user rotated the keys, or somebody is in between. Worth telling people.
    New,
}

impl KnownUser {
    /// Compares a verify key with the known ones and remembers it.
    ///
    /// # Errors
    /// [`Error::KeyReplaced`] (`client_409`) if there was another key under the same id, [`Error::WeakAlgorithm`]
    /// (`client_403`) if an earlier one was stronger. Then nothing is remembered.
    pub fn admit_verify_key(&mut self, key: &VerifyingKey) -> Result<Recognition, Error> {
        let fingerprint = fingerprint(key.algorithm(), &key.to_bytes());
        if let Some(known) = self.verify_keys.get(key.id()) {
            return if *known == fingerprint { Ok(Recognition::Known) } else { Err(Error::KeyReplaced) };
        }
        raise(&mut self.signature, key.strength())?;
        let recognition = if self.verify_keys.is_empty() { Recognition::First } else { Recognition::New };
        self.verify_keys.insert(key.id(), fingerprint);
        Ok(recognition)
    }

    /// Compares a public key with the known ones and remembers it.
    ///
    /// # Errors
    /// [`Error::KeyReplaced`] (`client_409`) if there was another key under the same id, [`Error::WeakAlgorithm`]
    /// (`client_403`) if an earlier one was stronger. Then nothing is remembered.
    pub fn admit_public_key(&mut self, key: &PublicKey) -> Result<Recognition, Error> {
        let fingerprint = fingerprint(key.algorithm(), key.to_raw().expose());
        let recognition = match self.public_keys.get(key.id()) {
            Some(known) if *known == fingerprint => Recognition::Known,
            Some(_) => return Err(Error::KeyReplaced),
            None if self.public_keys.is_empty() => Recognition::First,
            None => Recognition::New,
        };
        // Also of a known one: nothing is encrypted to an old key any more once there was a stronger one.
        raise(&mut self.encryption, key.strength())?;
        if recognition != Recognition::Known {
            self.public_keys.insert(key.id(), fingerprint);
        }
        Ok(recognition)
    }
}

fn fingerprint(algorithm: &str, key: &[u8]) -> String {
    to_base64_url(&sha256(&[algorithm.as_bytes(), key]))
}

fn raise(known: &mut Option<Strength>, seen: Strength) -> Result<(), Error> {
    if known.is_some_and(|known| seen < known) {
        return Err(Error::WeakAlgorithm);
    }
    *known = Some(seen);
    Ok(())
}
