//! Invitations by a group: to be answered, at once, and of members whose keys have become unusable.
//!
//! Needs rank 2 or stronger in the inviting group. Every check comes before the first write.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::NewMemberOutput;
use keyfold_protocol::id::{GroupId, UserId};

use super::access::{Access, Caller, RANK_USER_MANAGER};
use super::admission::{self, Grant};
use super::limits::{GroupLimits, Limit};
use super::list::InviteKind;
use super::principal::{MemberKind, Principal};
use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// Who is invited.
#[derive(Debug, Clone)]
pub(crate) enum Invited {
    /// A user of the app.
    User(UserId),
    /// A normal group, by a connected one.
    Group(GroupId),
    /// A group, whatever the rules for connected groups say: asked for by the app's own backend.
    GroupByForce(GroupId),
}

/// Whether the invited has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// It becomes a member when it accepts.
    Asked,
    /// It becomes a member now.
    Presumed,
}

/// Invites.
///
/// # Errors
/// In this order: 400/310 no access, 400/319 and 400/310 for groups, 400/303 and 400/305 for the number of keys, 400/317 when the
/// group takes no invitations, 400/301 for the wanted and the own rank, 400/100 or 400/310 for an unknown guest, 400/302 for a member,
/// 200/302 for somebody who is invited already, 304 for keys that are not the group's or the guest's, 400/322.
pub(crate) async fn invite(
    tx: &mut Tx,
    caller: &Caller,
    invited: &Invited,
    grant: &Grant,
    consent: Consent,
    limits: &GroupLimits,
    now: u64,
) -> Result<NewMemberOutput, ApiError> {
    let access = caller.enter_for_update(tx).await?;
    check_connection(tx, &access, invited).await?;
    grant.check_number_of_keys()?;
    check_open(&access)?;
    let rank = grant.checked_rank(&access)?;
    access.require_rank(RANK_USER_MANAGER)?;
    let guest = find_guest(tx, &access, invited).await?;
    let group = &access.group.id;
    if store::members::find(tx, group, &guest.id).await?.is_some() {
        return Err(ErrorCode::AlreadyMember.into());
    }
    if store::invites::find(tx, group, &guest.id, InviteKind::Invitation).await?.is_some() {
        return Err(ErrorCode::AlreadyInvited.into());
    }
    match consent {
        Consent::Asked => {
            let pending = store::invites::count(tx, group, InviteKind::Invitation, limits.pending).await?;
            if pending >= limits.pending {
                return Err(Limit::Invitations.into());
            }
            store::invites::insert(tx, group, &guest, InviteKind::Invitation, rank, now).await?;
            let session = admission::hand_over(tx, &access, &caller.user, &guest, grant, limits, now).await?;
            // A rotation that runs may have passed the invitations, and be complete when this one is accepted.
            super::rotation::serve_newcomer(tx, group, &guest).await?;
            Ok(admission::answer(session, "Invitation was sent"))
        }
        Consent::Presumed => {
            // Keys first: whoever has the newest key needs no share of a running rotation.
            let session = admission::hand_over(tx, &access, &caller.user, &guest, grant, limits, now).await?;
            admission::enrol(tx, group, &guest, rank, limits, now).await?;
            Ok(admission::answer(session, "Member was added"))
        }
    }
}

/// Gives a member new keys in place of all it has. Rank, kind and joining time stay.
///
/// # Errors
/// In this order: 400/310, 400/319, 400/303, 400/305, 400/317, 400/301 above rank 2, 400/320 for somebody who is no direct member, 304.
/// Nothing has changed then.
pub(crate) async fn re_invite(
    tx: &mut Tx,
    caller: &Caller,
    invited: &Invited,
    grant: &Grant,
    limits: &GroupLimits,
    now: u64,
) -> Result<NewMemberOutput, ApiError> {
    let access = caller.enter_for_update(tx).await?;
    check_connection(tx, &access, invited).await?;
    let group = &access.group.id;
    let id = match invited {
        Invited::User(user) => user.into(),
        Invited::Group(guest) | Invited::GroupByForce(guest) => guest.into(),
    };
    grant.check_number_of_keys()?;
    check_open(&access)?;
    access.require_rank(RANK_USER_MANAGER)?;
    let member = store::members::find(tx, group, &id).await?.ok_or(ErrorCode::ReInviteNotAMember)?;
    if (member.kind == MemberKind::User) != matches!(invited, Invited::User(_)) {
        return Err(ErrorCode::ReInviteNotAMember.into());
    }
    let principal = Principal { id, kind: member.kind };
    store::keys::delete_copies(tx, group, &principal.id).await?;
    store::rotations::delete_pending_of(tx, group, &principal.id).await?;
    store::sessions::delete_of(tx, group, &principal.id).await?;
    let session = admission::hand_over(tx, &access, &caller.user, &principal, grant, limits, now).await?;
    super::rotation::serve_newcomer(tx, group, &principal).await?;
    Ok(admission::answer(session, "Member has new keys"))
}

/// Only connected groups have groups as members, and only normal groups are members.
async fn check_connection(tx: &mut Tx, access: &Access, invited: &Invited) -> Result<(), ApiError> {
    let Invited::Group(guest) = invited else {
        return Ok(());
    };
    if !access.group.is_connected {
        return Err(ErrorCode::ConnectedMembership.into());
    }
    let guest = store::groups::find(tx, &access.group.app, guest).await?.ok_or(ErrorCode::GroupAccess)?;
    if guest.is_connected { Err(ErrorCode::ConnectedMembership.into()) } else { Ok(()) }
}

fn check_open(access: &Access) -> Result<(), ApiError> {
    if access.group.accepts_invites { Ok(()) } else { Err(ErrorCode::InvitesStopped.into()) }
}

async fn find_guest(tx: &mut Tx, access: &Access, invited: &Invited) -> Result<Principal, ApiError> {
    let app = &access.group.app;
    match invited {
        Invited::User(user) => {
            if store::groups::user_exists(tx, app, user).await? {
                Ok(Principal::user(user))
            } else {
                Err(ErrorCode::UserNotFound.into())
            }
        }
        Invited::Group(group) | Invited::GroupByForce(group) => {
            // A member of itself would be a way in that leads nowhere.
            if *group == access.group.id {
                return Err(ErrorCode::ConnectedMembership.into());
            }
            store::groups::find(tx, app, group).await?.ok_or(ErrorCode::GroupAccess)?;
            Ok(Principal::group(group))
        }
    }
}
