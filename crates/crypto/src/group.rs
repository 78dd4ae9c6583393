//! Groups: creation and reading of their keys.

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::group::{GroupCreate, GroupKey, HmacKey, SortableKey};
use keyfold_protocol::id::{KeyId, UserId};

use crate::device::NON_REGISTERED;
use crate::keys::KeyPair;
use crate::wire::{algorithm_id, key_text};
use crate::{
    Error, PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, Suite, SymmetricKey, Verification,
};

/// One generation of the keys of a group.
pub struct GroupKeys {
    /// Encrypts contents and the other keys of the generation.
    pub key: SymmetricKey,
    pair: KeyPair,
    /// When the generation was made, in milliseconds since 1970. 0 before the server has seen it.
    pub time: u64,
    /// Who claims to have signed the group key. Proven only if the key was opened with a [`Verification`] other than
    /// [`Verification::Ignore`].
    pub signed_by: Option<SignedBy>,
}

/// The user who signed a group key, and with which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The user.
    pub user_id: UserId,
    /// Id of the verify key to check with.
    pub verify_key_id: KeyId,
}

/// The user who makes a group key, to sign it.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// The user's (not a device's) sign key.
    pub key: &'a SigningKey,
}

/// Creates a group: the request body, and the keys as its creator has them before the server gave them ids.
///
/// `creator` is the newest public key of the user, of the parent group (child group), or of the group that becomes a
/// member (connected group).
///
/// # Errors
/// [`Error::NoRandomness`] (`client_13`), [`Error::KeyGeneration`] (`client_11`), [`Error::Signing`] (`client_41`).
pub fn create(
    creator: &PublicKey,
    signer: Option<Signer<'_>>,
    suite: &Suite,
) -> Result<(GroupCreate, GroupKeys), Error> {
    let keys = NewKeys::generate(suite)?;
    let mut body = keys.create_body(creator, suite)?;
    if let Some(signature) = keys.sign(signer)? {
        body.signed_by_user_id = Some(signature.by.user_id);
        body.signed_by_user_sign_key_id = Some(signature.by.verify_key_id);
        body.group_key_sig = Some(signature.text);
    }
    Ok((body, keys.into_group_keys(signer)))
}

impl GroupKeys {
    /// Opens one generation of keys as the server returns it.
    ///
    /// `private_key` is the one that the object names in `user_public_key_id`: of the user, or of the parent or member
    /// group through which the caller belongs to the group.
    ///
    /// # Errors
    /// [`Error::WrongKey`] (`client_402`) if the object names another private key; [`Error::Decryption`] (`client_14`);
    /// [`Error::KeyLength`] (`client_30`). From the verification: [`Error::SignatureMissing`] (`client_401`), [`Error::WrongVerifyKey`]
    /// (`client_20`), [`Error::KeySignature`] (`client_31`).
    pub fn open(
        object: &GroupKey,
        private_key: &PrivateKey,
        verification: Verification<'_>,
    ) -> Result<Self, Error> {
        if object.user_public_key_id.as_str() != private_key.id() {
            return Err(Error::WrongKey);
        }
        let key = private_key.unwrap(&object.encrypted_group_key)?;
        let key = SymmetricKey::from_bytes(
            object.group_key_alg.as_str(),
            key.expose(),
            object.group_key_id.as_str(),
        )?;
        check_signature(
            key.expose(),
            object.signed_by_user_sign_key_id.as_ref(),
            object.group_key_sig.as_ref(),
            verification,
        )?;
        let signed_by =
            match (&object.signed_by_user_id, &object.signed_by_user_sign_key_id, &object.group_key_sig) {
                (Some(user_id), Some(verify_key_id), Some(_)) => {
                    Some(SignedBy { user_id: user_id.clone(), verify_key_id: verify_key_id.clone() })
                }
                _ => None,
            };
        Ok(Self { key, pair: KeyPair::received(object), time: object.time, signed_by })
    }

    /// Id of the generation.
    #[must_use]
    pub fn id(&self) -> &str {
        self.key.id()
    }

    /// Opens what is encrypted to the group: the keys of its child groups and of groups it is a member of.
    ///
    /// It is decrypted when it is asked for the first time; most generations of a group never need theirs.
    ///
    /// # Errors
    /// [`Error::Decryption`] (`client_14`), [`Error::KeyLength`] (`client_30`); [`Error::KeyPairMismatch`]
    /// (`client_400`) if the server replaced the public key.
    pub fn private_key(&self) -> Result<&PrivateKey, Error> {
        self.pair.halves(&self.key).map(|halves| &halves.private_key)
    }

    /// What others encrypt to when they encrypt to the group. It has been checked against the private key.
    ///
    /// # Errors
    /// As [`private_key`](Self::private_key).
    pub fn public_key(&self) -> Result<&PublicKey, Error> {
        self.pair.halves(&self.key).map(|halves| &halves.public_key)
    }
}

/// Remembers since when the keys of a group are signed, and refuses an unsigned one after that.
///
/// New members cannot tell a genuine key from one that the server made up: anybody can encrypt to a public key. Where
/// a group signs its keys, an unsigned newer one is therefore suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignedSince(Option<u64>);

impl SignedSince {
    /// Nothing seen yet, or what [`time`](Self::time) returned earlier.
    #[must_use]
    pub const fn new(time: Option<u64>) -> Self {
        Self(time)
    }

    /// Time of the oldest signed key, for storage.
    #[must_use]
    pub const fn time(self) -> Option<u64> {
        self.0
    }

    /// Takes note of a key that was opened with its signature verified, or refuses it.
    ///
    /// # Errors
    /// [`Error::SignatureMissing`] (`client_401`) for an unsigned key that is newer than the oldest signed one.
    pub fn admit(&mut self, keys: &GroupKeys) -> Result<(), Error> {
        if keys.signed_by.is_some() {
            self.0 = Some(self.0.map_or(keys.time, |since| since.min(keys.time)));
            return Ok(());
        }
        if self.0.is_some_and(|since| keys.time >= since) { Err(Error::SignatureMissing) } else { Ok(()) }
    }
}

impl SearchKey {
    /// Opens the key for searchable hashes of a group as the server returns it, with the group key that it names.
    ///
    /// # Errors
    /// [`Error::WrongKey`] (`client_402`), [`Error::UnknownAlgorithm`] (`client_1`), [`Error::Decryption`]
    /// (`client_14`), [`Error::KeyLength`] (`client_30`) if what was encrypted is no key of the declared algorithm.
    pub fn open(object: &HmacKey, group_key: &SymmetricKey) -> Result<Self, Error> {
        if object.encrypted_hmac_encryption_key_id.as_str() != group_key.id() {
            return Err(Error::WrongKey);
        }
        let algorithm = object.encrypted_hmac_alg.as_str();
        Self::unwrap(group_key, algorithm, &object.encrypted_hmac_key, object.id.as_str())
    }
}

impl SortKey {
    /// Opens the key for sortable numbers of a group as the server returns it, with the group key that it names.
    ///
    /// # Errors
    /// As [`SearchKey::open`].
    pub fn open(object: &SortableKey, group_key: &SymmetricKey) -> Result<Self, Error> {
        if object.encrypted_sortable_encryption_key_id.as_str() != group_key.id() {
            return Err(Error::WrongKey);
        }
        let algorithm = object.encrypted_sortable_alg.as_str();
        Self::unwrap(group_key, algorithm, &object.encrypted_sortable_key, object.id.as_str())
    }
}

/// Checks a signature over the raw bytes of a group key.
pub(crate) fn check_signature(
    key: &[u8],
    verify_key_id: Option<&KeyId>,
    signature: Option<&KeyText>,
    verification: Verification<'_>,
) -> Result<(), Error> {
    let (Some(verify_key), Some(signature)) = (verification.key(), signature) else {
        return if verification.is_required() { Err(Error::SignatureMissing) } else { Ok(()) };
    };
    if verify_key_id.is_some_and(|id| id.as_str() != verify_key.id()) {
        return Err(Error::WrongVerifyKey);
    }
    match verify_key.verify_text(key, signature.as_str()) {
        Ok(true) => Ok(()),
        // A signature of another algorithm does not hold either.
        Ok(false) | Err(_) => Err(Error::KeySignature),
    }
}

/// The keys that creation and rotation have in common.
pub(crate) struct NewKeys {
    pub(crate) key: SymmetricKey,
    private_key: PrivateKey,
    pub(crate) public_key: PublicKey,
}

/// The part of a request body that describes them.
pub(crate) struct WireKeys {
    pub(crate) group_key_alg: AlgorithmId,
    pub(crate) encrypted_private_group_key: Base64Text,
    pub(crate) public_group_key: KeyText,
    pub(crate) keypair_encrypt_alg: AlgorithmId,
}

/// A signature over a new group key.
pub(crate) struct WireSignature {
    pub(crate) by: SignedBy,
    pub(crate) text: KeyText,
}

impl NewKeys {
    pub(crate) fn generate(suite: &Suite) -> Result<Self, Error> {
        let key = SymmetricKey::generate(suite, NON_REGISTERED)?;
        let (private_key, public_key) = PrivateKey::generate(suite, NON_REGISTERED)?;
        Ok(Self { key, private_key, public_key })
    }

    pub(crate) fn to_wire(&self) -> Result<WireKeys, Error> {
        let (keypair_encrypt_alg, public_group_key) = self.public_key.to_wire()?;
        Ok(WireKeys {
            group_key_alg: algorithm_id(self.key.algorithm())?,
            encrypted_private_group_key: self.private_key.wrap(&self.key)?,
            public_group_key,
            keypair_encrypt_alg,
        })
    }

    /// Signs the raw group key.
    pub(crate) fn sign(&self, signer: Option<Signer<'_>>) -> Result<Option<WireSignature>, Error> {
        let Some(Signer { user_id, key }) = signer else { return Ok(None) };
        let by = SignedBy { user_id: user_id.clone(), verify_key_id: KeyId::new(key.id()) };
        Ok(Some(WireSignature { by, text: key_text(key.sign(self.key.expose())?)? }))
    }

    /// The body of a creation without signatures and sign keys, with fresh search and sort keys.
    pub(crate) fn create_body(&self, creator: &PublicKey, suite: &Suite) -> Result<GroupCreate, Error> {
        let search = SearchKey::generate(suite, NON_REGISTERED)?;
        let sort = SortKey::generate(suite, NON_REGISTERED)?;
        let keys = self.to_wire()?;
        Ok(GroupCreate {
            encrypted_group_key: creator.wrap(self.key.expose())?,
            group_key_alg: keys.group_key_alg,
            encrypted_group_key_alg: algorithm_id(creator.algorithm())?,
            encrypted_private_group_key: keys.encrypted_private_group_key,
            public_group_key: keys.public_group_key,
            keypair_encrypt_alg: keys.keypair_encrypt_alg,
            creator_public_key_id: KeyId::new(creator.id()),
            encrypted_hmac_key: search.wrap(&self.key)?,
            encrypted_hmac_alg: algorithm_id(search.algorithm())?,
            encrypted_sortable_key: sort.wrap(&self.key)?,
            encrypted_sortable_alg: algorithm_id(sort.algorithm())?,
            signed_by_user_id: None,
            signed_by_user_sign_key_id: None,
            group_key_sig: None,
            encrypted_sign_key: None,
            verify_key: None,
            keypair_sign_alg: None,
            public_key_sig: None,
        })
    }

    pub(crate) fn into_group_keys(self, signer: Option<Signer<'_>>) -> GroupKeys {
        let signed_by = signer.map(|Signer { user_id, key }| SignedBy {
            user_id: user_id.clone(),
            verify_key_id: KeyId::new(key.id()),
        });
        let Self { key, private_key, public_key } = self;
        GroupKeys { key, pair: KeyPair::made(private_key, public_key), time: 0, signed_by }
    }
}
