//! What every way into a group has in common: rank and keys of the new member, the upload session, the row.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{NewMemberKey, NewMemberKeys, NewMemberOutput};
use keyfold_protocol::id::{GroupId, KeyId, KeySessionId, UserId};
use keyfold_protocol::{MAX_KEYS_PER_UPLOAD, RANK_DEFAULT};

use super::access::{Access, RANK_ADMIN, RANK_MEMBER};
use super::limits::{GroupLimits, Limit};
use super::principal::{MemberKind, Principal};
use super::store::members::Inserted;
use super::store::sessions::Session;
use super::{rotation, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::random;

/// Rank and keys that the one who admits gives to the new member.
#[derive(Debug, Clone)]
pub(crate) enum Grant {
    /// A member with keys.
    Keyed(NewMemberKeys),
    /// A member of a light group.
    Light {
        /// Missing means 4.
        rank: Option<i32>,
    },
}

impl Grant {
    fn rank(&self) -> Option<i32> {
        match self {
            Self::Keyed(keys) => keys.rank,
            Self::Light { rank } => *rank,
        }
    }

    pub(super) fn keys(&self) -> Option<&[NewMemberKey]> {
        match self {
            Self::Keyed(keys) => Some(&keys.keys),
            Self::Light { .. } => None,
        }
    }

    /// # Errors
    /// 400/303 without keys, 400/305 with more than a request may hold.
    pub(super) fn check_number_of_keys(&self) -> Result<(), ApiError> {
        self.keys().map_or(Ok(()), check_number)
    }

    /// The rank of the new member: 1 to 4 and not stronger than that of the one who admits.
    ///
    /// # Errors
    /// 400/301.
    pub(super) fn checked_rank(&self, by: &Access) -> Result<i32, ApiError> {
        let rank = self.rank().unwrap_or(RANK_DEFAULT);
        if rank < RANK_ADMIN || rank < by.rank {
            return Err(ErrorCode::RankInsufficient.into());
        }
        // Weaker than a member does not exist.
        Ok(rank.min(RANK_MEMBER))
    }
}

/// # Errors
/// 400/303, 400/305.
pub(super) fn check_number(keys: &[NewMemberKey]) -> Result<(), ApiError> {
    match keys.len() {
        0 => Err(ErrorCode::NoKeys.into()),
        number if number > MAX_KEYS_PER_UPLOAD => Err(ErrorCode::TooManyKeys.into()),
        _ => Ok(()),
    }
}

/// Stores keys for a principal, in place of those it may have of the same generations.
///
/// # Errors
/// 200/304 when one of them is no key of this group, 400/304 when one is encrypted to a key that is not the principal's.
pub(super) async fn store_keys(
    tx: &mut Tx,
    group: &GroupId,
    principal: &Principal,
    keys: &[NewMemberKey],
    now: u64,
) -> Result<(), ApiError> {
    let mut public_keys: Vec<&KeyId> = keys.iter().map(|key| &key.user_public_key_id).collect();
    public_keys.sort_unstable();
    public_keys.dedup();
    for public_key in public_keys {
        if !store::public_keys::belongs_to(tx, principal, public_key).await? {
            return Err(ErrorCode::PublicKeyNotFound.into());
        }
    }
    let stored = store::keys::replace_copies(tx, group, &principal.id, keys, now).await?;
    // Keys of other groups are passed over by the statement.
    if usize::try_from(stored).ok() == Some(keys.len()) {
        Ok(())
    } else {
        Err(ErrorCode::GroupKeyNotFound.into())
    }
}

/// Stores what the grant holds, and opens a session when more is to come. The answer of the endpoint.
///
/// The newest key must be among them, unless more are to come. Whoever has not finished a rotation yet cannot hand out its key, and
/// once a rotation is complete the server cannot serve anybody in it any more: the new member would never be able to read what is
/// written from now on. Rotations that still run reach it by themselves. Clients send more than a page of keys in an order of their
/// own: published ones send the newest last, through the session.
///
/// # Errors
/// As [`store_keys`]; 200/304 without the newest key when no more are to come.
pub(super) async fn hand_over(
    tx: &mut Tx,
    by: &Access,
    user: &UserId,
    principal: &Principal,
    grant: &Grant,
    limits: &GroupLimits,
    now: u64,
) -> Result<Option<KeySessionId>, ApiError> {
    let Grant::Keyed(keys) = grant else {
        return Ok(None);
    };
    store_keys(tx, &by.group.id, principal, &keys.keys, now).await?;
    if !keys.key_session && store::keys::lacks_completed(tx, &by.group.id, &principal.id).await? {
        let text = "The newest group key is missing: finish the key rotation first";
        return Err(ApiError::with_message(ErrorCode::GroupKeyNotFound, text));
    }
    if !keys.key_session {
        return Ok(None);
    }
    store::sessions::delete_expired(tx, now).await?;
    let id = KeySessionId::from(random::ordered_id());
    let session = Session {
        member: principal.id.clone(),
        created_by: user.clone(),
        expires_at: now.saturating_add(limits.key_session_ms),
    };
    store::sessions::insert(tx, &id, &by.group.id, &session).await?;
    Ok(Some(id))
}

/// Makes the principal a member. What was pending between it and the group is settled with that, and rotations that still run
/// reach it at once.
///
/// # Errors
/// 400/100 or 400/310 when it has ceased to exist, 400/302 when it is a member already, 400/322 when the group is full.
pub(super) async fn enrol(
    tx: &mut Tx,
    group: &GroupId,
    principal: &Principal,
    rank: i32,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    if !store::groups::hold(tx, principal).await? {
        return Err(match principal.kind {
            MemberKind::User => ErrorCode::UserNotFound.into(),
            MemberKind::Parent | MemberKind::Group => ErrorCode::GroupAccess.into(),
        });
    }
    match store::members::insert(tx, group, principal, rank, now, limits.members).await? {
        Inserted::Yes => {}
        Inserted::AlreadyMember => return Err(ErrorCode::AlreadyMember.into()),
        Inserted::GroupFull => return Err(Limit::Members.into()),
    }
    store::invites::delete_all_of(tx, group, &principal.id).await?;
    rotation::serve_newcomer(tx, group, principal).await
}

/// The answer of an invitation or an accepted join request.
pub(super) fn answer(session_id: Option<KeySessionId>, message: &str) -> NewMemberOutput {
    NewMemberOutput { session_id, message: message.to_owned() }
}
