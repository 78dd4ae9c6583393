//! Join requests.

use axum::extract::State;
use keyfold_protocol::group::{NewMemberKeys, NewMemberLight, NewMemberOutput};
use keyfold_protocol::id::{GroupId, MemberId};

use super::entry::{Approach, Id};
use crate::error::ApiError;
use crate::extract::{Allow, Body, Jwt, Path, gate};
use crate::group::access::Caller;
use crate::group::admission::Grant;
use crate::group::join;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

type Done = Result<Reply<&'static str>, ApiError>;

/// `PATCH /group/:target/join_req`: anybody who is logged in asks.
pub(super) async fn ask(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupJoinReq>,
    _: Approach,
    Path(Id(target)): Path<Id<GroupId>>,
) -> Done {
    let data = (jwt, target, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (jwt, target, limits, now)| {
        Box::pin(join::ask(tx, &jwt.app_id, &jwt.user_id, target, limits, *now))
    });
    work.await?;
    Ok(done())
}

/// `PATCH /group/:id/join_req/:target`: rank 1 or stronger asks for its group.
pub(super) async fn ask_for_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupJoinReq>,
    _: Approach,
    Path((_, Id(target))): Path<(GroupId, Id<GroupId>)>,
) -> Done {
    let data = (caller, target, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, target, limits, now)| {
        Box::pin(join::ask_for_group(tx, caller, target, limits, *now))
    });
    work.await?;
    Ok(done())
}

/// `DELETE /group/joins/:target`: the user withdraws its request.
pub(super) async fn withdraw(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupJoinReq>,
    Path(Id(target)): Path<Id<GroupId>>,
) -> Done {
    let data = (jwt.app_id, MemberId::from(&jwt.user_id), target);
    state.db.write(data, |tx, (app, user, target)| Box::pin(join::withdraw(tx, app, user, target))).await?;
    Ok(done())
}

/// `DELETE /group/:id/joins/:target`: rank 1 or stronger withdraws the request of its group.
pub(super) async fn withdraw_for_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupJoinReq>,
    Path((_, Id(target))): Path<(GroupId, Id<GroupId>)>,
) -> Done {
    let data = (caller, target);
    state
        .db
        .write(data, |tx, (caller, target)| Box::pin(join::withdraw_for_group(tx, caller, target)))
        .await?;
    Ok(done())
}

/// `PUT /group/:id/join_req/:principal`: rank 2 or stronger accepts.
pub(super) async fn accept(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAcceptJoinReq>,
    Path((_, Id(asking))): Path<(GroupId, Id<MemberId>)>,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    admit(&state, caller, asking, Grant::Keyed(keys)).await.map(Reply)
}

/// `PUT /group/:id/join_req/:principal/light`
pub(super) async fn accept_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupAcceptJoinReq>,
    Path((_, Id(asking))): Path<(GroupId, Id<MemberId>)>,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    admit(&state, caller, asking, Grant::Light { rank }).await.map(|_| done())
}

/// `DELETE /group/:id/join_req/:principal`: rank 2 or stronger rejects, or takes an invitation back.
pub(super) async fn reject(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupRejectJoinReq>,
    Path((_, Id(asking))): Path<(GroupId, Id<MemberId>)>,
) -> Done {
    state
        .db
        .write((caller, asking), |tx, (caller, asking)| Box::pin(join::reject(tx, caller, asking)))
        .await?;
    Ok(done())
}

async fn admit(
    state: &AppState,
    caller: Caller,
    asking: MemberId,
    grant: Grant,
) -> Result<NewMemberOutput, ApiError> {
    let data = (caller, asking, grant, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, asking, grant, limits, now)| {
        Box::pin(join::accept(tx, caller, asking, grant, limits, *now))
    });
    work.await
}
