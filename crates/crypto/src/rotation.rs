//! Key rotation: a new generation of keys for a group, without the server seeing one.
//!
//! ```text
//! invoker   N new group key, E ephemeral key
//!           → sym(E, N), sym(previous group key, E), N for the invoker
//! server    for every other member: asym(member public key, sym(previous group key, E))
//! member    opens that twice and sym(E, N) once
//!           → asym(own public key, N), then fetches the new keys like any other
//! ```
//!
//! The server's part is [`server::encrypt_ephemeral_key`](crate::server::encrypt_ephemeral_key). A rotation may make keys
//! of another suite than the group had: that is how a group moves.

use keyfold_protocol::encoding::KeyText;
use keyfold_protocol::group::{KeyRotationDone, KeyRotationPending, KeyRotationStart};
use keyfold_protocol::id::KeyId;

use crate::device::NON_REGISTERED;
use crate::group::{NewKeys, Signer, check_signature};
use crate::user_group::NewSignKeys;
use crate::wire::algorithm_id;
use crate::{Error, PrivateKey, PublicKey, Secret, Suite, SymmetricKey, Verification};

/// Starts the rotation of a group's keys: the request body.
///
/// `previous` is the newest group key, `invoker` the newest public key of the user (or of the group through which the user
/// acts). Once the server has given the keys ids, the invoker fetches them like any other.
///
/// # Errors
/// [`Error::NoRandomness`] (`client_13`), [`Error::KeyGeneration`] (`client_11`), [`Error::Signing`] (`client_41`),
/// [`Error::KeyExhausted`] (`client_406`) cannot happen before 2^32 uses of `previous`.
pub fn start(
    previous: &SymmetricKey,
    invoker: &PublicKey,
    signer: Option<Signer<'_>>,
    suite: &Suite,
) -> Result<KeyRotationStart, Error> {
    let keys = NewKeys::generate(suite)?;
    let mut body = start_body(&keys, previous, invoker, suite)?;
    if let Some(signature) = keys.sign(signer)? {
        body.signed_by_user_id = Some(signature.by.user_id);
        body.signed_by_user_sign_key_id = Some(signature.by.verify_key_id);
        body.group_key_sig = Some(signature.text);
    }
    Ok(body)
}

/// Starts the rotation of a user's keys, from a device: with a new sign key pair, and never signed by the user.
///
/// # Errors
/// As [`start`].
pub fn start_user(
    previous: &SymmetricKey,
    device: &PublicKey,
    suite: &Suite,
) -> Result<KeyRotationStart, Error> {
    let keys = NewKeys::generate(suite)?;
    let sign = NewSignKeys::generate(&keys, suite)?;
    let mut body = start_body(&keys, previous, device, suite)?;
    body.encrypted_sign_key = Some(sign.encrypted_sign_key);
    body.verify_key = Some(sign.verify_key);
    body.keypair_sign_alg = Some(sign.keypair_sign_alg);
    body.public_key_sig = Some(sign.public_key_sig);
    Ok(body)
}

/// A new group key that a member has opened but not yet accepted.
pub struct PendingKey {
    id: KeyId,
    key: Secret<32>,
}

/// The signature of a new group key, as the key's object carries it.
#[derive(Debug, Clone, Copy)]
pub struct KeySignature<'a> {
    /// Which key of the signer made it.
    pub verify_key_id: &'a KeyId,
    /// The detached signature.
    pub text: &'a KeyText,
}

impl PendingKey {
    /// Opens the new group key out of a pending rotation.
    ///
    /// `private_key` is the one that the rotation names in `encrypted_eph_key_key_id`, `previous` the group key it names
    /// in `previous_group_key_id`. If that key is not known yet, another pending rotation leads to it: see [`order`].
    ///
    /// # Errors
    /// [`Error::RotationRefused`] (`client_204`) if the server reports an error, whose text stands in the object;
    /// [`Error::WrongKey`] (`client_402`); [`Error::Decryption`] (`client_14`); [`Error::KeyLength`] (`client_30`).
    pub fn open(
        rotation: &KeyRotationPending,
        private_key: &PrivateKey,
        previous: &SymmetricKey,
    ) -> Result<Self, Error> {
        if rotation.error.is_some() {
            return Err(Error::RotationRefused);
        }
        if rotation.encrypted_eph_key_key_id.as_str() != private_key.id()
            || rotation.previous_group_key_id.as_str() != previous.id()
        {
            return Err(Error::WrongKey);
        }
        let inner = private_key.unwrap(&rotation.encrypted_ephemeral_key_by_group_key_and_public_key)?;
        let ephemeral = previous.unwrap_bytes(inner.expose())?;
        let ephemeral = SymmetricKey::from_bytes(rotation.ephemeral_alg.as_str(), ephemeral.expose(), "")?;
        let key = ephemeral.unwrap(&rotation.encrypted_group_key_by_ephemeral)?;
        Ok(Self { id: rotation.new_group_key_id.clone(), key: Secret::from_slice(key.expose())? })
    }

    /// Id of the new group key.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Checks the signature of the new key *before* it is accepted.
    ///
    /// Afterwards would be too late: what a member has encrypted to itself and stored is a group key like any other, and
    /// an attacker who knew the previous key and has the server's help could have made this one.
    ///
    /// # Errors
    /// [`Error::SignatureMissing`] (`client_401`), [`Error::WrongVerifyKey`] (`client_20`), [`Error::KeySignature`]
    /// (`client_31`).
    pub fn verify(
        &self,
        signature: Option<KeySignature<'_>>,
        verification: Verification<'_>,
    ) -> Result<(), Error> {
        check_signature(
            self.key.expose(),
            signature.map(|signature| signature.verify_key_id),
            signature.map(|signature| signature.text),
            verification,
        )
    }

    /// Accepts the key: the body that stores it, encrypted to the member's own newest public key.
    ///
    /// # Errors
    /// [`Error::Encryption`] (`client_12`), [`Error::NoRandomness`] (`client_13`).
    pub fn accept(&self, own: &PublicKey) -> Result<KeyRotationDone, Error> {
        Ok(KeyRotationDone {
            encrypted_new_group_key: own.wrap(self.key.expose())?,
            public_key_id: KeyId::new(own.id()),
            encrypted_alg: algorithm_id(own.algorithm())?,
        })
    }
}

/// In which order pending rotations can be finished: every one comes after the one that makes its previous key.
///
/// Returns indices into `pending`; `known` says which group keys the member has. Rotations that nothing leads to, and those
/// with an error, are left out.
#[must_use]
pub fn order(pending: &[KeyRotationPending], known: impl Fn(&KeyId) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(pending.len());
    loop {
        let ready = pending.iter().enumerate().find(|(index, rotation)| {
            let made = |id: &KeyId| {
                order.iter().any(|done| pending.get(*done).is_some_and(|done| done.new_group_key_id == *id))
            };
            let previous = &rotation.previous_group_key_id;
            rotation.error.is_none() && !order.contains(index) && (known(previous) || made(previous))
        });
        match ready {
            Some((index, _)) => order.push(index),
            None => return order,
        }
    }
}

fn start_body(
    keys: &NewKeys,
    previous: &SymmetricKey,
    invoker: &PublicKey,
    suite: &Suite,
) -> Result<KeyRotationStart, Error> {
    let ephemeral = SymmetricKey::generate(suite, NON_REGISTERED)?;
    let wire = keys.to_wire()?;
    Ok(KeyRotationStart {
        encrypted_group_key_by_user: invoker.wrap(keys.key.expose())?,
        group_key_alg: wire.group_key_alg,
        encrypted_group_key_alg: algorithm_id(invoker.algorithm())?,
        encrypted_private_group_key: wire.encrypted_private_group_key,
        public_group_key: wire.public_group_key,
        keypair_encrypt_alg: wire.keypair_encrypt_alg,
        encrypted_group_key_by_ephemeral: ephemeral.wrap(keys.key.expose())?,
        ephemeral_alg: algorithm_id(ephemeral.algorithm())?,
        encrypted_ephemeral_key: previous.wrap(ephemeral.expose())?,
        previous_group_key_id: KeyId::new(previous.id()),
        invoker_public_key_id: KeyId::new(invoker.id()),
        signed_by_user_id: None,
        signed_by_user_sign_key_id: None,
        group_key_sig: None,
        encrypted_sign_key: None,
        verify_key: None,
        keypair_sign_alg: None,
        public_key_sig: None,
    })
}
