use std::time::Duration;

use keyfold::{Group, KeyId, Policy, User};

use crate::proxy::{Fault, Proxy};
use crate::world::{PASSWORD, World, group_of};

/// Updates `group` until it has the key: the server prepares a rotation for the other members in the background.
async fn until_it_has(group: &Group, key: &KeyId) {
    let arrives = async {
        while group.newest_key_id().unwrap() != *key {
            group.update().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrives).await.unwrap();
}

#[tokio::test]
async fn a_rotated_key_reaches_the_other_members_and_old_contents_stay_readable() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let before = group.encrypt_string("before").unwrap();
    let first = group.newest_key_id().unwrap();

    group.rotate_keys().await.unwrap();
    group.rotate_keys_signed().await.unwrap();
    let newest = group.newest_key_id().unwrap();
    assert_ne!(newest, first);
    let after = group.encrypt_string("after").unwrap();

    until_it_has(&same, &newest).await;
    assert_eq!(same.decrypt_string(&after).await.unwrap(), "after");
    assert_eq!(same.decrypt_string(&before).await.unwrap(), "before");
    let answer = same.encrypt_string("with the new key").unwrap();
    assert_eq!(group.decrypt_string(&answer).await.unwrap(), "with the new key");
    assert!(!same.has_key_update());
}

#[tokio::test]
async fn a_content_under_an_unknown_key_finishes_the_rotation() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    group.rotate_keys().await.unwrap();
    let text = group.encrypt_string("new").unwrap();
    let reads = async {
        loop {
            match same.decrypt_string(&text).await {
                Ok(plain) => return plain,
                // Not prepared for this member yet.
                Err(error) if error.code() == "server_304" => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), reads).await.unwrap(), "new");
}

/// Keeps the first 50 of a list: a server that lists no more of them at once.
fn first_page() -> Fault {
    Fault::rewritten(|answer| answer["result"].as_array_mut().unwrap().truncate(50))
}

#[tokio::test]
async fn a_member_who_was_away_for_long_takes_over_every_rotation() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let alice = world.user("alice").await;
    let client = world.builder().base_url(proxy.url()).build().unwrap();
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    for _ in 0..52 {
        group.rotate_keys().await.unwrap();
    }
    let newest = group.newest_key_id().unwrap();
    // The server prepares them for other members in the background.
    let url = format!("{}/api/v1/group/{}/key_rotation", world.server.url(), group.id());
    let request = reqwest::Client::new().get(&url).header("x-sentc-app-token", world.server.public_token());
    let request = request.header("authorization", format!("Bearer {}", bob.jwt().await.unwrap().expose()));
    let prepared = async {
        loop {
            let answer = request.try_clone().unwrap().send().await.unwrap().text().await.unwrap();
            if answer.matches("new_group_key_id").count() == 52 {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), prepared).await.unwrap();
    proxy.fault(&format!("GET group/{}/key_rotation", group.id()), first_page());
    same.finish_key_rotation().await.unwrap();
    assert_eq!(proxy.take_log("/key_rotation").len(), 2 + 52);
    assert_eq!(same.newest_key_id().unwrap(), newest);
    assert!(!same.has_key_update());
    let text = group.encrypt_string("after all of them").unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "after all of them");
}

#[tokio::test]
async fn a_device_that_was_away_for_long_takes_over_every_rotation() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let alice = world.user("alice").await;
    let client = world.builder().base_url(proxy.url()).build().unwrap();
    let carried = client.register_device_start("alice's phone", PASSWORD).await.unwrap();
    alice.register_device(&carried).await.unwrap();
    let phone = client.login_forced("alice's phone", PASSWORD).await.unwrap();
    for _ in 0..52 {
        alice.rotate_keys().await.unwrap();
    }
    proxy.fault("GET user/user_keys/rotation", first_page());
    phone.finish_key_rotation().await.unwrap();
    assert_eq!(proxy.take_log("GET user/user_keys/rotation").len(), 2);
    assert_eq!(phone.newest_key_id().unwrap(), alice.newest_key_id().unwrap());
}

#[tokio::test]
async fn a_rotation_in_a_child_reaches_members_of_the_parent() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let parent = group_of(&alice).await;
    parent.invite_auto(bob.id(), None).await.unwrap();
    let child = parent.child(&parent.create_child().await.unwrap()).await.unwrap();
    let same = bob.group(child.id()).await.unwrap();
    // The parent is the member of the child: whoever rotates for it does so for all its members.
    child.rotate_keys().await.unwrap();
    until_it_has(&same, &child.newest_key_id().unwrap()).await;
    let text = child.encrypt_string("child").unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "child");
}

#[tokio::test]
async fn another_handle_of_the_same_user_notices_a_rotation() {
    let world = World::start();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    let again = world.again("alice").await;
    let same = again.group(group.id()).await.unwrap();
    group.rotate_keys().await.unwrap();
    same.update().await.unwrap();
    assert_eq!(same.newest_key_id().unwrap(), group.newest_key_id().unwrap());
}

#[tokio::test]
async fn a_rotated_user_key_is_used_from_then_on_and_old_contents_stay_readable() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let before = bob.encrypt_string("before", alice.id()).await.unwrap();
    let first = alice.newest_key_id().unwrap();
    alice.rotate_keys().await.unwrap();
    assert_ne!(alice.newest_key_id().unwrap(), first);
    // Another client has no older public key in its memory.
    let carol = world.user("carol").await;
    let after = carol.encrypt_string("after", alice.id()).await.unwrap();
    assert_eq!(alice.decrypt_string(&before).await.unwrap(), "before");
    assert_eq!(alice.decrypt_string(&after).await.unwrap(), "after");
    let group = group_of(&alice).await;
    assert_eq!(group.decrypt_string(&group.encrypt_string("x").unwrap()).await.unwrap(), "x");
}

async fn second_device(world: &World, user: &User) -> User {
    let client = world.client();
    let carried = client.register_device_start("alice's phone", PASSWORD).await.unwrap();
    user.register_device(&carried).await.unwrap();
    client.login_forced("alice's phone", PASSWORD).await.unwrap()
}

#[tokio::test]
async fn a_second_device_takes_over_a_rotated_user_key_when_it_needs_it() {
    let world = World::start();
    let alice = world.user("alice").await;
    let phone = second_device(&world, &alice).await;
    alice.rotate_keys().await.unwrap();
    let bob = world.user("bob").await;
    let text = bob.encrypt_string("new key", alice.id()).await.unwrap();
    let reads = async {
        loop {
            match phone.decrypt_string(&text).await {
                Ok(plain) => return plain,
                Err(error) if error.code() == "server_304" => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), reads).await.unwrap(), "new key");
    assert_eq!(phone.newest_key_id().unwrap(), alice.newest_key_id().unwrap());
}

#[tokio::test]
async fn rotations_can_be_finished_by_hand() {
    let world = World::start();
    let alice = world.user("alice").await;
    let phone = second_device(&world, &alice).await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    alice.rotate_keys().await.unwrap();
    group.rotate_keys().await.unwrap();
    let finish = async {
        while phone.newest_key_id().unwrap() != alice.newest_key_id().unwrap() {
            phone.finish_key_rotation().await.unwrap();
            tokio::task::yield_now().await;
        }
        while same.newest_key_id().unwrap() != group.newest_key_id().unwrap() {
            same.finish_key_rotation().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), finish).await.unwrap();
    let text = group.encrypt_string("new").unwrap();
    assert_eq!(same.decrypt_string_sync(&text).unwrap(), "new");
}

#[tokio::test]
async fn a_strict_client_reads_signed_groups_and_refuses_unsigned_ones() {
    let world = World::start();
    let client = world.builder().policy(Policy::STRICT).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let signed = alice.create_signed_group().await.unwrap();
    let group = alice.group(&signed).await.unwrap();
    assert_eq!(group.decrypt_sync(&group.encrypt(b"x").unwrap()).unwrap(), b"x");
    let unsigned = alice.create_group().await.unwrap();
    assert_eq!(alice.group(&unsigned).await.unwrap_err().code(), "client_401");
}
