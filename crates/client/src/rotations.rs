//! Key rotations that another device, or another member, has begun.

use keyfold_crypto::rotation;
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::group::KeyRotationPending;
use keyfold_protocol::id::KeyId;

use crate::error::Error;
use crate::trust::Signers;

/// Whose keys others rotate: a user, or a group.
pub(crate) trait Rotated {
    /// What waits for this device, or this member; so many at once that it may be called again when they are finished.
    async fn pending_rotations(&self) -> Result<Vec<KeyRotationPending>, Error>;

    /// Loads a key, if the server has it.
    async fn load_key(&self, id: &KeyId);

    /// Whether a key is loaded.
    fn has_key(&self, id: &KeyId) -> bool;

    /// Finishes a rotation of a key that is loaded. `signers` is for keys that may be signed.
    async fn take_over(&self, rotation: &KeyRotationPending, signers: Signers) -> Result<(), Error>;
}

/// Takes over all new keys that can be taken over, and returns whether nothing is left.
///
/// # Errors
/// `client_204`: the server could not encrypt one of them for this device or member. The others are taken over all the same.
pub(crate) async fn finish(keys: &impl Rotated, signers: Signers) -> Result<bool, Error> {
    loop {
        let pending = keys.pending_rotations().await?;
        for rotation in &pending {
            // One that is not there may be made by another pending rotation.
            keys.load_key(&rotation.previous_group_key_id).await;
        }
        let order = rotation::order(&pending, |id| keys.has_key(id));
        let finished = order.len();
        for rotation in order.into_iter().filter_map(|index| pending.get(index)) {
            keys.take_over(rotation, signers).await?;
        }
        // A server lists so many at once: those behind them are listed when these are finished.
        if finished > 0 && pending.len() >= PAGE_SIZE {
            continue;
        }
        if pending.iter().any(|rotation| rotation.error.is_some()) {
            return Err(keyfold_crypto::Error::RotationRefused.into());
        }
        return Ok(finished == pending.len());
    }
}

/// For those who need what can be taken over, and not the rest.
pub(crate) fn as_far_as_possible(finished: Result<(), Error>) -> Result<(), Error> {
    match finished {
        Err(Error::Crypto(keyfold_crypto::Error::RotationRefused)) => Ok(()),
        finished => finished,
    }
}
