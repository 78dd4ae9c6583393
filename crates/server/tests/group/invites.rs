//! Invitations, their answers, and upload sessions.

use hyper::Method;
use keyfold_protocol::group::{GroupInviteItem, GroupUserListItem, ListGroupItem, NewMemberOutput};
use keyfold_server::config::Rate;
use serde_json::{Value, json};

use crate::support::{Engine, User, World, at, on_both_databases};

on_both_databases! {
    an_invited_user_accepts_and_reads,
    a_rejected_invitation_takes_its_keys_along,
    checks_come_in_the_documented_order,
    keys_of_another_group_are_refused,
    keys_for_somebody_else_are_refused,
    a_stopped_group_takes_nobody_until_it_is_opened_again,
    of_many_changes_at_once_none_is_lost,
    invited_groups_are_member_groups_in_every_respect,
    only_normal_groups_become_members_and_only_of_connected_ones,
    a_second_invitation_repairs_keys_and_keeps_the_rest,
    an_invitation_and_a_join_request_do_not_hide_each_other,
    a_session_belongs_to_the_one_who_opened_it_and_expires,
    a_session_ends_with_the_membership_it_was_opened_for,
    concurrent_invitations_make_one_member,
}

async fn an_invited_user_accepts_and_reads(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    let text = alice.open(&group).await.encrypt("welcome");
    let body = alice.keys_for(&group, &bob.keys.public, Some(2)).await;
    let invite = at(&group, &format!("/invite/{}", bob.id()));
    let sent: Value = alice.put(&invite, &body).await.ok();
    assert!(sent.get("session_id").is_none() && sent["message"].is_string());
    alice.put(&invite, &body).await.refused(200, 302);
    // Keys of a pending invitation open nothing yet.
    bob.get(&at(&group, "")).await.refused(400, 310);
    let invites: Vec<GroupInviteItem> = bob.get("group/invite/0/none").await.ok();
    assert_eq!(invites.len(), 1);
    assert_eq!(invites[0].group_id, group);
    carol.patch(&at(&group, "/invite")).await.refused(400, 307);
    bob.patch(&at(&group, "/invite")).await.done();
    bob.patch(&at(&group, "/invite")).await.refused(400, 307);
    let opened = bob.open(&group).await;
    assert_eq!(opened.decrypt(&text).unwrap(), "welcome");
    assert_eq!(opened.data.rank, 2);
    assert_eq!(bob.get("group/invite/0/none").await.ok::<Value>(), json!([]));
    alice.put(&invite, &body).await.refused(400, 302);
}

async fn a_rejected_invitation_takes_its_keys_along(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let body = alice.keys_for(&group, &bob.keys.public, None).await;
    let keys = "SELECT count(*) FROM group_member_keys WHERE member_id = $1";
    let invite = at(&group, &format!("/invite/{}", bob.id()));
    alice.put(&invite, &body).await.ok::<Value>();
    assert_eq!(world.count(keys, &[bob.id()]).await, 1);
    bob.delete(&at(&group, "/invite")).await.done();
    bob.delete(&at(&group, "/invite")).await.refused(400, 307);
    assert_eq!(world.count(keys, &[bob.id()]).await, 0);
    // The group can take an invitation back the same way as it rejects a join request.
    alice.put(&invite, &body).await.ok::<Value>();
    alice.delete(&at(&group, &format!("/join_req/{}", bob.id()))).await.done();
    assert_eq!(world.count(keys, &[bob.id()]).await, 0);
    bob.patch(&at(&group, "/invite")).await.refused(400, 307);
}

async fn checks_come_in_the_documented_order(world: World) {
    let [alice, bob, carol, dave] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    alice.add(&group, &carol, 3).await;
    let good = alice.keys_for(&group, &dave.keys.public, None).await;
    let with = |change: &[(&str, Value)]| {
        let mut body = good.clone();
        for (name, value) in change {
            body[*name] = value.clone();
        }
        body
    };
    for kind in ["invite", "invite_auto"] {
        let invite = at(&group, &format!("/{kind}/{}", dave.id()));
        alice.put(&invite, &with(&[("keys", json!([]))])).await.refused(400, 303);
        let many = Value::Array(vec![good["keys"][0].clone(); 101]);
        alice.put(&invite, &with(&[("keys", many)])).await.refused(400, 305);
        alice.put(&invite, &json!({"keys": good["keys"]})).await.refused(422, 11);
        for rank in [0, -1, i32::MIN] {
            alice.put(&invite, &with(&[("rank", json!(rank))])).await.refused(400, 301);
        }
        bob.put(&invite, &with(&[("rank", json!(1))])).await.refused(400, 301);
        carol.put(&invite, &good).await.refused(400, 301);
        alice.put(&at(&group, &format!("/{kind}/not-an-id")), &good).await.refused(400, 1);
        alice.put(&at(&group, &format!("/{kind}/{}", alice.id())), &good).await.refused(400, 302);
        // A group is no user, whatever the caller says.
        alice.put(&at(&group, &format!("/{kind}/{}", group.as_str())), &good).await.refused(400, 100);
        alice
            .put(&at(&group, &format!("/{kind}/0190a6a4-3b1c-7cde-8f01-23456789abcd")), &good)
            .await
            .refused(400, 100);
    }
    let light = at(&group, &format!("/invite_auto/{}/light", dave.id()));
    carol.put(&light, &json!({})).await.refused(400, 301);
    bob.put(&light, &json!({"rank": 9})).await.done();
    let found: Vec<GroupUserListItem> = alice.get(&at(&group, "/member/0/none")).await.ok();
    let dave = found.iter().find(|member| member.user_id.as_str() == dave.id()).unwrap();
    assert_eq!(dave.rank, 4, "weaker than a member does not exist");
}

// Otherwise anybody could occupy the place of a victim's copy of a key of another group.
async fn keys_of_another_group_are_refused(world: World) {
    let [alice, mallory, victim] = world.users().await;
    let theirs = alice.create_group().await;
    alice.add(&theirs, &mallory, 4).await;
    let own = mallory.create_group().await;
    let mut body = mallory.keys_for(&own, &victim.keys.public, None).await;
    body["keys"][0]["key_id"] = json!(mallory.open(&theirs).await.ids()[0]);
    for kind in ["invite", "invite_auto"] {
        mallory.put(&at(&own, &format!("/{kind}/{}", victim.id())), &body).await.refused(200, 304);
    }
    victim.get(&at(&own, "")).await.refused(400, 310);
    victim.patch(&at(&own, "/invite")).await.refused(400, 307);
    alice.add(&theirs, &victim, 4).await;
    let text = alice.open(&theirs).await.encrypt("still readable");
    assert_eq!(victim.open(&theirs).await.decrypt(&text).unwrap(), "still readable");
}

async fn keys_for_somebody_else_are_refused(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    let body = alice.keys_for(&group, &carol.keys.public, None).await;
    alice.put(&at(&group, &format!("/invite_auto/{}", bob.id())), &body).await.refused(400, 304);
    alice.put(&at(&group, &format!("/invite/{}", bob.id())), &body).await.refused(400, 304);
    bob.get(&at(&group, "")).await.refused(400, 310);
}

/// The request says "the other way round" and not which way: two of them have to do as much as nothing, at the same moment too.
async fn of_many_changes_at_once_none_is_lost(world: World) {
    let alice = world.user().await;
    let group = alice.create_light().await;
    let path = at(&group, "/change_invite");
    for number in [8, 7] {
        let changes = (0..number).map(|_| alice.patch(&path));
        for answer in futures_util::future::join_all(changes).await {
            answer.done();
        }
    }
    let open = "SELECT accepts_invites FROM groups WHERE id = $1";
    assert_eq!(world.count(open, &[group.as_str()]).await, 0);
    alice.patch(&path).await.done();
    assert_eq!(world.count(open, &[group.as_str()]).await, 1);
}

async fn a_stopped_group_takes_nobody_until_it_is_opened_again(world: World) {
    let [alice, bob, carol, dave, erin] = world.users().await;
    let group = alice.create_group().await;
    let invite = |guest: &User| at(&group, &format!("/invite/{}", guest.id()));
    alice.add(&group, &dave, 2).await;
    let for_bob = alice.keys_for(&group, &bob.keys.public, None).await;
    alice.put(&invite(&bob), &for_bob).await.ok::<Value>();
    carol.patch(&at(&group, "/join_req")).await.done();
    dave.patch(&at(&group, "/change_invite")).await.refused(400, 301);
    alice.patch(&at(&group, "/change_invite")).await.done();
    let for_carol = alice.keys_for(&group, &carol.keys.public, None).await;
    let for_erin = alice.keys_for(&group, &erin.keys.public, None).await;
    alice.put(&invite(&erin), &for_erin).await.refused(400, 317);
    alice.put(&at(&group, &format!("/invite_auto/{}", erin.id())), &for_erin).await.refused(400, 317);
    alice.put(&at(&group, &format!("/invite_auto/{}/light", erin.id())), &json!({})).await.refused(400, 317);
    erin.patch(&at(&group, "/join_req")).await.refused(400, 317);
    let for_dave = alice.keys_for(&group, &dave.keys.public, None).await;
    alice.put(&at(&group, &format!("/re_invite/{}", dave.id())), &for_dave).await.refused(400, 317);
    assert_eq!(dave.open(&group).await.keys.len(), 1, "a refused second invitation removes nothing");
    // What was pending goes on.
    bob.patch(&at(&group, "/invite")).await.done();
    alice.put(&at(&group, &format!("/join_req/{}", carol.id())), &for_carol).await.ok::<Value>();
    alice.patch(&at(&group, "/change_invite")).await.done();
    erin.patch(&at(&group, "/join_req")).await.done();
}

async fn invited_groups_are_member_groups_in_every_respect(world: World) {
    let [alice, bob] = world.users().await;
    let source = alice.create_group().await;
    let connected = alice.create_connected(&source).await;
    let member = bob.create_group().await;
    let public = world.public_key_of_group(&member).await;
    let body = alice.via(&source).keys_for(&connected, &public, Some(1)).await;
    let invite = at(&connected, &format!("/invite_group/{}", member.as_str()));
    alice.via(&source).call(Method::PUT, &invite, &body).await.ok::<Value>();
    let invites: Vec<GroupInviteItem> = bob.get(&at(&member, "/invite/0/none")).await.ok();
    assert_eq!(invites[0].group_id, connected);
    // Both spellings of the answer.
    bob.delete(&at(&member, &format!("/{}/invite", connected.as_str()))).await.done();
    bob.delete(&at(&member, &format!("/invite/{}", connected.as_str()))).await.refused(400, 307);
    alice.via(&source).call(Method::PUT, &invite, &body).await.ok::<Value>();
    bob.patch(&at(&member, &format!("/{}/invite", connected.as_str()))).await.done();
    bob.patch(&at(&member, &format!("/invite/{}", connected.as_str()))).await.refused(400, 307);
    let groups: Vec<ListGroupItem> = bob.get(&at(&member, "/all/0/none")).await.ok();
    assert_eq!(groups[0].group_id, connected);
    let members: Vec<GroupUserListItem> =
        alice.via(&source).get(&at(&connected, "/member/0/none")).await.ok();
    assert_eq!((members[0].user_id.as_str(), members[0].user_type, members[0].rank), (member.as_str(), 2, 1));
    bob.via(&member).open(&connected).await;
    // They get their rotations.
    alice.via(&source).rotate(&connected).await;
    world.jobs_done().await;
    assert!(bob.via(&member).has_update(&connected).await);
    let text = alice.via(&source).open(&connected).await.encrypt("after");
    assert_eq!(bob.via(&member).open(&connected).await.decrypt(&text).unwrap(), "after");
    // And when they leave, they are gone.
    bob.via(&member).call(Method::DELETE, &at(&connected, "/leave"), &Value::Null).await.done();
    bob.via(&member).get(&at(&connected, "")).await.refused(400, 310);
    assert_eq!(
        world.count("SELECT count(*) FROM group_member_keys WHERE member_id = $1", &[member.as_str()]).await,
        0
    );
}

async fn only_normal_groups_become_members_and_only_of_connected_ones(world: World) {
    let alice = world.user().await;
    let normal = alice.create_light().await;
    let other = alice.create_light().await;
    let connected = alice
        .post(&at(&normal, "/connected/light"), &Value::Null)
        .await
        .ok::<keyfold_protocol::group::GroupCreateOutput>()
        .group_id;
    let second = alice
        .post(&at(&normal, "/connected/light"), &Value::Null)
        .await
        .ok::<keyfold_protocol::group::GroupCreateOutput>()
        .group_id;
    let actor = alice.via(&normal);
    let light = |to: &keyfold_protocol::id::GroupId, kind: &str, guest: &keyfold_protocol::id::GroupId| {
        at(to, &format!("/{kind}/{}/light", guest.as_str()))
    };
    for kind in ["invite_group", "invite_group_auto"] {
        alice.put(&light(&normal, kind, &other), &json!({})).await.refused(400, 319);
        actor.call(Method::PUT, &light(&connected, kind, &second), &json!({})).await.refused(400, 319);
        let unknown = keyfold_protocol::id::GroupId::from("0190a6a4-3b1c-7cde-8f01-23456789abcd");
        actor.call(Method::PUT, &light(&connected, kind, &unknown), &json!({})).await.refused(400, 310);
    }
    alice.patch(&at(&normal, &format!("/join_req/{}", other.as_str()))).await.refused(400, 319);
    actor
        .call(Method::PATCH, &at(&connected, &format!("/join_req/{}", second.as_str())), &Value::Null)
        .await
        .refused(400, 319);
    // The backend may override the rule; the public token may not.
    let force = light(&normal, "invite_group_auto_force", &other);
    alice.world.call(Method::PUT, &force, Some(&alice.jwt), None, &json!({})).await.refused(400, 203);
    alice
        .world
        .call_as(world.app.secret_token.expose(), Method::PUT, &force, Some(&alice.jwt), None, &json!({}))
        .await
        .done();
    assert_eq!(alice.via(&other).rank_in(&normal).await, 4);
    let itself = light(&normal, "invite_group_auto_force", &normal);
    alice
        .world
        .call_as(world.app.secret_token.expose(), Method::PUT, &itself, Some(&alice.jwt), None, &json!({}))
        .await
        .refused(400, 319);
}

async fn a_second_invitation_repairs_keys_and_keeps_the_rest(world: World) {
    let [alice, bob, carol, dave] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    alice.add(&group, &carol, 4).await;
    let path = |guest: &User| at(&group, &format!("/re_invite/{}", guest.id()));
    let before: Value = bob.get(&at(&group, "")).await.ok();
    let creator_before: Value = alice.get(&at(&group, "")).await.ok();
    // By a user manager, also for the creator.
    let body = bob.keys_for(&group, &alice.keys.public, Some(4)).await;
    bob.put(&path(&alice), &body).await.ok::<Value>();
    let creator: Value = alice.get(&at(&group, "")).await.ok();
    assert_eq!(
        (&creator["rank"], &creator["joined_time"]),
        (&creator_before["rank"], &creator_before["joined_time"])
    );
    assert_ne!(creator["keys"][0]["encrypted_group_key"], creator_before["keys"][0]["encrypted_group_key"]);
    alice.open(&group).await;
    let body = alice.keys_for(&group, &bob.keys.public, None).await;
    alice.put(&path(&bob), &body).await.ok::<Value>();
    let after: Value = bob.get(&at(&group, "")).await.ok();
    assert_eq!((&after["rank"], &after["joined_time"]), (&before["rank"], &before["joined_time"]));
    // Whoever may not, or sends nothing of use, changes nothing.
    carol.put(&path(&alice), &body).await.refused(400, 301);
    alice.put(&path(&bob), &json!({"keys": [], "key_session": false})).await.refused(400, 303);
    alice.put(&path(&dave), &body).await.refused(400, 320);
    let foreign = alice.keys_for(&group, &dave.keys.public, None).await;
    alice.put(&path(&bob), &foreign).await.refused(400, 304);
    assert_eq!(bob.get(&at(&group, "")).await.ok::<Value>(), after);
    assert_eq!(alice.get(&at(&group, "")).await.ok::<Value>(), creator);
    // An endpoint for groups does not repair a user.
    alice.put(&at(&group, &format!("/re_invite_group/{}", bob.id())), &body).await.refused(400, 319);
}

async fn an_invitation_and_a_join_request_do_not_hide_each_other(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    bob.patch(&at(&group, "/join_req")).await.done();
    let body = alice.keys_for(&group, &bob.keys.public, Some(3)).await;
    alice.put(&at(&group, &format!("/invite/{}", bob.id())), &body).await.ok::<Value>();
    assert_eq!(bob.get("group/invite/0/none").await.ok::<Vec<Value>>().len(), 1);
    assert_eq!(bob.get("group/joins/0/none").await.ok::<Vec<Value>>().len(), 1);
    bob.patch(&at(&group, "/invite")).await.done();
    assert_eq!(bob.rank_in(&group).await, 3);
    for list in ["invite", "joins"] {
        assert_eq!(
            bob.get(&format!("group/{list}/0/none")).await.ok::<Value>(),
            json!([]),
            "both are settled"
        );
    }
    let body = alice.keys_for(&group, &carol.keys.public, None).await;
    alice.put(&at(&group, &format!("/invite/{}", carol.id())), &body).await.ok::<Value>();
    carol.patch(&at(&group, "/join_req")).await.done();
    // Withdrawing a request does not touch the invitation.
    carol.delete(&format!("group/joins/{}", group.as_str())).await.done();
    carol.patch(&at(&group, "/invite")).await.done();
    carol.open(&group).await;
}

async fn a_session_belongs_to_the_one_who_opened_it_and_expires(world: World) {
    let [alice, bob, carol, guest] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    alice.add(&group, &carol, 3).await;
    let mut body = alice.keys_for(&group, &guest.keys.public, None).await;
    let keys = body["keys"].clone();
    body["key_session"] = json!(true);
    let sent: NewMemberOutput = bob.put(&at(&group, &format!("/invite/{}", guest.id())), &body).await.ok();
    let session = at(&group, &format!("/invite/session/{}", sent.session_id.unwrap().as_str()));
    bob.put(&session, &keys).await.done();
    alice.put(&session, &keys).await.done();
    carol.put(&session, &keys).await.refused(400, 306);
    guest.put(&session, &keys).await.refused(400, 310);
    bob.put(&session, &Value::Array(vec![keys[0].clone(); 101])).await.refused(400, 305);
    // Accepting does not end the upload.
    guest.patch(&at(&group, "/invite")).await.done();
    bob.put(&session, &keys).await.done();
    let mut foreign = keys.clone();
    foreign[0]["key_id"] = json!(guest.keys.public.id());
    bob.put(&session, &foreign).await.refused(200, 304);
    // Whoever opened it and became weaker still may; time ends it for everybody.
    alice.put(&at(&group, "/change_rank"), &json!({"changed_user_id": bob.id(), "new_rank": 4})).await.done();
    bob.put(&session, &keys).await.done();
    world.clock().advance(61 * 60 * 1_000);
    let late = alice.with_jwt(world.sign_jwt(alice.id(), alice.device.as_str(), 7_200));
    late.put(&session, &keys).await.refused(400, 306);
}

async fn a_session_ends_with_the_membership_it_was_opened_for(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let mut body = alice.keys_for(&group, &bob.keys.public, None).await;
    body["key_session"] = json!(true);
    let sent: NewMemberOutput =
        alice.put(&at(&group, &format!("/invite_auto/{}", bob.id())), &body).await.ok();
    alice.delete(&at(&group, &format!("/kick/{}", bob.id()))).await.done();
    let session = at(&group, &format!("/join_req/session/{}", sent.session_id.unwrap().as_str()));
    alice.put(&session, &body["keys"]).await.refused(400, 306);
    assert_eq!(
        world.count("SELECT count(*) FROM group_member_keys WHERE member_id = $1", &[bob.id()]).await,
        0
    );
}

async fn concurrent_invitations_make_one_member(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let body = alice.keys_for(&group, &bob.keys.public, None).await;
    let path = at(&group, &format!("/invite_auto/{}", bob.id()));
    let answers = futures_util::future::join_all((0..8).map(|_| alice.put(&path, &body))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 1);
    assert!(
        answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.body["err_code"] == 302)
    );
    assert_eq!(world.count("SELECT member_count FROM groups WHERE id = $1", &[group.as_str()]).await, 2);
}

#[tokio::test]
async fn pending_entries_and_members_have_limits() {
    let world = World::start_with(Engine::Sqlite, |config| {
        config.limits.groups.pending = 2;
        config.limits.groups.members = 2;
    })
    .await;
    let [alice, a, b, c] = world.users().await;
    let group = alice.create_light().await;
    for guest in [&a, &b] {
        alice.put(&at(&group, &format!("/invite/{}/light", guest.id())), &json!({})).await.done();
    }
    alice.put(&at(&group, &format!("/invite/{}/light", c.id())), &json!({})).await.refused(400, 322);
    a.patch(&at(&group, "/invite")).await.done();
    b.patch(&at(&group, "/invite")).await.refused(400, 322);
    let other = alice.create_light().await;
    for guest in [&a, &b, &b] {
        guest.patch(&at(&other, "/join_req")).await.done();
    }
    c.patch(&at(&other, "/join_req")).await.refused(400, 322);
    assert_eq!(
        world.count("SELECT count(*) FROM group_invites WHERE group_id = $1", &[other.as_str()]).await,
        2
    );
    // Who leaves makes room.
    a.delete(&at(&group, "/leave")).await.done();
    b.patch(&at(&group, "/invite")).await.done();
}

#[tokio::test]
async fn invitations_and_join_requests_of_a_user_are_limited_per_time() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start_with(engine, |config| {
            config.limits.throttle.approaches_per_user = Rate { burst: 2, per_minute: 1 };
        })
        .await;
        let [alice, bob, carol, dave] = world.users().await;
        let group = alice.create_light().await;
        let invite = |guest: &User| at(&group, &format!("/invite/{}/light", guest.id()));
        alice.put(&invite(&bob), &json!({})).await.done();
        alice.put(&invite(&carol), &json!({})).await.done();
        alice.put(&invite(&dave), &json!({})).await.refused(429, 429);
        alice.patch(&at(&group, "/join_req")).await.refused(429, 429);
        // Others are not concerned, nor is the backend.
        dave.patch(&at(&group, "/join_req")).await.done();
        let path = format!("group/forced/{}/{group}/invite_auto/{}/light", alice.id(), dave.id());
        world.backend(Method::POST, &path, &json!({})).await.done();
    }
}
