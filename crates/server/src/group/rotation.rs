//! Key rotation: a member starts it, a job hands the way to the new key to every other member, each of them finishes it.
//!
//! The starter uploads the new key, encrypted for itself and under an ephemeral key, and the ephemeral key under the previous group
//! key. The job ([`super::rotation_job`]) encrypts that last part once more to the public key of each member and then erases it: from
//! then on neither the database nor somebody who was removed, nor both together, lead from the previous key to the new one.

use keyfold_crypto::server::encrypt_ephemeral_key;
use keyfold_protocol::app::GroupOptions;
use keyfold_protocol::encoding::Base64Text;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{
    KeyRotationDone, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput,
};
use keyfold_protocol::id::{GroupId, KeyId, MemberId};

use super::access::Caller;
use super::month::start_of_month;
use super::principal::Principal;
use super::store::public_keys::PublicKey;
use super::store::rotations::Share;
use super::{rotation_job, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::keyring;
use crate::random;
use crate::root_key::{Purpose, RootKey};

/// Starts a rotation: the new generation, the copy of the starter's principal, the entry that counts against the monthly limit, and
/// the job, all or nothing. The starter has the new key at once.
///
/// # Errors
/// 400/310, 400/301 when the rank is weaker than the app's `min_rank_key_rotation`, 400/321 when the month's rotations are used up, 400/1
/// for ids that are none, 400/304 when the key for the starter is not encrypted to one of its keys, 200/304 when the starter does not
/// hold the previous key: then nobody could finish the rotation.
pub(crate) async fn start(
    tx: &mut Tx,
    caller: &Caller,
    options: &GroupOptions,
    new: &KeyRotationStart,
    now: u64,
) -> Result<KeyRotationStartOutput, ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(options.min_rank_key_rotation)?;
    let (group, starter) = (&access.group.id, &access.principal);
    let limit = u64::try_from(options.max_key_rotation_month).unwrap_or(0);
    if store::rotations::count_since(tx, group, start_of_month(now)).await? >= limit {
        return Err(ErrorCode::RotationLimit.into());
    }
    check_ids(new)?;
    if !store::public_keys::belongs_to(tx, starter, &new.invoker_public_key_id).await? {
        return Err(ErrorCode::PublicKeyNotFound.into());
    }
    if !store::keys::is_held(tx, group, &starter.id, &new.previous_group_key_id).await? {
        return Err(ErrorCode::GroupKeyNotFound.into());
    }
    let newest_time = store::keys::newest_time(tx, group).await?.unwrap_or(0);
    let id = KeyId::from(random::ordered_id());
    keyring::insert_generation(tx, group, &starter.id, &id, new, newest_time, now).await?;
    let log_entry = store::rotations::log_start(tx, &caller.app, group, now).await?;
    rotation_job::enqueue(tx, &id, log_entry, now).await?;
    Ok(KeyRotationStartOutput { group_id: group.clone(), key_id: id })
}

/// What the caller's principal has to finish, and whether some of it should be repaired first.
///
/// # Errors
/// 400/310.
pub(crate) async fn pending(
    tx: &mut Tx,
    caller: &Caller,
) -> Result<(Vec<KeyRotationPending>, Repair), ApiError> {
    let access = caller.enter(tx).await?;
    let (group, principal) = (&access.group.id, &access.principal);
    let pending = keyring::pending_rotations(tx, group, &principal.id).await?;
    if pending.iter().all(|rotation| rotation.error.is_none()) {
        return Ok((pending, Repair::Needless));
    }
    let repair = match store::public_keys::newest_of(tx, principal).await? {
        Some(key) if !store::rotations::failed(tx, group, &principal.id, &key.id).await?.is_empty() => {
            Repair::Possible
        }
        _ => Repair::Needless,
    };
    Ok((pending, repair))
}

/// Whether [`repair`] would change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repair {
    Possible,
    Needless,
}

/// Encrypts the shares anew that failed because the public key of the principal was of no use, once it has another one.
///
/// # Errors
/// 400/310, 400/10001.
pub(crate) async fn repair(tx: &mut Tx, caller: &Caller, root_key: &RootKey) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    let (group, member) = (&access.group.id, &access.principal.id);
    let Some(public_key) = store::public_keys::newest_of(tx, &access.principal).await? else {
        return Ok(());
    };
    for failed in store::rotations::failed(tx, group, member, &public_key.id).await? {
        let sealing = Sealing { root_key, key: &failed.key };
        let ephemeral = sealing.open(member, &failed.sealed_ephemeral_key)?;
        let share = share(member.clone(), &public_key, &ephemeral, Some(&sealing));
        store::rotations::replace_failed(tx, &failed.key, &share).await?;
    }
    Ok(())
}

/// The caller's principal has the new key. Finishing what is not pending (any more) changes nothing and succeeds: there is no other
/// way to store a key for oneself.
///
/// # Errors
/// 400/310, 400/304 when the key is not encrypted to a key of the principal.
pub(crate) async fn finish(
    tx: &mut Tx,
    caller: &Caller,
    key: &KeyId,
    done: &KeyRotationDone,
    now: u64,
) -> Result<(), ApiError> {
    let access = caller.enter_for_update(tx).await?;
    if !store::public_keys::belongs_to(tx, &access.principal, &done.public_key_id).await? {
        return Err(ErrorCode::PublicKeyNotFound.into());
    }
    Ok(keyring::finish_rotation(tx, &access.group.id, &access.principal.id, key, done, now).await?)
}

/// Serves a new member in the rotations that still run: the job may have passed its place in the order. Whoever holds no key of
/// the group (a light member) could not finish anything and is left out.
pub(crate) async fn serve_newcomer(
    tx: &mut Tx,
    group: &GroupId,
    principal: &Principal,
) -> Result<(), ApiError> {
    let running = store::rotations::running_without(tx, group, &principal.id).await?;
    if running.is_empty() || !store::keys::holds_any(tx, group, &principal.id).await? {
        return Ok(());
    }
    let Some(public_key) = store::public_keys::newest_of(tx, principal).await? else {
        return Ok(());
    };
    for rotation in running {
        // Keys were encrypted to this public key just now: it is of use.
        let share = share(principal.id.clone(), &public_key, &rotation.encrypted_ephemeral_key, None);
        store::rotations::insert_shares(tx, &rotation.key, &[share]).await?;
    }
    Ok(())
}

/// Encrypts the encrypted ephemeral key for one member. A member whose public key is of no use gets the reason instead. What was to be
/// encrypted is kept for it, out of reach of who has only the database: it is used when the member has another public key, and goes when
/// the rotation is finished, expires, or the member is given new keys.
pub(super) fn share(
    member: MemberId,
    public_key: &PublicKey,
    encrypted_ephemeral_key: &Base64Text,
    sealing: Option<&Sealing<'_>>,
) -> Share {
    let (alg, key) = (public_key.alg.as_str(), public_key.key.as_str());
    let public_key = public_key.id.clone();
    match encrypt_ephemeral_key(alg, key, encrypted_ephemeral_key.as_str()) {
        Ok(encrypted_ephemeral_key) => {
            Share { member, public_key, encrypted_ephemeral_key, error: None, sealed_ephemeral_key: None }
        }
        Err(error) => Share {
            sealed_ephemeral_key: sealing.and_then(|sealing| sealing.seal(&member, encrypted_ephemeral_key)),
            member,
            public_key,
            encrypted_ephemeral_key: Base64Text::encode(&[]),
            error: Some(error.to_json()),
        },
    }
}

/// How the ephemeral key of a rotation is kept for a member.
pub(super) struct Sealing<'a> {
    pub(super) root_key: &'a RootKey,
    /// The new key of the rotation.
    pub(super) key: &'a KeyId,
}

impl Sealing<'_> {
    /// `None` when there is no randomness: the member then needs an invitation.
    fn seal(&self, member: &MemberId, ephemeral: &Base64Text) -> Option<Vec<u8>> {
        self.root_key.seal(Purpose::RotationShare, &self.row(member), ephemeral.as_str().as_bytes()).ok()
    }

    fn open(&self, member: &MemberId, sealed: &[u8]) -> Result<Base64Text, ApiError> {
        let text = self.root_key.open(Purpose::RotationShare, &self.row(member), sealed)?;
        let text =
            std::str::from_utf8(&text).map_err(|error| ApiError::caused_by(ErrorCode::AtRest, error))?;
        Ok(Base64Text::from_checked(text))
    }

    fn row(&self, member: &MemberId) -> String {
        format!("{}/{}", self.key, member)
    }
}

fn check_ids(new: &KeyRotationStart) -> Result<(), ApiError> {
    let signer = match (&new.signed_by_user_id, &new.signed_by_user_sign_key_id) {
        (Some(user), Some(key)) => user.is_uuid() && key.is_uuid(),
        _ => true,
    };
    if signer && new.previous_group_key_id.is_uuid() && new.invoker_public_key_id.is_uuid() {
        Ok(())
    } else {
        Err(ErrorCode::IdFormat.into())
    }
}
