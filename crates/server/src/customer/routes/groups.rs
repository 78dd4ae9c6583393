//! Groups of customers.

use axum::extract::State;
use keyfold_protocol::customer::app::AppItem;
use keyfold_protocol::customer::group::{
    CustomerGroupInput, CustomerGroupInvitation, CustomerGroupInviteInput, CustomerGroupInvited,
    CustomerGroupItem, CustomerGroupMembers, CustomerGroupView,
};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{ChangeRankInput, GroupCreateOutput};
use keyfold_protocol::id::{GroupId, MemberId, UserId};

use crate::app::change;
use crate::customer::group;
use crate::customer::root_app::{Customer, GroupCaller};
use crate::endpoint::{Endpoint, delete, get, patch, post, put};
use crate::extract::{Body, Path};
use crate::group::invite::Consent;
use crate::group::list::Cursor;
use crate::group::member;
use crate::group::{Approach, Id};
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/customer/group", create, "Makes a group; needs a validated address")
            .refuses(&[ErrorCode::CustomerNotFound, ErrorCode::EmailNotValidated]),
        get(
            "/customer/group/all/{last_fetched_time}/{last_id}",
            list,
            "Lists the groups of the customer, oldest first",
        ),
        get("/customer/group/{group_id}", show, "Returns a group with the first page of its apps"),
        delete("/customer/group/{group_id}", remove, "Deletes a group with its apps; rank 0 or 1")
            .refuses(&[ErrorCode::RankInsufficient]),
        put("/customer/group/{group_id}/update", update, "Changes name and description; rank 0 or 1")
            .refuses(&[ErrorCode::RankInsufficient]),
        get(
            "/customer/group/{group_id}/apps/{last_fetched_time}/{last_app_id}",
            apps,
            "Lists the apps of a group, oldest first",
        ),
        get(
            "/customer/group/{group_id}/member/{last_fetched_time}/{last_user_id}",
            members,
            "Lists the other members, in the order in which they joined",
        ),
        put(
            "/customer/group/{group_id}/invite/{invited_user}",
            invite,
            "Makes another customer a member, at once or when it accepts; rank 0 to 2",
        )
        .refuses(&[
            ErrorCode::RankInsufficient,
            ErrorCode::UserNotFound,
            ErrorCode::AlreadyMember,
            ErrorCode::AlreadyInvited,
            ErrorCode::InvitesStopped,
            ErrorCode::GroupLimit,
        ]),
        get(
            "/customer/group/{group_id}/invite/{last_fetched_time}/{last_id}",
            invited,
            "Lists who was asked and has not answered, oldest first; rank 0 to 2. Other servers do not have it",
        )
        .refuses(&[ErrorCode::RankInsufficient]),
        delete(
            "/customer/group/{group_id}/invite/{invited_user}",
            withdraw,
            "Takes an invitation back that was not answered; rank 0 to 2. Other servers do not have it",
        )
        .refuses(&[ErrorCode::RankInsufficient, ErrorCode::InviteNotFound]),
        get(
            "/customer/group/invites/{last_fetched_time}/{last_id}",
            invitations,
            "Lists the invitations that wait for the customer, oldest first. Other servers do not have it",
        ),
        patch(
            "/customer/group/{group_id}/invite",
            accept,
            "Accepts an invitation. Other servers do not have it",
        )
        .refuses(&[
            ErrorCode::InviteNotFound,
            ErrorCode::AlreadyMember,
            ErrorCode::UserNotFound,
            ErrorCode::GroupAccess,
            ErrorCode::GroupLimit,
        ]),
        delete(
            "/customer/group/{group_id}/invite",
            reject,
            "Rejects an invitation. Other servers do not have it",
        )
        .refuses(&[ErrorCode::InviteNotFound]),
        put(
            "/customer/group/{group_id}/change_rank",
            change_rank,
            "Changes the rank of a member; rank 0 or 1",
        )
        .refuses(&[
            ErrorCode::RankInsufficient,
            ErrorCode::RankChange,
            ErrorCode::NotAMember,
            ErrorCode::LastAdmin,
        ]),
        delete("/customer/group/{group_id}/kick/{user_id}", kick, "Removes a member; rank 0 to 2").refuses(
            &[
                ErrorCode::RankInsufficient,
                ErrorCode::NotAMember,
                ErrorCode::CreatorKick,
                ErrorCode::HigherRankKick,
                ErrorCode::LastAdmin,
            ],
        ),
        delete("/customer/group/{group_id}/leave", leave, "Leaves a group. Other servers do not have it")
            .refuses(&[ErrorCode::RankInsufficient, ErrorCode::LastAdmin]),
    ]
}

/// `POST /customer/group`.
async fn create(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Body(input): Body<CustomerGroupInput>,
) -> ApiResult<GroupCreateOutput> {
    let data = (jwt.user_id, input, state.now());
    let created =
        state.db.write(data, |tx, (customer, input, now)| Box::pin(group::create(tx, customer, input, *now)));
    created.await.map(Reply)
}

/// `GET /customer/group/all/:time/:id`: the groups of the customer.
async fn list(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<CustomerGroupItem>> {
    let page = (jwt.user_id, Cursor { time, id });
    state.db.read(page, |tx, (customer, after)| Box::pin(group::list(tx, customer, after))).await.map(Reply)
}

/// `GET /customer/group/:group_id`.
async fn show(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
) -> ApiResult<CustomerGroupView> {
    state.db.read(caller, |tx, caller| Box::pin(group::show(tx, caller))).await.map(Reply)
}

/// `DELETE /customer/group/:group_id`: with its apps.
async fn remove(State(state): State<AppState>, GroupCaller(caller): GroupCaller) -> ApiResult<&'static str> {
    let data = (caller, state.now());
    change(&state.db, data, |tx, (caller, now)| Box::pin(group::delete(tx, caller, *now))).await?;
    state.jobs.wake();
    Ok(done())
}

/// `PUT /customer/group/:group_id/update`: another name and description.
async fn update(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Body(input): Body<CustomerGroupInput>,
) -> ApiResult<&'static str> {
    let data = (caller, input);
    state.db.write(data, |tx, (caller, input)| Box::pin(group::update(tx, caller, input))).await?;
    Ok(done())
}

/// `GET /customer/group/:group_id/apps/:time/:app_id`.
async fn apps(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Path((_, time, id)): Path<(String, u64, String)>,
) -> ApiResult<Vec<AppItem>> {
    let page = (caller, Cursor { time, id });
    state.db.read(page, |tx, (caller, after)| Box::pin(group::list_apps(tx, caller, after))).await.map(Reply)
}

/// `GET /customer/group/:group_id/member/:time/:user_id`: the others.
async fn members(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Path((_, time, id)): Path<(String, u64, String)>,
) -> ApiResult<CustomerGroupMembers> {
    let page = (caller, Cursor { time, id });
    state
        .db
        .read(page, |tx, (caller, after)| Box::pin(group::list_members(tx, caller, after)))
        .await
        .map(Reply)
}

/// `PUT /customer/group/:group_id/invite/:invited_user`: a member at once, unless the server or the inviter wants it asked.
async fn invite(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    _: Approach,
    Path((_, Id(customer))): Path<(String, Id<UserId>)>,
    Body(input): Body<CustomerGroupInviteInput>,
) -> ApiResult<&'static str> {
    let is_asked = state.customers.group_consent || input.ask;
    let consent = if is_asked { Consent::Asked } else { Consent::Presumed };
    let data = (caller, customer, input.rank, consent, state.limits.groups, state.now());
    let invited = state.db.write(data, |tx, (caller, customer, rank, consent, limits, now)| {
        Box::pin(group::invite(tx, caller, customer, *rank, *consent, limits, *now))
    });
    invited.await?;
    Ok(done())
}

/// `GET /customer/group/:group_id/invite/:time/:id`: who was asked.
async fn invited(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Path((_, time, id)): Path<(String, u64, String)>,
) -> ApiResult<Vec<CustomerGroupInvited>> {
    let page = (caller, Cursor { time, id });
    state.db.read(page, |tx, (caller, after)| Box::pin(group::invited(tx, caller, after))).await.map(Reply)
}

/// `DELETE /customer/group/:group_id/invite/:invited_user`: the group asks no more.
async fn withdraw(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Path((_, Id(customer))): Path<(String, Id<UserId>)>,
) -> ApiResult<&'static str> {
    let data = (caller, customer);
    state.db.write(data, |tx, (caller, customer)| Box::pin(group::withdraw(tx, caller, customer))).await?;
    Ok(done())
}

/// `GET /customer/group/invites/:time/:id`: what waits for the customer's answer.
async fn invitations(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<CustomerGroupInvitation>> {
    let page = (jwt.user_id, Cursor { time, id });
    let found =
        state.db.read(page, |tx, (customer, after)| Box::pin(group::invitations(tx, customer, after)));
    found.await.map(Reply)
}

/// `PATCH /customer/group/:group_id/invite`: the invited customer becomes a member.
async fn accept(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path(Id(group)): Path<Id<GroupId>>,
) -> ApiResult<&'static str> {
    let data = (jwt.user_id, group, state.limits.groups, state.now());
    let accepted = state.db.write(data, |tx, (customer, group, limits, now)| {
        Box::pin(group::accept(tx, customer, group, limits, *now))
    });
    accepted.await?;
    Ok(done())
}

/// `DELETE /customer/group/:group_id/invite`: the invited customer does not want to.
async fn reject(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path(Id(group)): Path<Id<GroupId>>,
) -> ApiResult<&'static str> {
    let data = (jwt.user_id, group);
    state.db.write(data, |tx, (customer, group)| Box::pin(group::reject(tx, customer, group))).await?;
    Ok(done())
}

/// `PUT /customer/group/:group_id/change_rank`.
async fn change_rank(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Body(input): Body<ChangeRankInput>,
) -> ApiResult<&'static str> {
    let data = (caller, input);
    state.db.write(data, |tx, (caller, input)| Box::pin(member::change_rank(tx, caller, input))).await?;
    Ok(done())
}

/// `DELETE /customer/group/:group_id/kick/:user_id`.
async fn kick(
    State(state): State<AppState>,
    GroupCaller(caller): GroupCaller,
    Path((_, target)): Path<(String, MemberId)>,
) -> ApiResult<&'static str> {
    let data = (caller, target);
    state.db.write(data, |tx, (caller, target)| Box::pin(member::kick(tx, caller, target))).await?;
    Ok(done())
}

/// `DELETE /customer/group/:group_id/leave`: the last admin cannot. An addition to the protocol.
async fn leave(State(state): State<AppState>, GroupCaller(caller): GroupCaller) -> ApiResult<&'static str> {
    state.db.write(caller, |tx, caller| Box::pin(member::leave(tx, caller))).await?;
    Ok(done())
}
