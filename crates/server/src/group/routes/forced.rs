//! For the backend of an app: the secret token instead of an access token, acting as the user in the path, with the rank and the
//! limits of that user.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{
    GroupCreate, GroupCreateOutput, GroupUserListItem, NewMemberKeys, NewMemberLight, NewMemberOutput,
};
use keyfold_protocol::id::{AppId, GroupId, MemberId, UserId};

use super::entry::{ForcedCaller, Id};
use super::invites::Way;
use crate::db::Tx;
use crate::error::ApiError;
use crate::extract::{Allow, AppToken, Body, Path, gate};
use crate::group::access::Caller;
use crate::group::admission::Grant;
use crate::group::invite;
use crate::group::{create, delete, member, user_exists};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

type Done = Result<Reply<&'static str>, ApiError>;
type Target<T> = Path<(UserId, GroupId, Id<T>)>;

/// `DELETE /group/forced/:gid`: needs no user.
pub(super) async fn delete(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(Id(group)): Path<Id<GroupId>>,
) -> Done {
    let data = (app.id.clone(), group, state.now());
    let work =
        state.db.write(data, |tx, (app, group, now)| Box::pin(delete::delete_by_force(tx, app, group, *now)));
    work.await?;
    state.jobs.wake();
    Ok(done())
}

/// `GET /group/forced/:gid/user/:principal`: whether it is a direct member.
pub(super) async fn member(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path((Id(group), Id(member))): Path<(Id<GroupId>, Id<MemberId>)>,
) -> ApiResult<GroupUserListItem> {
    let data = (app.id.clone(), group, member);
    let work = state.db.read(data, |tx, (app, group, member)| Box::pin(member::find(tx, app, group, member)));
    Ok(Reply(work.await?))
}

/// `POST /group/forced/:uid`
pub(super) async fn create(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(Id(user)): Path<Id<UserId>>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    create_root(&state, app.id.clone(), user, Some(keys)).await
}

/// `POST /group/forced/:uid/light`
pub(super) async fn create_light(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(Id(user)): Path<Id<UserId>>,
) -> ApiResult<GroupCreateOutput> {
    create_root(&state, app.id.clone(), user, None).await
}

async fn create_root(
    state: &AppState,
    app: AppId,
    user: UserId,
    keys: Option<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    let data = (app, user, keys, state.now());
    let work = state.db.write(data, |tx, (app, user, keys, now)| {
        Box::pin(async move {
            require_user(tx, app, user).await?;
            create::root(tx, app, user, keys.as_ref(), *now).await
        })
    });
    Ok(Reply(work.await?))
}

/// `POST /group/forced/:uid/:gid/child`
pub(super) async fn create_child(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_child(&state, caller, Some(keys)).await
}

/// `POST /group/forced/:uid/:gid/child/light`
pub(super) async fn create_child_light(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
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
        Box::pin(async move {
            require_user(tx, &caller.app, &caller.user).await?;
            create::child(tx, caller, keys.as_ref(), limits, *now).await
        })
    });
    Ok(Reply(work.await?))
}

/// `POST /group/forced/:uid/:gid/connected`
pub(super) async fn create_connected(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
    Body(keys): Body<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    insert_connected(&state, caller, Some(keys)).await
}

/// `POST /group/forced/:uid/:gid/connected/light`
pub(super) async fn create_connected_light(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
) -> ApiResult<GroupCreateOutput> {
    insert_connected(&state, caller, None).await
}

async fn insert_connected(
    state: &AppState,
    caller: Caller,
    keys: Option<GroupCreate>,
) -> ApiResult<GroupCreateOutput> {
    let data = (caller, keys, state.now());
    let work = state.db.write(data, |tx, (caller, keys, now)| {
        Box::pin(async move {
            require_user(tx, &caller.app, &caller.user).await?;
            create::connected(tx, caller, keys.as_ref(), *now).await
        })
    });
    Ok(Reply(work.await?))
}

/// `DELETE /group/forced/:uid/:gid/kick/:principal`
pub(super) async fn kick(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
    Path((_, _, Id(target))): Target<MemberId>,
) -> Done {
    let work = state.db.write((caller, target), |tx, (caller, target)| {
        Box::pin(async move {
            require_user(tx, &caller.app, &caller.user).await?;
            member::kick(tx, caller, target).await
        })
    });
    work.await?;
    Ok(done())
}

/// `POST /group/forced/:uid/:gid/invite_auto/:to_invite` and `…/group`
pub(super) async fn invite<W: Way>(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
    Path((_, _, Id(guest))): Target<String>,
    Body(keys): Body<NewMemberKeys>,
) -> ApiResult<NewMemberOutput> {
    add::<W>(&state, caller, guest, Grant::Keyed(keys)).await.map(Reply)
}

/// `POST /group/forced/:uid/:gid/invite_auto/:to_invite/light` and `…/group_light`
pub(super) async fn invite_light<W: Way>(
    State(state): State<AppState>,
    ForcedCaller(caller): ForcedCaller,
    _: Allow<gate::SecretOnly>,
    Path((_, _, Id(guest))): Target<String>,
    Body(NewMemberLight { rank }): Body<NewMemberLight>,
) -> Done {
    add::<W>(&state, caller, guest, Grant::Light { rank }).await.map(|_| done())
}

async fn add<W: Way>(
    state: &AppState,
    caller: Caller,
    guest: String,
    grant: Grant,
) -> Result<NewMemberOutput, ApiError> {
    let data = (caller, W::guest(guest), grant, state.limits.groups, state.now());
    let work = state.db.write(data, |tx, (caller, invited, grant, limits, now)| {
        Box::pin(async move {
            require_user(tx, &caller.app, &caller.user).await?;
            invite::invite(tx, caller, invited, grant, W::CONSENT, limits, *now).await
        })
    });
    work.await
}

/// # Errors
/// 400/100.
async fn require_user(tx: &mut Tx, app: &AppId, user: &UserId) -> Result<(), ApiError> {
    if user_exists(tx, app, user).await? { Ok(()) } else { Err(ErrorCode::UserNotFound.into()) }
}
