//! Invitations: by a group of rank 2 or stronger, answers by the invited, uploads of the remaining keys.

use axum::extract::State;
use keyfold_protocol::group::{NewMemberKey, NewMemberKeys, NewMemberLight, NewMemberOutput};
use keyfold_protocol::id::{GroupId, KeySessionId, MemberId, UserId};

use super::entry::Id;
use crate::error::ApiError;
use crate::extract::{Allow, Body, Jwt, Path, gate};
use crate::group::access::Caller;
use crate::group::admission::Grant;
use crate::group::invite::{self, Consent, Invited};
use crate::group::{answer, key_session};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

type Done = Result<Reply<&'static str>, ApiError>;
type UserGuest = Path<(GroupId, Id<UserId>)>;
type GroupGuest = Path<(GroupId, Id<GroupId>)>;

/// `PUT /group/:id/invite/:user`
pub(super) async fn user(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupInvite>,
    Path((_, Id(guest))): UserGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send(&state, caller, Invited::User(guest), Grant::Keyed(keys), Consent::Asked).await.map(Reply)
}

/// `PUT /group/:id/invite/:user/light`
pub(super) async fn user_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupInvite>,
    Path((_, Id(guest))): UserGuest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    send(&state, caller, Invited::User(guest), Grant::Light { rank }, Consent::Asked).await.map(|_| done())
}

/// `PUT /group/:id/invite_group/:group`
pub(super) async fn group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupInvite>,
    Path((_, Id(guest))): GroupGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send(&state, caller, Invited::Group(guest), Grant::Keyed(keys), Consent::Asked).await.map(Reply)
}

/// `PUT /group/:id/invite_group/:group/light`
pub(super) async fn group_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupInvite>,
    Path((_, Id(guest))): GroupGuest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    send(&state, caller, Invited::Group(guest), Grant::Light { rank }, Consent::Asked).await.map(|_| done())
}

/// `PUT /group/:id/invite_auto/:user`
pub(super) async fn user_auto(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): UserGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send(&state, caller, Invited::User(guest), Grant::Keyed(keys), Consent::Presumed).await.map(Reply)
}

/// `PUT /group/:id/invite_auto/:user/light`
pub(super) async fn user_auto_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): UserGuest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    send(&state, caller, Invited::User(guest), Grant::Light { rank }, Consent::Presumed).await.map(|_| done())
}

/// `PUT /group/:id/invite_group_auto/:group`
pub(super) async fn group_auto(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): GroupGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send(&state, caller, Invited::Group(guest), Grant::Keyed(keys), Consent::Presumed).await.map(Reply)
}

/// `PUT /group/:id/invite_group_auto/:group/light`
pub(super) async fn group_auto_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): GroupGuest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    send(&state, caller, Invited::Group(guest), Grant::Light { rank }, Consent::Presumed)
        .await
        .map(|_| done())
}

/// `PUT /group/:id/invite_group_auto_force/:group`: secret token as well as an access token.
pub(super) async fn group_auto_force(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::SecretOnly>,
    Path((_, Id(guest))): GroupGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send(&state, caller, Invited::GroupByForce(guest), Grant::Keyed(keys), Consent::Presumed).await.map(Reply)
}

/// `PUT /group/:id/invite_group_auto_force/:group/light`
pub(super) async fn group_auto_force_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::SecretOnly>,
    Path((_, Id(guest))): GroupGuest,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    send(&state, caller, Invited::GroupByForce(guest), Grant::Light { rank }, Consent::Presumed)
        .await
        .map(|_| done())
}

/// `PUT /group/:id/re_invite/:user`
pub(super) async fn user_again(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): UserGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send_again(&state, caller, Invited::User(guest), keys).await
}

/// `PUT /group/:id/re_invite_group/:group`
pub(super) async fn group_again(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAutoInvite>,
    Path((_, Id(guest))): GroupGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send_again(&state, caller, Invited::Group(guest), keys).await
}

/// `PUT /group/:id/re_invite_group_force/:group`: secret token as well as an access token.
pub(super) async fn group_again_force(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::SecretOnly>,
    Path((_, Id(guest))): GroupGuest,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    send_again(&state, caller, Invited::GroupByForce(guest), keys).await
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
    Path((_, Id(target))): GroupGuest,
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
    Path((_, Id(target))): GroupGuest,
) -> Done {
    let data = (caller, target);
    state
        .db
        .write(data, |tx, (caller, target)| Box::pin(answer::reject_for_group(tx, caller, target)))
        .await?;
    Ok(done())
}

async fn send(
    state: &AppState,
    caller: Caller,
    invited: Invited,
    grant: Grant,
    consent: Consent,
) -> Result<NewMemberOutput, ApiError> {
    let data = (caller, invited, grant, consent, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, invited, grant, consent, limits, now)| {
        Box::pin(invite::invite(tx, caller, invited, grant, *consent, limits, *now))
    });
    work.await
}

async fn send_again(
    state: &AppState,
    caller: Caller,
    invited: Invited,
    keys: NewMemberKeys,
) -> ApiResult<NewMemberOutput> {
    let data = (caller, invited, Grant::Keyed(keys), state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, invited, grant, limits, now)| {
        Box::pin(invite::re_invite(tx, caller, invited, grant, limits, *now))
    });
    Ok(Reply(work.await?))
}
