//! Giving the keys of a group to a new member, and those of a user to a new device.

use keyfold_protocol::KEYS_PER_UPLOAD_PAGE;
use keyfold_protocol::group::{NewMemberKey, NewMemberKeys};
use keyfold_protocol::id::KeyId;
use keyfold_protocol::user::{DoneDeviceInput, PrepareDeviceOutput};

use crate::wire::algorithm_id;
use crate::{Error, Policy, PublicKey, SymmetricKey};

/// The keys for a new member, in the pages in which they are uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKeys {
    /// Body of the invitation: the first 50 keys.
    pub first: NewMemberKeys,
    /// Bodies of the uploads that follow with the key session which the invitation's answer names.
    pub rest: Vec<Vec<NewMemberKey>>,
}

impl MemberKeys {
    /// Encrypts every one of `keys` to the public key of the new member: a user, or a group that becomes a member.
    ///
    /// The public key should come out of [`PublicKey::accept`]: nothing else stands between a member and a key that the
    /// server made up. `rank` is 1 to 4, and 4 if absent.
    ///
    /// # Errors
    /// [`Error::Encryption`] (`client_12`), [`Error::NoRandomness`] (`client_13`).
    pub fn encrypt<'k>(
        keys: impl IntoIterator<Item = &'k SymmetricKey>,
        member: &PublicKey,
        rank: Option<i32>,
    ) -> Result<Self, Error> {
        let keys = keys.into_iter().map(|key| encrypt_key(key, member)).collect::<Result<Vec<_>, _>>()?;
        let mut pages = keys.chunks(KEYS_PER_UPLOAD_PAGE).map(<[_]>::to_vec);
        let first = pages.next().unwrap_or_default();
        let rest: Vec<_> = pages.collect();
        Ok(Self { first: NewMemberKeys { keys: first, rank, key_session: !rest.is_empty() }, rest })
    }
}

/// Encrypts the user keys to a further device of the same user: the body that confirms the device, and the uploads that
/// follow.
///
/// `answer` is what the new device got when it registered and what was carried over, for example as a QR code. Nothing
/// but that way vouches for the device's key.
///
/// # Errors
/// [`Error::WeakAlgorithm`] (`client_403`) and errors of [`PublicKey::parse`]; as [`MemberKeys::encrypt`].
pub fn confirm_device<'k>(
    keys: impl IntoIterator<Item = &'k SymmetricKey>,
    answer: &PrepareDeviceOutput,
    policy: &Policy,
) -> Result<(DoneDeviceInput, Vec<Vec<NewMemberKey>>), Error> {
    let device = PublicKey::parse(
        answer.device_id.as_str(),
        answer.keypair_encrypt_alg.as_str(),
        answer.public_key_string.as_str(),
    )?;
    if device.strength() < policy.minimum_encryption {
        return Err(Error::WeakAlgorithm);
    }
    let MemberKeys { first, rest } = MemberKeys::encrypt(keys, &device, None)?;
    Ok((DoneDeviceInput { user_keys: first, token: answer.token.clone() }, rest))
}

fn encrypt_key(key: &SymmetricKey, member: &PublicKey) -> Result<NewMemberKey, Error> {
    Ok(NewMemberKey {
        encrypted_group_key: member.wrap(key.expose())?,
        alg: algorithm_id(key.algorithm())?,
        encrypted_alg: algorithm_id(member.algorithm())?,
        key_id: KeyId::new(key.id()),
        user_public_key_id: KeyId::new(member.id()),
    })
}
