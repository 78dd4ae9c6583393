//! Key rotation.

use axum::extract::State;
use keyfold_protocol::group::{
    KeyRotationDone, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput,
};
use keyfold_protocol::id::{GroupId, KeyId};

use crate::error::ApiError;
use crate::extract::{Allow, AppToken, Body, Path, gate};
use crate::group::access::Caller;
use crate::group::rotation::{self, Repair};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

/// `POST /group/:id/key_rotation`: the rank that the app asks for. Answers as soon as the new key is stored; the members get their part
/// from a job.
pub(super) async fn start(
    State(state): State<AppState>,
    caller: Caller,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::GroupKeyRotation>,
    Body(new): Body<KeyRotationStart>,
) -> ApiResult<KeyRotationStartOutput> {
    let data = (caller, app, new, state.now());
    let work = state.db.write(data, |tx, (caller, app, new, now)| {
        Box::pin(rotation::start(tx, caller, &app.group_options, new, *now))
    });
    let started = work.await?;
    state.jobs.wake();
    Ok(Reply(started))
}

/// `GET /group/:id/key_rotation`: any member.
pub(super) async fn pending(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupGet>,
) -> ApiResult<Vec<KeyRotationPending>> {
    let read = state.db.read(caller.clone(), |tx, caller| Box::pin(rotation::pending(tx, caller)));
    let (pending, repair) = read.await?;
    if repair == Repair::Needless {
        return Ok(Reply(pending));
    }
    let data = (caller, state.root_key.clone());
    let repaired = state.db.write(data, |tx, (caller, root_key)| {
        Box::pin(async move {
            rotation::repair(tx, caller, root_key).await?;
            rotation::pending(tx, caller).await
        })
    });
    let (pending, _) = repaired.await?;
    Ok(Reply(pending))
}

/// `PUT /group/:id/key_rotation/:key_id`: any member.
pub(super) async fn finish(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupGet>,
    Path((_, key)): Path<(GroupId, KeyId)>,
    Body(input): Body<KeyRotationDone>,
) -> Result<Reply<&'static str>, ApiError> {
    let data = (caller, key, input, state.now());
    let work = state.db.write(data, |tx, (caller, key, input, now)| {
        Box::pin(rotation::finish(tx, caller, key, input, *now))
    });
    work.await?;
    Ok(done())
}
