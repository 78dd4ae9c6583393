//! What other devices and members do meanwhile is caught up with, by itself.

use keyfold::{Group, User};
use serde_json::Value;

use crate::proxy::{Fault, Proxy};
use crate::world::{PASSWORD, World, code, group_of};

/// A second device of `user`.
async fn second_device(world: &World, user: &User, name: &str) -> User {
    let client = world.client();
    let carried = client.register_device_start(name, PASSWORD).await.unwrap();
    user.register_device(&carried).await.unwrap();
    client.login_forced(name, PASSWORD).await.unwrap()
}

#[tokio::test]
async fn a_device_takes_over_the_keys_of_a_faster_one_before_it_makes_its_own() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let phone = second_device(&world, &alice, "phone").await;
    let mut texts = vec![bob.encrypt_string("first", alice.id()).await.unwrap()];
    for device in [&alice, &phone, &phone, &alice] {
        device.rotate_keys().await.unwrap();
        bob.client().clear_storage().await.unwrap();
        texts.push(bob.encrypt_string("next", alice.id()).await.unwrap());
    }
    phone.finish_key_rotation().await.unwrap();
    assert_eq!(phone.newest_key_id().unwrap(), alice.newest_key_id().unwrap());
    for device in [&alice, &phone] {
        for text in &texts {
            device.decrypt_string(text).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_device_waits_for_the_keys_of_a_faster_one_that_the_server_passes_on_late() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let alice = world.user("alice").await;
    let client = world.builder().base_url(proxy.url()).build().unwrap();
    let carried = client.register_device_start("phone", PASSWORD).await.unwrap();
    alice.register_device(&carried).await.unwrap();
    let phone = client.login_forced("phone", PASSWORD).await.unwrap();
    alice.rotate_keys().await.unwrap();
    for _ in 0..5 {
        let nothing_yet = Fault::rewritten(|answer| answer["result"] = Value::Array(Vec::new()));
        proxy.fault("GET user/user_keys/rotation", nothing_yet);
    }
    phone.rotate_keys().await.unwrap();
    assert!(!proxy.calm(), "all of these were asked for");
    alice.finish_key_rotation().await.unwrap();
    assert_eq!(phone.newest_key_id().unwrap(), alice.newest_key_id().unwrap());
}

#[tokio::test]
async fn devices_that_rotate_at_the_same_time_end_with_the_same_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let phone = second_device(&world, &alice, "phone").await;
    let tablet = second_device(&world, &alice, "tablet").await;
    let outcomes = tokio::join!(alice.rotate_keys(), phone.rotate_keys(), tablet.rotate_keys());
    assert!(matches!(outcomes, (Ok(()), Ok(()), Ok(()))), "{outcomes:?}");
    let mut newest = Vec::new();
    for device in [&alice, &phone, &tablet] {
        device.finish_key_rotation().await.unwrap();
        newest.push(device.newest_key_id().unwrap());
    }
    assert!(newest.windows(2).all(|pair| pair[0] == pair[1]), "{newest:?}");
}

#[tokio::test]
async fn a_rotation_that_always_comes_too_late_gives_up() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let client = world.builder().base_url(proxy.url()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    (0..10).for_each(|_| proxy.fault("POST user/user_keys/rotation", Fault::Refused(400, 311)));
    assert_eq!(code(alice.rotate_keys().await), "server_311");
    assert_eq!(proxy.take_log("POST user/user_keys/rotation").len(), 8);
    proxy.calm();
    alice.rotate_keys().await.unwrap();
}

#[tokio::test]
async fn a_new_device_gets_the_keys_that_the_one_which_adds_it_did_not_have_yet() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let phone = second_device(&world, &alice, "phone").await;
    phone.rotate_keys().await.unwrap();
    let text = bob.encrypt_string("under the new key", alice.id()).await.unwrap();
    // Alice's first device knows nothing of the rotation when it adds the third one.
    let tablet = second_device(&world, &alice, "tablet").await;
    assert_eq!(tablet.decrypt_string(&text).await.unwrap(), "under the new key");
    assert_eq!(tablet.newest_key_id().unwrap(), phone.newest_key_id().unwrap());
}

/// A group of alice and bob with a key of bob's that alice's handle knows nothing of, and which the server has passed on to all
/// members: from now on it takes no new member without that key.
async fn group_with_a_newer_key(world: &World, alice: &User, bob: &User, newcomer: &User) -> Group {
    let group = group_of(alice).await;
    group.invite_auto(bob.id(), Some(1)).await.unwrap();
    let (stale, _) = group.prepare_keys_for_new_member(newcomer.id(), None).await.unwrap();
    let bobs = bob.group(group.id()).await.unwrap();
    bobs.rotate_keys().await.unwrap();
    let passed_on = async {
        while try_invitation(world, alice, &group, newcomer, &stale).await {
            bobs.kick(&newcomer.id().into()).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), passed_on).await.unwrap();
    group
}

/// Whether the server takes a new member with these keys.
async fn try_invitation(world: &World, by: &User, group: &Group, newcomer: &User, keys: &str) -> bool {
    let path = format!("group/{}/invite_auto/{}", group.id(), newcomer.id());
    let answer = reqwest::Client::new()
        .put(format!("{}/api/v1/{path}", world.server.url()))
        .header("x-sentc-app-token", world.server.public_token())
        .header("authorization", format!("Bearer {}", by.jwt().await.unwrap().expose()))
        .body(keys.to_owned());
    let answer: Value = serde_json::from_str(&answer.send().await.unwrap().text().await.unwrap()).unwrap();
    assert!(answer["status"] == true || answer["err_code"] == 304, "{answer}");
    answer["status"] == true
}

#[tokio::test]
async fn an_invitation_after_somebody_elses_rotation_hands_out_its_key() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let carol = world.user("carol").await;
    let group = group_with_a_newer_key(&world, &alice, &bob, &carol).await;
    let text = bob.group(group.id()).await.unwrap().encrypt_string("under bob's key").unwrap();

    group.invite_auto(carol.id(), None).await.unwrap();
    let carols = carol.group(group.id()).await.unwrap();
    assert_eq!(carols.decrypt_string(&text).await.unwrap(), "under bob's key");
    assert_eq!(group.newest_key_id().unwrap(), carols.newest_key_id().unwrap());
}

#[tokio::test]
async fn an_accepted_request_after_somebody_elses_rotation_hands_out_its_key() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let carol = world.user("carol").await;
    let group = group_with_a_newer_key(&world, &alice, &bob, &carol).await;
    let text = bob.group(group.id()).await.unwrap().encrypt_string("under bob's key").unwrap();

    carol.request_to_join(group.id()).await.unwrap();
    let request = &group.join_requests().all().await.unwrap()[0];
    group.accept_join_request(request, None).await.unwrap();
    let carols = carol.group(group.id()).await.unwrap();
    assert_eq!(carols.decrypt_string(&text).await.unwrap(), "under bob's key");
}

#[tokio::test]
async fn a_rotation_of_which_another_device_has_taken_the_key_over_is_noticed_by_an_update() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), Some(1)).await.unwrap();
    let bobs = bob.group(group.id()).await.unwrap();
    let second = world.again("bob").await.group(group.id()).await.unwrap();
    group.rotate_keys().await.unwrap();
    group.rotate_keys().await.unwrap();
    let newest = group.newest_key_id().unwrap();
    let arrives = async {
        while second.newest_key_id().unwrap() != newest {
            second.update().await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), arrives).await.unwrap();
    bobs.update().await.unwrap();
    assert_eq!(bobs.newest_key_id().unwrap(), newest);
}

#[tokio::test]
async fn a_new_member_gets_the_keys_too_that_another_device_has_taken_over() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), Some(1)).await.unwrap();
    let bobs = bob.group(group.id()).await.unwrap();
    let elsewhere = world.again("bob").await.group(group.id()).await.unwrap();
    let mut texts = Vec::new();
    for _ in 0..2 {
        group.rotate_keys().await.unwrap();
        let newest = group.newest_key_id().unwrap();
        let arrives = async {
            while elsewhere.newest_key_id().unwrap() != newest {
                elsewhere.update().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), arrives).await.unwrap();
        texts.push(group.encrypt_string("kept").unwrap());
    }
    // This handle learns of the newest key alone.
    bobs.update().await.unwrap();
    let carol = world.user("carol").await;
    bobs.invite_auto(carol.id(), None).await.unwrap();
    let carols = carol.group(group.id()).await.unwrap();
    for text in &texts {
        assert_eq!(carols.decrypt_string(text).await.unwrap(), "kept");
    }
}
