//! Invitations: by a group of rank 2 or stronger, answers by the invited, uploads of the remaining keys.

use axum::extract::State;
use keyfold_protocol::group::{NewMemberKey, NewMemberKeys, NewMemberLight, NewMemberOutput};
use keyfold_protocol::id::{GroupId, KeySessionId, MemberId};

use super::entry::{Approach, Id};
use crate::error::ApiError;
use crate::extract::{Allow, Body, Gate, Jwt, Path, gate};
use crate::group::access::Caller;
use crate::group::admission::Grant;
use crate::group::invite::{self, Consent, Invited};
use crate::group::{answer, key_session};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

type Done = Result<Reply<&'static str>, ApiError>;
/// A way to bring somebody into a group: who is invited, whether it is asked, and which option of the app governs that. Each is an
/// endpoint with keys and one without.
pub(super) trait Way: Send + 'static {
    type Gate: Gate;
    const CONSENT: Consent;

    /// The one whose id stands in the path.
    fn guest(id: String) -> Invited;
}

macro_rules! ways {
    ($($(#[$doc:meta])* $way:ident: $gate:ident, $consent:ident, $guest:ident;)*) => {$(
        $(#[$doc])*
        pub(super) struct $way;

        impl Way for $way {
            type Gate = gate::$gate;
            const CONSENT: Consent = Consent::$consent;

            fn guest(id: String) -> Invited {
                Invited::$guest(id.into())
            }
        }
    )*};
}

ways! {
    /// A user who answers.
    AskUser: GroupInvite, Asked, User;
    /// A group whose admins answer.
    AskGroup: GroupInvite, Asked, Group;
    /// A user, at once.
    AddUser: GroupAutoInvite, Presumed, User;
    /// A group, at once.
    AddGroup: GroupAutoInvite, Presumed, Group;
    /// A group, at once, whatever the rules for connected groups say. Needs the secret token.
    AddGroupByForce: SecretOnly, Presumed, GroupByForce;
}

type Guest = Path<(GroupId, Id<String>)>;

/// With keys.
pub(super) async fn send<W: Way>(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<W::Gate>,
    _: Approach,
    Path((_, Id(guest))): Guest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    invite::<W>(&state, caller, guest, Grant::Keyed(keys)).await.map(Reply)
}

/// Without keys, into a light group.
pub(super) async fn send_light<W: Way>(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<W::Gate>,
    _: Approach,
    Path((_, Id(guest))): Guest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    invite::<W>(&state, caller, guest, Grant::Light { rank }).await.map(|_| done())
}

async fn invite<W: Way>(
    state: &AppState,
    caller: Caller,
    guest: String,
    grant: Grant,
) -> Result<NewMemberOutput, ApiError> {
    let data = (caller, W::guest(guest), grant, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, invited, grant, limits, now)| {
        Box::pin(invite::invite(tx, caller, invited, grant, W::CONSENT, limits, *now))
    });
    work.await
}

/// New keys for somebody who is a member already.
pub(super) async fn send_again<W: Way>(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<W::Gate>,
    _: Approach,
    Path((_, Id(guest))): Guest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    let data = (caller, W::guest(guest), Grant::Keyed(keys), state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, invited, grant, limits, now)| {
        Box::pin(invite::re_invite(tx, caller, invited, grant, limits, *now))
    });
    Ok(Reply(work.await?))
}

/// `PUT /group/:id/invite/session/:session` and `…/join_req/session/:session`: the one who invited, or rank 2 or stronger. No option of
/// the app governs it.
pub(super) async fn upload_keys(
    State(state): State<AppState>,
    caller: Caller,
    Path((_, session)): Path<(GroupId, KeySessionId)>,
    Body(keys): Body<Vec<NewMemberKey>>,
) -> Done {
    let data = (caller, session, keys, state.now());
    let work = state.db.write(data, |tx, (caller, session, keys, now)| {
        Box::pin(key_session::upload(tx, caller, session, keys, *now))
    });
    work.await?;
    Ok(done())
}

/// `PATCH /group/:target/invite`: the invited user accepts.
pub(super) async fn accept(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupAcceptInvite>,
    Path(Id(target)): Path<Id<GroupId>>,
) -> Done {
    let data = (jwt.app_id, MemberId::from(&jwt.user_id), target, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (app, user, target, limits, now)| {
        Box::pin(answer::accept(tx, app, target, user, limits, *now))
    });
    work.await?;
    Ok(done())
}

/// `DELETE /group/:target/invite`: the invited user rejects.
pub(super) async fn reject(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupRejectInvite>,
    Path(Id(target)): Path<Id<GroupId>>,
) -> Done {
    let data = (jwt.app_id, MemberId::from(&jwt.user_id), target);
    state.db.write(data, |tx, (app, user, target)| Box::pin(answer::reject(tx, app, target, user))).await?;
    Ok(done())
}

/// `PATCH /group/:id/invite/:target` and `/group/:id/:target/invite`: rank 1 or stronger in the invited group accepts.
pub(super) async fn accept_for_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAcceptInvite>,
    Path((_, Id(target))): Path<(GroupId, Id<GroupId>)>,
) -> Done {
    let data = (caller, target, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, target, limits, now)| {
        Box::pin(answer::accept_for_group(tx, caller, target, limits, *now))
    });
    work.await?;
    Ok(done())
}

/// `DELETE /group/:id/invite/:target` and `/group/:id/:target/invite`: rank 1 or stronger in the invited group rejects.
pub(super) async fn reject_for_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupRejectInvite>,
    Path((_, Id(target))): Path<(GroupId, Id<GroupId>)>,
) -> Done {
    let data = (caller, target);
    state
        .db
        .write(data, |tx, (caller, target)| Box::pin(answer::reject_for_group(tx, caller, target)))
        .await?;
    Ok(done())
}
