//! Leaving, kicking, ranks.

use hyper::Method;
use serde_json::{Value, json};

use crate::support::{Engine, World, at, on_both_databases};

on_both_databases! {
    leaving_a_child_never_touches_the_keys_of_the_parent,
    a_group_keeps_an_admin,
    two_admins_who_leave_at_once_do_not_leave_a_group_without_one,
    kicking_follows_the_ranks,
    a_kicked_member_loses_the_stored_keys,
    ranks_are_given_by_admins_within_their_bounds,
    a_member_group_leaves_by_its_admins,
    a_deleted_account_leaves_no_trace_and_no_group_without_an_admin,
    pages_of_members_meet_without_gap_or_overlap,
    pages_of_groups_invitations_and_requests_meet_without_gap_or_overlap,
}

// Whoever is in a group through its parent uses the parent's keys, which everybody else there needs as well.
async fn leaving_a_child_never_touches_the_keys_of_the_parent(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    alice.add(&root, &bob, 4).await;
    let text = alice.open(&child).await.encrypt("precious");
    alice.rotate(&child).await;
    world.jobs_done().await;
    for user in [&bob, &alice] {
        user.delete(&at(&child, "/leave")).await.done();
    }
    for user in [&alice, &bob] {
        assert_eq!(user.open(&child).await.decrypt(&text).unwrap(), "precious");
    }
    let source = alice.create_group().await;
    let connected = alice.create_connected(&source).await;
    let below = alice.via(&source).create_below(&connected, "child").await;
    alice.via(&source).call(Method::DELETE, &at(&below, "/leave"), &Value::Null).await.done();
    alice.via(&source).open(&below).await;
}

async fn a_group_keeps_an_admin(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_light().await;
    alice.add_light(&group, &bob, 2).await;
    alice.add_light(&group, &carol, 4).await;
    let rank = at(&group, "/change_rank");
    alice.delete(&at(&group, "/leave")).await.refused(400, 308);
    carol.delete(&at(&group, "/leave")).await.done();
    carol.get(&at(&group, "/light")).await.refused(400, 310);
    alice.put(&rank, &json!({"changed_user_id": bob.id(), "new_rank": 1})).await.done();
    alice.delete(&at(&group, "/leave")).await.done();
    alice.get(&at(&group, "/light")).await.refused(400, 310);
    bob.delete(&at(&group, "/leave")).await.refused(400, 308);
    bob.delete(&at(&group, &format!("/kick/{}", bob.id()))).await.refused(400, 308);
    bob.put(&rank, &json!({"changed_user_id": bob.id(), "new_rank": 2})).await.refused(400, 308);
    assert_eq!(bob.rank_in(&group).await, 1);
}

async fn two_admins_who_leave_at_once_do_not_leave_a_group_without_one(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_light().await;
    alice.add_light(&group, &bob, 1).await;
    alice.add_light(&group, &carol, 4).await;
    let path = at(&group, "/leave");
    let (first, second) = futures_util::future::join(alice.delete(&path), bob.delete(&path)).await;
    let mut answers = [first.body["err_code"].as_u64(), second.body["err_code"].as_u64()];
    answers.sort_unstable();
    assert_eq!(answers, [None, Some(308)]);
}

async fn kicking_follows_the_ranks(world: World) {
    let [alice, admin, manager, peer, member, stranger] = world.users().await;
    let group = alice.create_light().await;
    for (user, rank) in [(&admin, 1), (&manager, 2), (&peer, 2), (&member, 4)] {
        alice.add_light(&group, user, rank).await;
    }
    let kick = |id: &str| at(&group, &format!("/kick/{id}"));
    member.delete(&kick(peer.id())).await.refused(400, 301);
    manager.delete(&kick(stranger.id())).await.refused(400, 300);
    manager.delete(&kick("x")).await.refused(400, 1);
    manager.delete(&kick(alice.id())).await.refused(400, 315);
    admin.delete(&kick(alice.id())).await.refused(400, 315);
    manager.delete(&kick(admin.id())).await.refused(400, 316);
    manager.delete(&kick(peer.id())).await.done();
    peer.get(&at(&group, "/light")).await.refused(400, 310);
    manager.delete(&kick(member.id())).await.done();
    manager.delete(&kick(member.id())).await.refused(400, 300);
    alice.delete(&kick(admin.id())).await.done();
    assert_eq!(world.count("SELECT member_count FROM groups WHERE id = $1", &[group.as_str()]).await, 2);
}

async fn a_kicked_member_loses_the_stored_keys(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    assert_eq!(
        world.count("SELECT count(*) FROM pending_key_rotations WHERE member_id = $1", &[bob.id()]).await,
        1
    );
    alice.delete(&at(&group, &format!("/kick/{}", bob.id()))).await.done();
    for sql in [
        "SELECT count(*) FROM group_member_keys WHERE member_id = $1",
        "SELECT count(*) FROM pending_key_rotations WHERE member_id = $1",
    ] {
        assert_eq!(world.count(sql, &[bob.id()]).await, 0);
    }
    // And comes back with new ones.
    alice.add(&group, &bob, 4).await;
    let text = alice.open(&group).await.encrypt("again");
    assert_eq!(bob.open(&group).await.decrypt(&text).unwrap(), "again");
}

async fn ranks_are_given_by_admins_within_their_bounds(world: World) {
    let [alice, admin, manager, member, stranger] = world.users().await;
    let group = alice.create_light().await;
    for (user, rank) in [(&admin, 1), (&manager, 2), (&member, 4)] {
        alice.add_light(&group, user, rank).await;
    }
    let path = at(&group, "/change_rank");
    let change = |id: &str, rank: i64| json!({"changed_user_id": id, "new_rank": rank});
    manager.put(&path, &change(member.id(), 3)).await.refused(400, 301);
    for rank in [0, -1, 5, i64::from(i32::MIN)] {
        admin.put(&path, &change(member.id(), rank)).await.refused(400, 314);
    }
    admin.put(&path, &change(alice.id(), 2)).await.refused(400, 314);
    admin.put(&path, &change(stranger.id(), 2)).await.refused(400, 300);
    admin.put(&path, &json!({"new_rank": 2})).await.refused(422, 11);
    admin.put(&path, &change(member.id(), 1)).await.done();
    assert_eq!(member.rank_in(&group).await, 1);
    member.put(&path, &change(admin.id(), 4)).await.done();
    assert_eq!(admin.rank_in(&group).await, 4);
    member.put(&path, &change(member.id(), 3)).await.done();
}

async fn a_member_group_leaves_by_its_admins(world: World) {
    let [alice, bob, owner] = world.users().await;
    let source = owner.create_light().await;
    let connected = owner
        .post(&at(&source, "/connected/light"), &Value::Null)
        .await
        .ok::<keyfold_protocol::group::GroupCreateOutput>()
        .group_id;
    let member = alice.create_light().await;
    let below = alice
        .post(&at(&member, "/child/light"), &Value::Null)
        .await
        .ok::<keyfold_protocol::group::GroupCreateOutput>()
        .group_id;
    alice.add_light(&member, &bob, 2).await;
    for group in [&member, &below] {
        let path = at(&connected, &format!("/invite_group_auto/{}/light", group.as_str()));
        owner.via(&source).call(Method::PUT, &path, &json!({"rank": 4})).await.done();
    }
    let leave = at(&connected, "/leave");
    bob.via(&member).call(Method::DELETE, &leave, &Value::Null).await.refused(400, 301);
    // An admin of the access group by inheritance only.
    alice.via(&below).call(Method::DELETE, &leave, &Value::Null).await.refused(400, 301);
    alice.via(&member).call(Method::DELETE, &leave, &Value::Null).await.done();
    for user in [&alice, &bob] {
        user.via(&member).get(&at(&connected, "/light")).await.refused(400, 310);
    }
    // The only admin group stays.
    owner.via(&source).call(Method::DELETE, &leave, &Value::Null).await.refused(400, 308);
}

async fn pages_of_members_meet_without_gap_or_overlap(world: World) {
    let alice = world.user().await;
    let group = alice.create_light().await;
    let mut expected = Vec::new();
    for _ in 0..103 {
        let user = world.user().await;
        alice.add_light(&group, &user, 4).await;
        expected.push(user.id().to_owned());
    }
    let mut found: Vec<Value> = alice.get(&at(&group, "/member/0/none")).await.ok();
    assert_eq!(found.len(), 50);
    while let Some(last) = found.last() {
        let path =
            at(&group, &format!("/member/{}/{}", last["joined_time"], last["user_id"].as_str().unwrap()));
        let page: Vec<Value> = alice.get(&path).await.ok();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    let order: Vec<_> = found
        .iter()
        .map(|item| (item["joined_time"].as_u64(), item["user_id"].as_str().unwrap().to_owned()))
        .collect();
    assert!(order.is_sorted());
    let mut ids: Vec<_> = order.into_iter().map(|(_, id)| id).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    alice.get(&at(&group, "/member/x/none")).await.refused(400, 13);
}

async fn pages_of_groups_invitations_and_requests_meet_without_gap_or_overlap(world: World) {
    let [alice, bob] = world.users().await;
    let mut groups = Vec::new();
    for number in 0..54 {
        let group = alice.create_light().await;
        if number % 3 == 0 {
            world.clock().advance(1);
        }
        alice.put(&at(&group, &format!("/invite/{}/light", bob.id())), &json!({})).await.done();
        bob.patch(&at(&group, "/join_req")).await.done();
        groups.push(group.as_str().to_owned());
    }
    groups.sort();
    for list in ["invite", "joins", "all"] {
        let user = if list == "all" { &alice } else { &bob };
        let first: Vec<Value> = user.get(&format!("group/{list}/0/none")).await.ok();
        assert_eq!(first.len(), 50);
        let last = &first[49];
        let path = format!("group/{list}/{}/{}", last["time"], last["group_id"].as_str().unwrap());
        let second: Vec<Value> = user.get(&path).await.ok();
        assert_eq!(second.len(), 4, "{list}");
        let all: Vec<_> = first
            .iter()
            .chain(&second)
            .map(|item| (item["time"].as_u64().unwrap(), item["group_id"].as_str().unwrap().to_owned()))
            .collect();
        let key = |(time, id): &(u64, String)| {
            if list == "all" { (*time, id.clone()) } else { (u64::MAX - *time, id.clone()) }
        };
        assert!(all.is_sorted_by_key(key), "{list}");
        let mut ids: Vec<_> = all.into_iter().map(|(_, id)| id).collect();
        ids.sort();
        assert_eq!(ids, groups, "{list}");
    }
}

async fn a_deleted_account_leaves_no_trace_and_no_group_without_an_admin(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    let other = bob.create_group().await;
    for (guest, rank) in [(&bob, 3), (&carol, 2)] {
        alice.add(&group, guest, rank).await;
    }
    alice.patch(&at(&other, "/join_req")).await.done();
    let body = bob.keys_for(&other, &alice.keys.public, None).await;
    bob.put(&at(&other, &format!("/invite/{}", alice.id())), &body).await.ok::<Value>();
    carol.rotate(&group).await;
    world.jobs_done().await;
    alice.delete("user").await.done();
    for sql in [
        "SELECT count(*) FROM group_members WHERE member_id = $1",
        "SELECT count(*) FROM group_member_keys WHERE member_id = $1",
        "SELECT count(*) FROM pending_key_rotations WHERE member_id = $1",
        "SELECT count(*) FROM group_invites WHERE member_id = $1",
    ] {
        assert_eq!(world.count(sql, &[alice.id()]).await, 0, "{sql}");
    }
    assert_eq!(carol.rank_in(&group).await, 1, "the strongest of those who are left");
    assert_eq!(bob.rank_in(&group).await, 3);
    bob.put(&at(&other, &format!("/join_req/{}/light", alice.id())), &json!({})).await.refused(400, 309);
    assert_eq!(world.count("SELECT member_count FROM groups WHERE id = $1", &[group.as_str()]).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_hold_at_once_on_every_server() {
    let here = World::start(Engine::Postgres).await;
    let there = here.beside().await;
    let [alice, bob] = here.users().await;
    let bob_there = bob.at(&there);
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    for rank in [4, 2, 3] {
        bob_there.get(&at(&child, "")).await.refused(400, 310);
        alice.add(&root, &bob, rank).await;
        assert_eq!(bob_there.rank_in(&child).await, i64::from(rank));
        let body = json!({"changed_user_id": bob.id(), "new_rank": 1});
        alice.put(&at(&root, "/change_rank"), &body).await.done();
        assert_eq!(bob_there.rank_in(&child).await, 1);
        bob_there.delete(&at(&root, "/leave")).await.done();
        bob.get(&at(&child, "")).await.refused(400, 310);
    }
    alice.add(&root, &bob, 4).await;
    alice.patch(&at(&root, "/change_invite")).await.done();
    there.user().await.patch(&at(&root, "/join_req")).await.refused(400, 317);
    alice.delete(&at(&root, "")).await.done();
    for group in [&root, &child] {
        bob_there.get(&at(group, "")).await.refused(400, 310);
        alice.at(&there).get(&at(group, "")).await.refused(400, 310);
    }
    there.shutdown().await;
}
