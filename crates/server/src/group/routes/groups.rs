//! Groups as a whole: create, fetch, delete.

use axum::extract::State;
use keyfold_protocol::group::{
    GroupCreate, GroupCreateOutput, GroupData, GroupKey, GroupLightData, UpdateCheck, UpdateCheckLight,
};
use keyfold_protocol::id::{GroupId, KeyId};
use keyfold_protocol::user::PublicKeyData;

use super::entry::Id;
use crate::error::ApiError;
use crate::extract::{Allow, AppToken, Body, Jwt, Path, gate};
use crate::group::access::Caller;
use crate::group::list::Cursor;
use crate::group::{create, delete, fetch, public_key};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

/// `POST /group`: anybody who is logged in creates a root group.
pub(super) async fn create(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupCreate>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    create_root(&state, jwt, Some(keys)).await
}

/// `POST /group/light`: the same without keys and without a body.
pub(super) async fn create_light(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    create_root(&state, jwt, None).await
}

async fn create_root(state: &AppState, jwt: Jwt, keys: Option<GroupCreate>) -> ApiResult<GroupCreateOutput> {
    let data = (jwt, keys, state.now());
    let work = state.db.write(data, |tx, (jwt, keys, now)| {
        Box::pin(create::root(tx, &jwt.app_id, &jwt.user_id, keys.as_ref(), *now))
    });
    Ok(Reply(work.await?))
}

/// `POST /group/:id/child`: rank 1 or stronger.
pub(super) async fn create_child(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupCreate>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_child(&state, caller, Some(keys)).await
}

/// `POST /group/:id/child/light`
pub(super) async fn create_child_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_child(&state, caller, None).await
}

async fn insert_child(
    state: &AppState,
    caller: Caller,
    keys: Option<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    let data = (caller, keys, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, keys, limits, now)| {
        Box::pin(create::child(tx, caller, keys.as_ref(), limits, *now))
    });
    Ok(Reply(work.await?))
}

/// `POST /group/:id/connected`: rank 1 or stronger in a normal group.
pub(super) async fn create_connected(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupCreate>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_connected(&state, caller, Some(keys)).await
}

/// `POST /group/:id/connected/light`
pub(super) async fn create_connected_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_connected(&state, caller, None).await
}

async fn insert_connected(
    state: &AppState,
    caller: Caller,
    keys: Option<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    let data = (caller, keys, state.now());
    let work = state
        .db
        .write(data, |tx, (caller, keys, now)| Box::pin(create::connected(tx, caller, keys.as_ref(), *now)));
    Ok(Reply(work.await?))
}

/// `GET /group/:id`: any member.
pub(super) async fn fetch(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupGet>,
) -> ApiResult<GroupData> {
    Ok(Reply(state.db.read(caller, |tx, caller| Box::pin(fetch::data(tx, caller))).await?))
}

/// `GET /group/:id/light`: any member.
pub(super) async fn fetch_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupGet>,
) -> ApiResult<GroupLightData> {
    Ok(Reply(state.db.read_single(caller, |tx, caller| Box::pin(fetch::light(tx, caller))).await?))
}

/// `GET /group/:id/update_check`: any member.
pub(super) async fn update_check(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupUserUpdateCheck>,
) -> ApiResult<UpdateCheck> {
    Ok(Reply(state.db.read(caller, |tx, caller| Box::pin(fetch::update_check(tx, caller))).await?))
}

/// `GET /group/:id/update_check_light`: any member.
pub(super) async fn update_check_light(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupUserUpdateCheck>,
) -> ApiResult<UpdateCheckLight> {
    Ok(Reply(
        state.db.read_single(caller, |tx, caller| Box::pin(fetch::update_check_light(tx, caller))).await?,
    ))
}

/// `GET /group/:id/keys/:time/:key_id`: any member.
pub(super) async fn keys(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupUserKeys>,
    Path((_, time, id)): Path<(GroupId, u64, String)>,
) -> ApiResult<Vec<GroupKey>> {
    let data = (caller, Cursor { time, id });
    Ok(Reply(state.db.read(data, |tx, (caller, after)| Box::pin(fetch::keys(tx, caller, after))).await?))
}

/// `GET /group/:id/key/:key_id`: any member.
pub(super) async fn key(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupUserKeys>,
    Path((_, key)): Path<(GroupId, KeyId)>,
) -> ApiResult<GroupKey> {
    Ok(Reply(state.db.read((caller, key), |tx, (caller, key)| Box::pin(fetch::key(tx, caller, key))).await?))
}

/// `GET /group/:id/public_key`: everybody with a token of the app.
pub(super) async fn public_key(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::UserPublicData>,
    Path(Id(group)): Path<Id<GroupId>>,
) -> ApiResult<PublicKeyData> {
    let data = (app.id.clone(), group);
    Ok(Reply(state.db.read(data, |tx, (app, group)| Box::pin(public_key::newest(tx, app, group))).await?))
}

/// `DELETE /group/:id`: rank 1 or stronger.
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupDelete>,
) -> Result<Reply<&'static str>, ApiError> {
    let data = (caller, state.now());
    state.db.write(data, |tx, (caller, now)| Box::pin(delete::delete(tx, caller, *now))).await?;
    state.jobs.wake();
    Ok(done())
}
