//! Join requests.

use hyper::Method;
use keyfold_protocol::group::{GroupInviteItem, GroupJoinReqItem};
use serde_json::{Value, json};

use crate::support::{World, at, on_both_databases};

on_both_databases! {
    a_user_asks_and_is_let_in,
    requests_are_rejected_and_withdrawn,
    a_group_asks_and_is_let_in,
    a_member_of_the_parent_may_join_the_child_itself,
}

async fn a_user_asks_and_is_let_in(world: World) {
    let [alice, bob, manager, member] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &manager, 2).await;
    alice.add(&group, &member, 3).await;
    bob.patch(&at(&group, "/join_req")).await.done();
    let first: Vec<GroupInviteItem> = bob.get("group/joins/0/none").await.ok();
    world.clock().advance(10);
    bob.patch(&at(&group, "/join_req")).await.done();
    assert_eq!(
        bob.get("group/joins/0/none").await.ok::<Vec<GroupInviteItem>>(),
        first,
        "asking again keeps the place"
    );
    member.get(&at(&group, "/join_req/0/none")).await.refused(400, 301);
    let requests: Vec<GroupJoinReqItem> = manager.get(&at(&group, "/join_req/0/none")).await.ok();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].user_id.as_str(), requests[0].user_type), (bob.id(), 0));
    let accept = at(&group, &format!("/join_req/{}", bob.id()));
    let body = manager.keys_for(&group, &bob.keys.public, Some(3)).await;
    manager.put(&accept, &json!({"keys": [], "key_session": false})).await.refused(400, 303);
    let mut strong = body.clone();
    strong["rank"] = json!(1);
    manager.put(&accept, &strong).await.refused(400, 301);
    member.put(&accept, &body).await.refused(400, 301);
    member.delete(&accept).await.refused(400, 301);
    manager.put(&at(&group, &format!("/join_req/{}", alice.id())), &body).await.refused(400, 302);
    manager.put(&at(&group, "/join_req/0190a6a4-3b1c-7cde-8f01-23456789abcd"), &body).await.refused(400, 309);
    manager.put(&accept, &body).await.ok::<Value>();
    assert_eq!(bob.rank_in(&group).await, 3);
    bob.open(&group).await;
    manager.put(&accept, &body).await.refused(400, 302);
    bob.patch(&at(&group, "/join_req")).await.refused(400, 302);
}

async fn requests_are_rejected_and_withdrawn(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_light().await;
    let accept = at(&group, &format!("/join_req/{}", bob.id()));
    bob.patch(&at(&group, "/join_req")).await.done();
    alice.delete(&accept).await.done();
    alice.delete(&accept).await.done();
    alice.put(&format!("{accept}/light"), &json!({})).await.refused(400, 309);
    bob.patch(&at(&group, "/join_req")).await.done();
    bob.delete(&format!("group/joins/{}", group.as_str())).await.done();
    bob.delete(&format!("group/joins/{}", group.as_str())).await.done();
    bob.delete("group/joins/0190a6a4-3b1c-7cde-8f01-23456789abcd").await.refused(400, 310);
    alice.put(&format!("{accept}/light"), &json!({})).await.refused(400, 309);
    bob.patch(&at(&group, "/join_req")).await.done();
    alice.put(&format!("{accept}/light"), &json!({})).await.done();
    assert_eq!(bob.rank_in(&group).await, 4);
    bob.patch("group/0190a6a4-3b1c-7cde-8f01-23456789abcd/join_req").await.refused(400, 310);
    bob.patch(&at(&alice.user_group, "/join_req")).await.refused(400, 310);
}

async fn a_group_asks_and_is_let_in(world: World) {
    let [alice, bob, helper] = world.users().await;
    let source = alice.create_group().await;
    let connected = alice.create_connected(&source).await;
    let member = bob.create_group().await;
    bob.add(&member, &helper, 2).await;
    let ask = at(&member, &format!("/join_req/{}", connected.as_str()));
    helper.patch(&ask).await.refused(400, 301);
    bob.patch(&ask).await.done();
    let sent: Vec<GroupInviteItem> = bob.get(&at(&member, "/joins/0/none")).await.ok();
    assert_eq!(sent[0].group_id, connected);
    helper.get(&at(&member, "/joins/0/none")).await.refused(400, 301);
    let received: Vec<GroupJoinReqItem> =
        alice.via(&source).get(&at(&connected, "/join_req/0/none")).await.ok();
    assert_eq!((received[0].user_id.as_str(), received[0].user_type), (member.as_str(), 2));
    let withdraw = at(&member, &format!("/joins/{}", connected.as_str()));
    helper.delete(&withdraw).await.refused(400, 301);
    bob.delete(&withdraw).await.done();
    assert_eq!(alice.via(&source).get(&at(&connected, "/join_req/0/none")).await.ok::<Value>(), json!([]));
    bob.patch(&ask).await.done();
    let public = world.public_key_of_group(&member).await;
    let body = alice.via(&source).keys_for(&connected, &public, Some(2)).await;
    let accept = at(&connected, &format!("/join_req/{}", member.as_str()));
    alice.via(&source).call(Method::PUT, &accept, &body).await.ok::<Value>();
    bob.patch(&ask).await.refused(400, 302);
    let text = alice.via(&source).open(&connected).await.encrypt("joined");
    assert_eq!(bob.via(&member).open(&connected).await.decrypt(&text).unwrap(), "joined");
    let groups: Vec<Value> = bob.get(&at(&member, "/all/0/none")).await.ok();
    assert_eq!(groups.len(), 1);
}

async fn a_member_of_the_parent_may_join_the_child_itself(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    alice.add(&root, &bob, 2).await;
    bob.patch(&at(&child, "/join_req")).await.done();
    let body = alice.keys_for(&child, &bob.keys.public, Some(4)).await;
    alice.put(&at(&child, &format!("/join_req/{}", bob.id())), &body).await.ok::<Value>();
    assert_eq!(bob.actor().access_by(&child).await, json!("User"));
    assert_eq!(bob.rank_in(&child).await, 4);
    bob.open(&child).await;
}
