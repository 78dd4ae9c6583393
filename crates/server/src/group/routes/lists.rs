//! Pages of lists: 50 items after the time and the id of the last item that the caller has.

use axum::extract::State;
use keyfold_protocol::group::{
    GroupChildItem, GroupInviteItem, GroupJoinReqItem, GroupUserListItem, ListGroupItem,
};
use keyfold_protocol::id::{GroupId, MemberId};

use crate::extract::{Allow, Gate, Jwt, Path, gate};
use crate::group::access::Caller;
use crate::group::list::{self, Cursor, InviteKind};
use crate::reply::{ApiResult, Reply};
use crate::state::AppState;

type Page = Path<(u64, String)>;
type PageOfGroup = Path<(GroupId, u64, String)>;

/// `GET /group/all/:time/:id`: the groups of the user, without inherited ones.
pub(super) async fn groups_of_user(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupList>,
    Path((time, id)): Page,
) -> ApiResult<Vec<ListGroupItem>> {
    let data = (jwt, Cursor { time, id });
    let work = state.db.read(data, |tx, (jwt, after)| {
        Box::pin(async move { list::groups_of(tx, &jwt.app_id, &MemberId::from(&jwt.user_id), after).await })
    });
    Ok(Reply(work.await?))
}

/// `GET /group/invite/:time/:id`: the invitations of the user.
pub(super) async fn invites_of_user(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupInvite>,
    Path((time, id)): Page,
) -> ApiResult<Vec<GroupInviteItem>> {
    pending_of_user(&state, jwt, InviteKind::Invitation, Cursor { time, id }).await
}

/// `GET /group/joins/:time/:id`: the join requests of the user.
pub(super) async fn join_requests_of_user(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::GroupJoinReq>,
    Path((time, id)): Page,
) -> ApiResult<Vec<GroupInviteItem>> {
    pending_of_user(&state, jwt, InviteKind::JoinRequest, Cursor { time, id }).await
}

async fn pending_of_user(
    state: &AppState,
    jwt: Jwt,
    kind: InviteKind,
    after: Cursor,
) -> ApiResult<Vec<GroupInviteItem>> {
    let work = state.db.read((jwt, kind, after), |tx, (jwt, kind, after)| {
        Box::pin(async move {
            list::pending_of(tx, &jwt.app_id, &MemberId::from(&jwt.user_id), *kind, after).await
        })
    });
    Ok(Reply(work.await?))
}

/// `GET /group/:id/member/:time/:id`: any member. No option of the app governs it.
pub(super) async fn members(
    State(state): State<AppState>,
    caller: Caller,
    Path((_, time, id)): PageOfGroup,
) -> ApiResult<Vec<GroupUserListItem>> {
    let data = (caller, Cursor { time, id });
    Ok(Reply(state.db.read(data, |tx, (caller, after)| Box::pin(list::members(tx, caller, after))).await?))
}

/// `GET /group/:id/children/:time/:id`: any member.
pub(super) async fn children(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupList>,
    Path((_, time, id)): PageOfGroup,
) -> ApiResult<Vec<GroupChildItem>> {
    let data = (caller, Cursor { time, id });
    Ok(Reply(state.db.read(data, |tx, (caller, after)| Box::pin(list::children(tx, caller, after))).await?))
}

/// `GET /group/:id/all/:time/:id`: the connected groups of the group; any member.
pub(super) async fn groups_of_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupList>,
    Path((_, time, id)): PageOfGroup,
) -> ApiResult<Vec<ListGroupItem>> {
    let data = (caller, Cursor { time, id });
    let work = state.db.read(data, |tx, (caller, after)| Box::pin(list::groups_of_group(tx, caller, after)));
    Ok(Reply(work.await?))
}

/// `GET /group/:id/invite/:time/:id`: the invitations of the group; rank 1 or stronger.
pub(super) async fn invites_of_group(
    state: State<AppState>,
    caller: Caller,
    allow: Allow<gate::GroupInvite>,
    page: PageOfGroup,
) -> ApiResult<Vec<GroupInviteItem>> {
    pending_of_group(state, caller, allow, page, InviteKind::Invitation).await
}

/// `GET /group/:id/joins/:time/:id`: the join requests of the group; rank 1 or stronger.
pub(super) async fn join_requests_of_group(
    state: State<AppState>,
    caller: Caller,
    allow: Allow<gate::GroupJoinReq>,
    page: PageOfGroup,
) -> ApiResult<Vec<GroupInviteItem>> {
    pending_of_group(state, caller, allow, page, InviteKind::JoinRequest).await
}

async fn pending_of_group<G: Gate>(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<G>,
    Path((_, time, id)): PageOfGroup,
    kind: InviteKind,
) -> ApiResult<Vec<GroupInviteItem>> {
    let data = (caller, kind, Cursor { time, id });
    let work = state
        .db
        .read(data, |tx, (caller, kind, after)| Box::pin(list::pending_of_group(tx, caller, *kind, after)));
    Ok(Reply(work.await?))
}

/// `GET /group/:id/join_req/:time/:id`: the join requests to the group; rank 2 or stronger.
pub(super) async fn join_requests(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupJoinReq>,
    Path((_, time, id)): PageOfGroup,
) -> ApiResult<Vec<GroupJoinReqItem>> {
    let data = (caller, Cursor { time, id });
    Ok(Reply(
        state.db.read(data, |tx, (caller, after)| Box::pin(list::join_requests(tx, caller, after))).await?,
    ))
}
