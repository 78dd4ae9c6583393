//! Group endpoints.
//!
//! All of them need an app token. Those with [`Caller`](super::access::Caller) among their arguments need an access token and access to the
//! group in the path, those with `Jwt` an access token, those under `/group/forced` the secret app token and nothing else.

mod entry;
mod forced;
mod groups;
mod invites;
mod joins;
mod lists;
mod members;
mod rotations;

use axum::Router;

use crate::routing::{delete, get, patch, post, put};
use crate::state::AppState;

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .merge(whole_groups())
        .merge(pages())
        .merge(invitations())
        .merge(join_requests())
        .merge(members_and_keys())
        .merge(for_backends())
}

fn whole_groups() -> Router<AppState> {
    Router::new()
        .route("/api/v1/group", post(groups::create))
        .route("/api/v1/group/light", post(groups::create_light))
        .route("/api/v1/group/{group_id}", get(groups::fetch).merge(delete(groups::delete)))
        .route("/api/v1/group/{group_id}/light", get(groups::fetch_light))
        .route("/api/v1/group/{group_id}/child", post(groups::create_child))
        .route("/api/v1/group/{group_id}/child/light", post(groups::create_child_light))
        .route("/api/v1/group/{group_id}/connected", post(groups::create_connected))
        .route("/api/v1/group/{group_id}/connected/light", post(groups::create_connected_light))
        .route("/api/v1/group/{group_id}/update_check", get(groups::update_check))
        .route("/api/v1/group/{group_id}/update_check_light", get(groups::update_check_light))
        .route("/api/v1/group/{group_id}/keys/{time}/{key_id}", get(groups::keys))
        .route("/api/v1/group/{group_id}/key/{key_id}", get(groups::key))
        .route("/api/v1/group/{group_id}/public_key", get(groups::public_key))
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/api/v1/group/all/{time}/{id}", get(lists::groups_of_user))
        .route("/api/v1/group/invite/{time}/{id}", get(lists::invites_of_user))
        .route("/api/v1/group/joins/{time}/{id}", get(lists::join_requests_of_user))
        .route("/api/v1/group/{group_id}/member/{time}/{id}", get(lists::members))
        .route("/api/v1/group/{group_id}/children/{time}/{id}", get(lists::children))
        .route("/api/v1/group/{group_id}/all/{time}/{id}", get(lists::groups_of_group))
        .route("/api/v1/group/{group_id}/invite/{first}/{second}", get(lists::invites_of_group))
        .route("/api/v1/group/{group_id}/joins/{time}/{id}", get(lists::join_requests_of_group))
        .route("/api/v1/group/{group_id}/join_req/{first}/{second}", get(lists::join_requests))
}

fn invitations() -> Router<AppState> {
    let answers_for_group = || patch(invites::accept_for_group).merge(delete(invites::reject_for_group));
    Router::new()
        .route("/api/v1/group/{group_id}/invite", patch(invites::accept).merge(delete(invites::reject)))
        .route("/api/v1/group/{group_id}/invite/{first}", put(invites::user).merge(answers_for_group()))
        // The way clients spell the answer of a group.
        .route("/api/v1/group/{group_id}/{target}/invite", answers_for_group())
        .route("/api/v1/group/{group_id}/invite/{first}/light", put(invites::user_light))
        .route("/api/v1/group/{group_id}/invite/session/{session_id}", put(invites::upload_keys))
        .route("/api/v1/group/{group_id}/invite_group/{guest}", put(invites::group))
        .route("/api/v1/group/{group_id}/invite_group/{guest}/light", put(invites::group_light))
        .route("/api/v1/group/{group_id}/invite_auto/{guest}", put(invites::user_auto))
        .route("/api/v1/group/{group_id}/invite_auto/{guest}/light", put(invites::user_auto_light))
        .route("/api/v1/group/{group_id}/invite_group_auto/{guest}", put(invites::group_auto))
        .route("/api/v1/group/{group_id}/invite_group_auto/{guest}/light", put(invites::group_auto_light))
        .route("/api/v1/group/{group_id}/invite_group_auto_force/{guest}", put(invites::group_auto_force))
        .route(
            "/api/v1/group/{group_id}/invite_group_auto_force/{guest}/light",
            put(invites::group_auto_force_light),
        )
        .route("/api/v1/group/{group_id}/re_invite/{guest}", put(invites::user_again))
        .route("/api/v1/group/{group_id}/re_invite_group/{guest}", put(invites::group_again))
        .route("/api/v1/group/{group_id}/re_invite_group_force/{guest}", put(invites::group_again_force))
}

fn join_requests() -> Router<AppState> {
    Router::new()
        .route("/api/v1/group/joins/{target}", delete(joins::withdraw))
        .route("/api/v1/group/{group_id}/join_req", patch(joins::ask))
        .route("/api/v1/group/{group_id}/joins/{target}", delete(joins::withdraw_for_group))
        .route(
            "/api/v1/group/{group_id}/join_req/{first}",
            patch(joins::ask_for_group).merge(put(joins::accept)).merge(delete(joins::reject)),
        )
        .route("/api/v1/group/{group_id}/join_req/{first}/light", put(joins::accept_light))
        .route("/api/v1/group/{group_id}/join_req/session/{session_id}", put(invites::upload_keys))
}

fn members_and_keys() -> Router<AppState> {
    Router::new()
        .route("/api/v1/group/{group_id}/leave", delete(members::leave))
        .route("/api/v1/group/{group_id}/kick/{member}", delete(members::kick))
        .route("/api/v1/group/{group_id}/change_rank", put(members::change_rank))
        .route("/api/v1/group/{group_id}/change_invite", patch(members::toggle_invites))
        .route("/api/v1/group/{group_id}/key_rotation", post(rotations::start).merge(get(rotations::pending)))
        .route("/api/v1/group/{group_id}/key_rotation/{key_id}", put(rotations::finish))
}

fn for_backends() -> Router<AppState> {
    const OF_GROUP: &str = "/api/v1/group/forced/{id}/{group_id}";
    let of_group = |rest: &str| format!("{OF_GROUP}/{rest}");
    Router::new()
        .route("/api/v1/group/forced/{id}", post(forced::create).merge(delete(forced::delete)))
        .route("/api/v1/group/forced/{id}/light", post(forced::create_light))
        .route("/api/v1/group/forced/{id}/user/{member}", get(forced::member))
        .route(&of_group("child"), post(forced::create_child))
        .route(&of_group("child/light"), post(forced::create_child_light))
        .route(&of_group("connected"), post(forced::create_connected))
        .route(&of_group("connected/light"), post(forced::create_connected_light))
        .route(&of_group("kick/{member}"), delete(forced::kick))
        .route(&of_group("invite_auto/{guest}"), post(forced::invite_user))
        .route(&of_group("invite_auto/{guest}/light"), post(forced::invite_user_light))
        .route(&of_group("invite_auto/{guest}/group"), post(forced::invite_group))
        .route(&of_group("invite_auto/{guest}/group_light"), post(forced::invite_group_light))
}
