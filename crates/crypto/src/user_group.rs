//! The user group: the keys of a user, whose members are the user's devices.

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::group::{GroupCreate, GroupKey};

use crate::device::NON_REGISTERED;
use crate::group::NewKeys;
use crate::wire::key_text;
use crate::{Error, GroupKeys, PrivateKey, PublicKey, SigningKey, Suite, Verification, VerifyingKey};

/// One generation of the keys of a user.
pub struct UserKeys {
    /// The keys of the user group. The key pair is the one that others encrypt to.
    pub group: GroupKeys,
    /// Signs contents and group keys in the user's name.
    pub sign_key: SigningKey,
    /// Checked against the sign key.
    pub verify_key: VerifyingKey,
}

impl UserKeys {
    /// Opens one generation of user keys as the server returns it, with the private key of the device.
    ///
    /// # Errors
    /// [`Error::MissingSignKeys`] (`client_130`) if the object lacks the sign key pair, and as [`GroupKeys::open`].
    pub fn open(object: &GroupKey, device_private_key: &PrivateKey) -> Result<Self, Error> {
        let (Some(encrypted), Some(verify_key), Some(algorithm), Some(id)) = (
            &object.encrypted_sign_key,
            &object.verify_key,
            &object.keypair_sign_alg,
            &object.keypair_sign_id,
        ) else {
            return Err(Error::MissingSignKeys);
        };
        // User keys are not signed by anybody: they are encrypted by a device of the same user.
        let group = GroupKeys::open(object, device_private_key, Verification::Ignore)?;
        // A user has few generations and needs the private keys of all: a replaced public key shows at login.
        group.private_key()?;
        let (sign_key, verify_key) =
            SigningKey::unwrap_pair(&group.key, algorithm, encrypted, verify_key, id.as_str())?;
        Ok(Self { group, sign_key, verify_key })
    }

    /// Id of the generation.
    #[must_use]
    pub fn id(&self) -> &str {
        self.group.id()
    }
}

/// The user group of a registration. Its keys have no ids yet, and neither has the device.
pub(crate) fn create(device_public_key: &PublicKey, suite: &Suite) -> Result<GroupCreate, Error> {
    let keys = NewKeys::generate(suite)?;
    let sign = NewSignKeys::generate(&keys, suite)?;
    let mut body = keys.create_body(device_public_key, suite)?;
    body.encrypted_sign_key = Some(sign.encrypted_sign_key);
    body.verify_key = Some(sign.verify_key);
    body.keypair_sign_alg = Some(sign.keypair_sign_alg);
    body.public_key_sig = Some(sign.public_key_sig);
    Ok(body)
}

/// The sign key pair of a new generation of user keys, as request bodies want it.
pub(crate) struct NewSignKeys {
    pub(crate) encrypted_sign_key: Base64Text,
    pub(crate) verify_key: KeyText,
    pub(crate) keypair_sign_alg: AlgorithmId,
    /// The new sign key's signature over the raw public key.
    pub(crate) public_key_sig: KeyText,
}

impl NewSignKeys {
    pub(crate) fn generate(keys: &NewKeys, suite: &Suite) -> Result<Self, Error> {
        let (sign_key, verify_key) = SigningKey::generate(suite, NON_REGISTERED)?;
        let (keypair_sign_alg, verify_key) = verify_key.to_wire()?;
        Ok(Self {
            encrypted_sign_key: sign_key.wrap(&keys.key)?,
            verify_key,
            keypair_sign_alg,
            public_key_sig: key_text(sign_key.sign(keys.public_key.to_raw().expose())?)?,
        })
    }
}
