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

use keyfold_protocol::error::ErrorCode;

use self::invites::{AddGroup, AddGroupByForce, AddUser, AskGroup, AskUser};
pub(crate) use entry::{Approach, Id};

use crate::endpoint::{Endpoint, delete, get, patch, post, put};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [whole_groups(), pages(), invitations(), answers(), join_requests(), members_and_keys(), for_backends()]
        .into_iter()
        .flatten()
        .collect()
}

/// The rank does not suffice.
const RANK: &[ErrorCode] = &[ErrorCode::RankInsufficient];

/// What every creation refuses that comes with keys.
const NEW_KEYS: &[ErrorCode] = &[ErrorCode::PublicKeyNotFound];

/// What an invitation refuses.
const INVITATION: &[ErrorCode] = &[
    ErrorCode::ConnectedMembership,
    ErrorCode::InvitesStopped,
    ErrorCode::RankInsufficient,
    ErrorCode::AlreadyMember,
    ErrorCode::AlreadyInvited,
    ErrorCode::GroupLimit,
    ErrorCode::UserNotFound,
    ErrorCode::GroupAccess,
];

/// What everything refuses that takes keys of a member.
const MEMBER_KEYS: &[ErrorCode] =
    &[ErrorCode::NoKeys, ErrorCode::TooManyKeys, ErrorCode::GroupKeyNotFound, ErrorCode::PublicKeyNotFound];

/// What an acceptance refuses, of an invitation or of a join request.
const ADMISSION: &[ErrorCode] =
    &[ErrorCode::AlreadyMember, ErrorCode::UserNotFound, ErrorCode::GroupAccess, ErrorCode::GroupLimit];

fn whole_groups() -> Vec<Endpoint> {
    vec![
        post("/group", groups::create, "Creates a group").refuses(NEW_KEYS),
        post("/group/light", groups::create_light, "Creates a group without keys"),
        get("/group/{group_id}", groups::fetch, "Returns a group with the first page of its keys"),
        delete("/group/{group_id}", groups::delete, "Deletes a group and everything below it; rank 1")
            .refuses(RANK),
        get("/group/{group_id}/light", groups::fetch_light, "Returns a group without its keys"),
        post("/group/{group_id}/child", groups::create_child, "Creates a child group; rank 1")
            .refuses(CHILD)
            .refuses(NEW_KEYS),
        post(
            "/group/{group_id}/child/light",
            groups::create_child_light,
            "Creates a child group without keys; rank 1",
        )
        .refuses(CHILD),
        post("/group/{group_id}/connected", groups::create_connected, "Creates a connected group; rank 1")
            .refuses(CONNECTED)
            .refuses(NEW_KEYS),
        post(
            "/group/{group_id}/connected/light",
            groups::create_connected_light,
            "Creates a connected group without keys; rank 1",
        )
        .refuses(CONNECTED),
        get(
            "/group/{group_id}/update_check",
            groups::update_check,
            "Says whether a key rotation waits to be finished, and the caller's rank",
        ),
        get("/group/{group_id}/update_check_light", groups::update_check_light, "Returns the caller's rank"),
        get(
            "/group/{group_id}/keys/{time}/{id}",
            groups::keys,
            "Lists the keys of the group, newest first, 50 after the last one that is known",
        ),
        get("/group/{group_id}/key/{key_id}", groups::key, "Returns a key of the group")
            .refuses(&[ErrorCode::GroupKeyNotFound]),
        get("/group/{group_id}/public_key", groups::public_key, "Returns the newest public key of a group")
            .refuses(&[ErrorCode::PublicKeyNotFound]),
    ]
}

/// What the creation of a child refuses.
const CHILD: &[ErrorCode] = &[ErrorCode::RankInsufficient, ErrorCode::GroupLimit];

/// What the creation of a connected group refuses.
const CONNECTED: &[ErrorCode] = &[ErrorCode::ConnectedFromConnected, ErrorCode::RankInsufficient];

fn pages() -> Vec<Endpoint> {
    vec![
        get("/group/all/{time}/{id}", lists::groups_of_user, "Lists the groups of the user"),
        get("/group/invite/{time}/{id}", lists::invites_of_user, "Lists the invitations of the user"),
        get("/group/joins/{time}/{id}", lists::join_requests_of_user, "Lists the join requests of the user"),
        get(
            "/group/{group_id}/member/{time}/{id}",
            lists::members,
            "Lists the other members of a group, to each member, whatever the options of the app say",
        ),
        get("/group/{group_id}/children/{time}/{id}", lists::children, "Lists the child groups of a group"),
        get(
            "/group/{group_id}/all/{time}/{id}",
            lists::groups_of_group,
            "Lists the connected groups of which a group is a member",
        ),
        get(
            "/group/{group_id}/invite/{time}/{id}",
            lists::invites_of_group,
            "Lists the invitations that a group received; rank 1",
        )
        .refuses(RANK),
        get(
            "/group/{group_id}/joins/{time}/{id}",
            lists::join_requests_of_group,
            "Lists the join requests that a group sent; rank 1",
        )
        .refuses(RANK),
        get(
            "/group/{group_id}/join_req/{time}/{id}",
            lists::join_requests,
            "Lists the join requests that a group received; rank 2",
        )
        .refuses(RANK),
    ]
}

fn invitations() -> Vec<Endpoint> {
    let keyed = |endpoint: Endpoint| endpoint.refuses(MEMBER_KEYS).refuses(INVITATION);
    let light = |endpoint: Endpoint| endpoint.refuses(INVITATION);
    let again = |endpoint: Endpoint| endpoint.refuses(MEMBER_KEYS).refuses(REPAIR);
    let at = |rest: &str| format!("/group/{{group_id}}/{rest}");
    vec![
        keyed(put(&at("invite/{id}"), invites::send::<AskUser>, "Invites a user; rank 2")),
        light(put(
            &at("invite/{id}/light"),
            invites::send_light::<AskUser>,
            "Invites a user, without keys; rank 2",
        )),
        keyed(put(
            &at("invite_group/{id}"),
            invites::send::<AskGroup>,
            "Invites a group into a connected one; rank 2",
        )),
        light(put(
            &at("invite_group/{id}/light"),
            invites::send_light::<AskGroup>,
            "Invites a group into a connected one, without keys; rank 2",
        )),
        keyed(put(
            &at("invite_auto/{id}"),
            invites::send::<AddUser>,
            "Makes a user a member at once; rank 2",
        )),
        light(put(
            &at("invite_auto/{id}/light"),
            invites::send_light::<AddUser>,
            "Makes a user a member at once, without keys; rank 2",
        )),
        keyed(put(
            &at("invite_group_auto/{id}"),
            invites::send::<AddGroup>,
            "Makes a group a member of a connected one at once; rank 2",
        )),
        light(put(
            &at("invite_group_auto/{id}/light"),
            invites::send_light::<AddGroup>,
            "Makes a group a member of a connected one at once, without keys; rank 2",
        )),
        keyed(put(
            &at("invite_group_auto_force/{id}"),
            invites::send::<AddGroupByForce>,
            "Makes a group a member of any group at once; rank 2",
        )),
        light(put(
            &at("invite_group_auto_force/{id}/light"),
            invites::send_light::<AddGroupByForce>,
            "Makes a group a member of any group at once, without keys; rank 2",
        )),
        again(put(
            &at("re_invite/{id}"),
            invites::send_again::<AddUser>,
            "Gives a user new keys in place of its own; rank 2",
        )),
        again(put(
            &at("re_invite_group/{id}"),
            invites::send_again::<AddGroup>,
            "Gives a member group new keys in place of its own; rank 2",
        )),
        again(put(
            &at("re_invite_group_force/{id}"),
            invites::send_again::<AddGroupByForce>,
            "Gives a member group new keys in place of its own, in any group; rank 2",
        )),
        // The same session, whichever way the member comes in.
        put(&at("invite/session/{session_id}"), invites::upload_keys, UPLOAD).refuses(SESSION),
        put(&at("join_req/session/{session_id}"), invites::upload_keys, UPLOAD).refuses(SESSION),
    ]
}

/// What new keys for a member refuse.
const REPAIR: &[ErrorCode] = &[
    ErrorCode::ConnectedMembership,
    ErrorCode::InvitesStopped,
    ErrorCode::RankInsufficient,
    ErrorCode::ReInviteNotAMember,
];

const UPLOAD: &str = "Stores further keys of a new member: who opened the session, or rank 2, whatever the options of the app say";

/// What an upload refuses.
const SESSION: &[ErrorCode] = &[
    ErrorCode::NoKeys,
    ErrorCode::TooManyKeys,
    ErrorCode::KeySessionNotFound,
    ErrorCode::GroupKeyNotFound,
    ErrorCode::PublicKeyNotFound,
];

fn answers() -> Vec<Endpoint> {
    const MISSING: &[ErrorCode] = &[ErrorCode::InviteNotFound];
    const ACCEPT: &str = "Accepts an invitation of the group; rank 1";
    const REJECT: &str = "Rejects an invitation of the group; rank 1";
    let mut endpoints = vec![
        patch("/group/{group_id}/invite", invites::accept, "Accepts an invitation of the user")
            .refuses(MISSING)
            .refuses(ADMISSION),
        delete("/group/{group_id}/invite", invites::reject, "Rejects an invitation of the user")
            .refuses(MISSING),
    ];
    // The second is the way clients spell it.
    for path in ["/group/{group_id}/invite/{id}", "/group/{group_id}/{id}/invite"] {
        endpoints.extend([
            patch(path, invites::accept_for_group, ACCEPT).refuses(MISSING).refuses(RANK).refuses(ADMISSION),
            delete(path, invites::reject_for_group, REJECT).refuses(MISSING).refuses(RANK),
        ]);
    }
    endpoints
}

fn join_requests() -> Vec<Endpoint> {
    const ASK: &[ErrorCode] =
        &[ErrorCode::AlreadyMember, ErrorCode::GroupAccess, ErrorCode::InvitesStopped, ErrorCode::GroupLimit];
    const ACCEPT: &[ErrorCode] = &[ErrorCode::RankInsufficient, ErrorCode::JoinRequestNotFound];
    vec![
        patch("/group/{group_id}/join_req", joins::ask, "Asks to become a member").refuses(ASK),
        patch(
            "/group/{group_id}/join_req/{id}",
            joins::ask_for_group,
            "Asks that the group becomes a member of a connected one; rank 1",
        )
        .refuses(&[ErrorCode::RankInsufficient, ErrorCode::ConnectedMembership])
        .refuses(ASK),
        delete("/group/joins/{group_id}", joins::withdraw, "Withdraws a join request of the user")
            .refuses(&[ErrorCode::GroupAccess]),
        delete(
            "/group/{group_id}/joins/{id}",
            joins::withdraw_for_group,
            "Withdraws a join request of the group; rank 1",
        )
        .refuses(RANK),
        put("/group/{group_id}/join_req/{id}", joins::accept, "Accepts a join request; rank 2")
            .refuses(MEMBER_KEYS)
            .refuses(ACCEPT)
            .refuses(ADMISSION),
        put(
            "/group/{group_id}/join_req/{id}/light",
            joins::accept_light,
            "Accepts a join request, without keys; rank 2",
        )
        .refuses(ACCEPT)
        .refuses(ADMISSION),
        delete(
            "/group/{group_id}/join_req/{id}",
            joins::reject,
            "Rejects a join request, or takes an invitation back; rank 2",
        )
        .refuses(RANK),
    ]
}

fn members_and_keys() -> Vec<Endpoint> {
    const KICK: &[ErrorCode] = &[
        ErrorCode::RankInsufficient,
        ErrorCode::NotAMember,
        ErrorCode::CreatorKick,
        ErrorCode::HigherRankKick,
        ErrorCode::LastAdmin,
    ];
    vec![
        delete(
            "/group/{group_id}/leave",
            members::leave,
            "Leaves a group, or lets the group that one acts for leave it",
        )
        .refuses(&[ErrorCode::RankInsufficient, ErrorCode::LastAdmin]),
        delete("/group/{group_id}/kick/{member_id}", members::kick, "Removes a member; rank 2").refuses(KICK),
        put("/group/{group_id}/change_rank", members::change_rank, "Gives a member another rank; rank 1")
            .refuses(&[
                ErrorCode::RankInsufficient,
                ErrorCode::RankChange,
                ErrorCode::NotAMember,
                ErrorCode::LastAdmin,
            ]),
        patch(
            "/group/{group_id}/change_invite",
            members::toggle_invites,
            "Closes the group for invitations and join requests, or opens it again; rank 1",
        )
        .refuses(RANK),
        post(
            "/group/{group_id}/key_rotation",
            rotations::start,
            "Starts a key rotation; the rank that the app asks for",
        )
        .refuses(&[
            ErrorCode::RankInsufficient,
            ErrorCode::RotationLimit,
            ErrorCode::PublicKeyNotFound,
            ErrorCode::GroupKeyNotFound,
        ]),
        get(
            "/group/{group_id}/key_rotation",
            rotations::pending,
            "Lists the rotations that the caller has to finish",
        ),
        put(
            "/group/{group_id}/key_rotation/{key_id}",
            rotations::finish,
            "Finishes a rotation for the caller",
        )
        .refuses(&[ErrorCode::PublicKeyNotFound]),
    ]
}

fn for_backends() -> Vec<Endpoint> {
    const KICK: &[ErrorCode] = &[
        ErrorCode::RankInsufficient,
        ErrorCode::NotAMember,
        ErrorCode::CreatorKick,
        ErrorCode::HigherRankKick,
        ErrorCode::LastAdmin,
    ];
    let at = |rest: &str| format!("/group/forced/{{id}}/{{group_id}}/{rest}");
    vec![
        post("/group/forced/{id}", forced::create, "Creates a group for a user")
            .refuses(&[ErrorCode::UserNotFound])
            .refuses(NEW_KEYS),
        delete("/group/forced/{id}", forced::delete, "Deletes a group and everything below it")
            .refuses(&[ErrorCode::GroupAccess]),
        post("/group/forced/{id}/light", forced::create_light, "Creates a group without keys for a user")
            .refuses(&[ErrorCode::UserNotFound]),
        get("/group/forced/{id}/user/{member_id}", forced::member, "Returns a direct member of a group")
            .refuses(&[ErrorCode::NotAMember]),
        post(&at("child"), forced::create_child, "Creates a child group for a user")
            .refuses(CHILD)
            .refuses(NEW_KEYS),
        post(&at("child/light"), forced::create_child_light, "Creates a child group without keys for a user")
            .refuses(CHILD),
        post(&at("connected"), forced::create_connected, "Creates a connected group for a user")
            .refuses(CONNECTED)
            .refuses(NEW_KEYS),
        post(
            &at("connected/light"),
            forced::create_connected_light,
            "Creates a connected group without keys for a user",
        )
        .refuses(CONNECTED),
        delete(&at("kick/{member_id}"), forced::kick, "Removes a member for a user").refuses(KICK),
        post(&at("invite_auto/{guest_id}"), forced::invite::<AddUser>, "Makes a user a member at once")
            .refuses(MEMBER_KEYS)
            .refuses(INVITATION),
        post(
            &at("invite_auto/{guest_id}/light"),
            forced::invite_light::<AddUser>,
            "Makes a user a member at once, without keys",
        )
        .refuses(INVITATION),
        post(
            &at("invite_auto/{guest_id}/group"),
            forced::invite::<AddGroupByForce>,
            "Makes a group a member at once",
        )
        .refuses(MEMBER_KEYS)
        .refuses(INVITATION),
        post(
            &at("invite_auto/{guest_id}/group_light"),
            forced::invite_light::<AddGroupByForce>,
            "Makes a group a member at once, without keys",
        )
        .refuses(INVITATION),
    ]
}
