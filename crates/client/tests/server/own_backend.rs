//! Apps whose own backend sends the requests: the bodies that it gets from the SDK.

use keyfold::{Client, GroupId, SecretText, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, code, group_of};

/// What a backend does with a body: it adds the tokens.
pub(crate) async fn send(world: &World, user: &User, method: Method, path: &str, body: String) -> Value {
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

    let (body, used) = group.prepare_create_child(false).unwrap();
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
    let body = group.prepare_key_rotation(false).unwrap();
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

#[tokio::test]
async fn a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded() {
    let world = World::start();
    let alice = world.user("alice").await;
    alice.rotate_keys().await.unwrap();
    let text = alice.encrypt_string("for alice", alice.id()).await.unwrap();
    for (name, is_offline) in [("phone", false), ("tablet", true)] {
        let body = world.client().prepare_register_device_start(name, PASSWORD).unwrap();
        let started = send(&world, &alice, Method::POST, "user/prepare_register_device", body).await;
        let carried = json!({ "status": true, "result": started }).to_string();
        Client::done_register_device_start(&carried).unwrap();
        let (body, rest) = if is_offline {
            alice.prepare_register_device_sync(&carried).unwrap()
        } else {
            alice.prepare_register_device(&carried).await.unwrap()
        };
        assert!(rest.is_empty());
        send(&world, &alice, Method::PUT, "user/done_register_device", body).await;
        let device = world.again(name).await;
        assert_eq!(device.decrypt_string(&text).await.unwrap(), "for alice");
    }
    let refused = alice.prepare_register_device_sync("{}").unwrap_err();
    assert_eq!(refused.code(), "client_101");
}

#[tokio::test]
async fn a_backend_can_ask_whether_an_identifier_is_available() {
    let world = World::start();
    let alice = world.user("alice").await;
    let client = world.client();
    for (identifier, is_available) in [("alice", false), ("bob", true)] {
        let body = client.prepare_is_identifier_available(identifier).unwrap();
        let result = send(&world, &alice, Method::POST, "exists", body).await;
        let answer = json!({ "status": true, "result": result }).to_string();
        assert_eq!(Client::done_is_identifier_available(&answer).unwrap(), is_available);
    }
    let refused = r#"{"status":false,"err_msg":"not this token","err_code":203}"#;
    assert_eq!(code(Client::done_is_identifier_available(refused)), "server_203");
    assert_eq!(code(client.prepare_is_identifier_available("")), "client_427");
}

#[tokio::test]
async fn a_backend_that_keeps_the_refresh_token_renews_the_access_token() {
    let world = World::start();
    let alice = world.user("alice").await;
    let (old, refresh_token) = (alice.jwt().await.unwrap(), alice.refresh_token().unwrap());
    // What the backend runs need not know the user.
    let backend = world.client();
    let new = backend.refresh_jwt(&old, &refresh_token).await.unwrap();
    assert_ne!(new.expose(), old.expose());
    let groups = reqwest::Client::new()
        .get(format!("{}/api/v1/group/all/0/none", world.server.url()))
        .header("x-sentc-app-token", world.server.public_token())
        .header("authorization", format!("Bearer {}", new.expose()))
        .send();
    assert!(groups.await.unwrap().status().is_success());
    let forged = SecretText::new("0".repeat(67));
    assert_eq!(code(backend.refresh_jwt(&new, &forged).await), "server_114");
}
