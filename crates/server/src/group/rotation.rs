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
use keyfold_protocol::id::{AppId, GroupId, KeyId, MemberId};
use serde::Serialize;

use super::access::Caller;
use super::month::start_of_month;
use super::principal::Principal;
use super::store::keys::{Copy, IfPresent, NewGeneration, RotationPart, SignPair};
use super::store::public_keys::PublicKey;
use super::store::rotations::Share;
use super::{rotation_job, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::random;

/// Rotations that one answer lists. Who has more to finish asks again.
const MAX_PENDING: u32 = 500;

/// Starts a rotation. The starter's principal has the new key at once.
///
/// # Errors
/// 400/310, 400/301 when the rank is weaker than the app's `min_rank_key_rotation`, 400/321 when the month's rotations are used up, and
/// as [`begin`]. 400/304 when the key for the starter is not encrypted to one of its keys.
pub(crate) async fn start(
    tx: &mut Tx,
    caller: &Caller,
    options: &GroupOptions,
    new: &KeyRotationStart,
    now: u64,
) -> Result<KeyRotationStartOutput, ApiError> {
    let access = caller.enter_for_update(tx).await?;
    access.require_rank(options.min_rank_key_rotation)?;
    let group = &access.group.id;
    let limit = u64::try_from(options.max_key_rotation_month).unwrap_or(0);
    if store::rotations::count_since(tx, group, start_of_month(now)).await? >= limit {
        return Err(ErrorCode::RotationLimit.into());
    }
    check_ids(new)?;
    if !store::public_keys::belongs_to(tx, &access.principal, &new.invoker_public_key_id).await? {
        return Err(ErrorCode::PublicKeyNotFound.into());
    }
    begin(tx, &caller.app, group, &access.principal.id, new, now).await
}

/// Writes the new generation, the starter's copy, the entry that counts against the monthly limit, and the job: all or nothing.
///
/// The caller has locked the group and checked that `starter` may do this, and that the invoker's public key is the starter's: a
/// user, a group, or, in the group of one user, a device.
///
/// # Errors
/// 200/304 when the starter does not hold the previous key: nobody else could finish such a rotation either.
pub(crate) async fn begin(
    tx: &mut Tx,
    app: &AppId,
    group: &GroupId,
    starter: &MemberId,
    new: &KeyRotationStart,
    now: u64,
) -> Result<KeyRotationStartOutput, ApiError> {
    if !store::keys::is_held(tx, group, starter, &new.previous_group_key_id).await? {
        return Err(ErrorCode::GroupKeyNotFound.into());
    }
    let id = KeyId::from(random::ordered_id());
    // Clients take the first of the list for the newest: no two generations of a group are of the same time.
    let newest = store::keys::newest_time(tx, group).await?;
    let created_at = newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
    let generation = NewGeneration {
        id: &id,
        group,
        created_at,
        group_key_alg: &new.group_key_alg,
        keypair_encrypt_alg: &new.keypair_encrypt_alg,
        public_key: &new.public_group_key,
        encrypted_private_key: &new.encrypted_private_group_key,
        signed_by_user_id: new.signed_by_user_id.as_ref(),
        signed_by_user_sign_key_id: new.signed_by_user_sign_key_id.as_ref(),
        group_key_sig: new.group_key_sig.as_ref(),
        sign_pair: sign_pair(new),
        rotation: Some(RotationPart {
            previous_key: &new.previous_group_key_id,
            ephemeral_alg: &new.ephemeral_alg,
            encrypted_group_key_by_ephemeral: &new.encrypted_group_key_by_ephemeral,
            encrypted_ephemeral_key: &new.encrypted_ephemeral_key,
        }),
    };
    store::keys::insert(tx, &generation).await?;
    let copy = Copy {
        key: &id,
        public_key_id: &new.invoker_public_key_id,
        alg: &new.encrypted_group_key_alg,
        encrypted_group_key: &new.encrypted_group_key_by_user,
    };
    store::keys::insert_copies(tx, group, starter, now, &[copy], IfPresent::Keep).await?;
    store::groups::set_current_key(tx, group, &id).await?;
    let log_entry = store::rotations::log_start(tx, app, group, now).await?;
    rotation_job::enqueue(tx, &id, log_entry, now).await?;
    Ok(KeyRotationStartOutput { group_id: group.clone(), key_id: id })
}

/// What the caller's principal has to finish.
///
/// # Errors
/// 400/310.
pub(crate) async fn pending(tx: &mut Tx, caller: &Caller) -> Result<Vec<KeyRotationPending>, ApiError> {
    let access = caller.enter(tx).await?;
    pending_of(tx, &access.group.id, &access.principal.id).await
}

/// What a member of a group, or a device in the group of its user, has to finish.
pub(crate) async fn pending_of(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<Vec<KeyRotationPending>, ApiError> {
    Ok(store::rotations::pending(tx, group, member, MAX_PENDING).await?)
}

/// The caller's principal has the new key. Finishing what is not pending (any more) changes nothing and succeeds.
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
    finish_for(tx, &access.group.id, &access.principal.id, key, done, now).await
}

/// Stores the copy of a member, or of a device in the group of its user. Only a pending rotation can be finished: there is no other
/// way to store a key for oneself.
pub(crate) async fn finish_for(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key: &KeyId,
    done: &KeyRotationDone,
    now: u64,
) -> Result<(), ApiError> {
    if store::rotations::delete_pending(tx, group, member, key).await? {
        let copy = Copy {
            key,
            public_key_id: &done.public_key_id,
            alg: &done.encrypted_alg,
            encrypted_group_key: &done.encrypted_new_group_key,
        };
        store::keys::insert_copies(tx, group, member, now, &[copy], IfPresent::Keep).await?;
    }
    Ok(())
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
        let share = share(principal.id.clone(), &public_key, &rotation.encrypted_ephemeral_key);
        store::rotations::insert_shares(tx, &rotation.key, &[share]).await?;
    }
    Ok(())
}

/// Encrypts the encrypted ephemeral key for one member. A member whose public key is of no use gets the reason instead; only an
/// invitation with new keys helps it.
pub(super) fn share(member: MemberId, public_key: &PublicKey, encrypted_ephemeral_key: &Base64Text) -> Share {
    let (alg, key) = (public_key.alg.as_str(), public_key.key.as_str());
    let (encrypted_ephemeral_key, error) =
        match encrypt_ephemeral_key(alg, key, encrypted_ephemeral_key.as_str()) {
            Ok(encrypted) => (encrypted, None),
            Err(error) => (Base64Text::encode(&[]), Some(error_text(error))),
        };
    Share { member, public_key: public_key.id.clone(), encrypted_ephemeral_key, error }
}

/// The form in which clients expect an error.
fn error_text(error: keyfold_crypto::Error) -> String {
    #[derive(Serialize)]
    struct ClientError<'a> {
        status: &'a str,
        error_message: String,
    }
    let error = ClientError { status: error.code(), error_message: error.to_string() };
    // Two texts: writing them to memory cannot fail.
    serde_json::to_string(&error).unwrap_or_default()
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

fn sign_pair(new: &KeyRotationStart) -> Option<SignPair<'_>> {
    Some(SignPair {
        encrypted_sign_key: new.encrypted_sign_key.as_ref()?,
        verify_key: new.verify_key.as_ref()?,
        keypair_sign_alg: new.keypair_sign_alg.as_ref()?,
        public_key_sig: new.public_key_sig.as_ref(),
    })
}
