//! Apps whose own backend sends the requests: the bodies that it gets from the SDK.

use keyfold::{GroupId, User};
use reqwest::Method;
use serde_json::Value;

use crate::world::{World, group_of};

/// What a backend does with a body: it adds the tokens.
async fn send(world: &World, user: &User, method: Method, path: &str, body: String) -> Value {
    let answer = reqwest::Client::new()
        .request(method, format!("{}/api/v1/{path}", world.server.url()))
        .header("x-sentc-app-token", world.server.secret_token())
        .header("authorization", format!("Bearer {}", user.jwt().await.unwrap().expose()))
        .body(body)
        .send();
    let answer: Value = serde_json::from_str(&answer.await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(answer["status"], true, "{answer}");
    answer["result"].clone()
}

#[tokio::test]
async fn a_backend_can_create_groups_and_rank_and_rotate() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let body = alice.prepare_create_group(true).unwrap();
    let created = send(&world, &alice, Method::POST, "group", body).await;
    let group = alice.group(&GroupId::from(created["group_id"].as_str().unwrap())).await.unwrap();

    let (body, used) = group.prepare_create_child(false).await.unwrap();
    assert_eq!(used, group.newest_key_id().unwrap());
    let path = |action: &str| format!("group/{}/{action}", group.id());
    let created = send(&world, &alice, Method::POST, &path("child"), body).await;
    let child = GroupId::from(created["group_id"].as_str().unwrap());

    let (body, rest) = group.prepare_keys_for_new_member(bob.id(), Some(3)).await.unwrap();
    assert!(rest.is_empty());
    send(&world, &alice, Method::PUT, &path(&format!("invite_auto/{}", bob.id())), body).await;
    let same = bob.group(group.id()).await.unwrap();
    assert_eq!(same.rank(), 3);
    bob.group(&child).await.unwrap();

    let body = group.prepare_update_rank(&bob.id().into(), 1).unwrap();
    send(&world, &alice, Method::PUT, &path("change_rank"), body).await;
    same.update().await.unwrap();
    assert_eq!(same.rank(), 1);

    let before = group.newest_key_id().unwrap();
    let body = group.prepare_key_rotation(false).await.unwrap();
    send(&world, &alice, Method::POST, &path("key_rotation"), body).await;
    group.update().await.unwrap();
    assert_ne!(group.newest_key_id().unwrap(), before);

    // After an account reset, for example, keys are given anew.
    group.re_invite(bob.id()).await.unwrap();
    let connected = group.connected(&group.create_connected().await.unwrap()).await.unwrap();
    let others = group_of(&alice).await;
    connected.invite_group_auto(others.id(), None).await.unwrap();
    connected.re_invite_group(others.id()).await.unwrap();
}
