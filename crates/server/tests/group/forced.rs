//! Endpoints for an app's own backend.

use hyper::Method;
use keyfold_crypto::{Suite, group};
use keyfold_protocol::group::{GroupCreateOutput, GroupUserListItem};
use serde_json::{Value, json};

use crate::support::{World, at, on_both_databases};

const UNKNOWN: &str = "0190a6a4-3b1c-7cde-8f01-23456789abcd";

on_both_databases! {
    the_backend_acts_as_a_user,
    only_the_secret_token_opens_these_endpoints,
}

async fn the_backend_acts_as_a_user(world: World) {
    let [alice, bob] = world.users().await;
    let (body, _) = group::create(&alice.keys.public, None, &Suite::STD).unwrap();
    let body = serde_json::to_value(body).unwrap();
    let created: GroupCreateOutput =
        world.backend(Method::POST, &format!("group/forced/{}", alice.id()), &body).await.ok();
    let root = created.group_id;
    alice.open(&root).await;
    let public = world.public_key_of_group(&root).await;
    let (body, _) = group::create(&public, None, &Suite::STD).unwrap();
    let body = serde_json::to_value(body).unwrap();
    let of = |user: &str, rest: &str| format!("group/forced/{user}/{}/{rest}", root.as_str());
    let child: GroupCreateOutput = world.backend(Method::POST, &of(alice.id(), "child"), &body).await.ok();
    alice.open(&child.group_id).await;
    let connected: GroupCreateOutput =
        world.backend(Method::POST, &of(alice.id(), "connected"), &body).await.ok();
    alice.via(&root).open(&connected.group_id).await;
    for light in ["child/light", "connected/light"] {
        world.backend(Method::POST, &of(alice.id(), light), &Value::Null).await.ok::<GroupCreateOutput>();
    }
    let keys = alice.keys_for(&root, &bob.keys.public, Some(2)).await;
    let invite = of(alice.id(), &format!("invite_auto/{}", bob.id()));
    world.backend(Method::POST, &invite, &keys).await.ok::<Value>();
    bob.open(&root).await;
    let membership = format!("group/forced/{}/user/{}", root.as_str(), bob.id());
    let member: GroupUserListItem = world.backend(Method::GET, &membership, &Value::Null).await.ok();
    assert_eq!((member.user_id.as_str(), member.rank, member.user_type), (bob.id(), 2, 0));
    // With the rank of the user it acts as.
    world
        .backend(Method::DELETE, &of(bob.id(), &format!("kick/{}", alice.id())), &Value::Null)
        .await
        .refused(400, 315);
    world.backend(Method::POST, &of(bob.id(), "child/light"), &Value::Null).await.refused(400, 301);
    world.backend(Method::DELETE, &of(alice.id(), &format!("kick/{}", bob.id())), &Value::Null).await.done();
    world.backend(Method::GET, &membership, &Value::Null).await.refused(400, 300);
    bob.get(&at(&root, "")).await.refused(400, 310);
    world.backend(Method::POST, &format!("{invite}/light"), &json!({"rank": 3})).await.done();
    assert_eq!(bob.rank_in(&root).await, 3);
    let guest = bob.create_light().await;
    let invite = of(alice.id(), &format!("invite_auto/{}/group_light", guest.as_str()));
    world.backend(Method::POST, &invite, &json!({})).await.done();
    assert_eq!(
        bob.via(&guest).rank_in(&root).await,
        4,
        "the rules for connected groups do not bind the backend"
    );
    let keyed = bob.create_group().await;
    let keys = alice.keys_for(&root, &world.public_key_of_group(&keyed).await, None).await;
    world
        .backend(Method::POST, &of(alice.id(), &format!("invite_auto/{}/group", keyed.as_str())), &keys)
        .await
        .ok::<Value>();
    bob.via(&keyed).open(&root).await;
    world.backend(Method::DELETE, &format!("group/forced/{}", root.as_str()), &Value::Null).await.done();
    for group in [&root, &child.group_id] {
        alice.get(&at(group, "")).await.refused(400, 310);
    }
    world
        .backend(Method::DELETE, &format!("group/forced/{}", root.as_str()), &Value::Null)
        .await
        .refused(400, 310);
}

async fn only_the_secret_token_opens_these_endpoints(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_light().await;
    let other = world.another_app().await;
    let of = |rest: &str| format!("group/forced/{}/{}/{rest}", alice.id(), root.as_str());
    let endpoints = [
        (Method::DELETE, format!("group/forced/{}", root.as_str()), 310),
        (Method::GET, format!("group/forced/{}/user/{}", root.as_str(), alice.id()), 300),
        (Method::POST, format!("group/forced/{}/light", alice.id()), 100),
        (Method::POST, of("child/light"), 100),
        (Method::POST, of("connected/light"), 100),
        (Method::DELETE, of(&format!("kick/{}", bob.id())), 100),
        (Method::POST, of(&format!("invite_auto/{}/light", bob.id())), 100),
        (Method::POST, of(&format!("invite_auto/{}/group_light", bob.id())), 100),
    ];
    for (method, path, code) in endpoints {
        world.call(method.clone(), &path, Some(&alice.jwt), None, &json!({})).await.refused(400, 203);
        // Neither the user nor the group exists for the backend of another app.
        other.backend(method, &path, &json!({})).await.refused(400, code);
    }
    world
        .backend(Method::POST, &format!("group/forced/{UNKNOWN}/light"), &Value::Null)
        .await
        .refused(400, 100);
    world
        .backend(
            Method::POST,
            &format!("group/forced/{}/{}/child/light", bob.id(), root.as_str()),
            &Value::Null,
        )
        .await
        .refused(400, 310);
    world.backend(Method::POST, "group/forced/x/light", &Value::Null).await.refused(400, 1);
}
