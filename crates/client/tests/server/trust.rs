//! What a client remembers of the verify keys of others.

use std::sync::{Arc, Mutex};

use keyfold::{Client, DecryptOptions, EncryptOptions, MemoryStorage, Storage, Strength};

use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn the_keys_of_signers_are_remembered_with_their_age_and_changes_reported() {
    let world = World::start();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let builder = world.builder().on_key_change(move |change| seen.lock().unwrap().push(change.clone()));
    let client = builder.clock(|| 1_700_000_000_000).build().unwrap();
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    assert_eq!(client.known_verify_keys(alice.id()).await.unwrap(), []);

    let signed = || group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    same.decrypt_with(&signed(), by_alice).await.unwrap();
    let first = alice.newest_key_id().unwrap();
    let known = client.known_verify_keys(alice.id()).await.unwrap();
    assert_eq!((&known[0].key_id, known[0].first_seen), (&first, 1_700_000_000_000));
    assert!(changes.lock().unwrap().is_empty(), "a first contact is no change");

    alice.rotate_keys().await.unwrap();
    same.decrypt_with(&signed(), by_alice).await.unwrap();
    let change = changes.lock().unwrap().pop().unwrap();
    assert_eq!((&change.user_id, change.refused), (alice.id(), false));
    assert_eq!(change.key_id, alice.newest_key_id().unwrap());
}

#[tokio::test]
async fn a_new_key_of_a_verified_user_is_refused_until_people_have_compared_again() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    let (alices, bobs) = (alice.newest_key_id().unwrap(), bob.newest_key_id().unwrap());
    assert!(!bob.verify_safety_number(alice.id(), &alices, "another number").await.unwrap());
    let number = alice.safety_number(Some((bob.id(), &bobs))).await.unwrap();
    assert!(bob.verify_safety_number(alice.id(), &alices, &number).await.unwrap());
    assert!(bob.client().known_verify_keys(alice.id()).await.unwrap()[0].verified_at.is_some());

    alice.rotate_keys().await.unwrap();
    let signed = group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    assert_eq!(code(same.decrypt_with(&signed, by_alice).await), "client_437");
    let alices = alice.newest_key_id().unwrap();
    let number = alice.safety_number(Some((bob.id(), &bobs))).await.unwrap();
    assert!(bob.verify_safety_number(alice.id(), &alices, &number).await.unwrap());
    assert_eq!(same.decrypt_with(&signed, by_alice).await.unwrap(), b"data");

    alice.rotate_keys().await.unwrap();
    let signed = group.encrypt_with(b"data", EncryptOptions::new().signed()).unwrap();
    bob.client().accept_verify_key(alice.id(), &alice.newest_key_id().unwrap()).await.unwrap();
    assert_eq!(same.decrypt_with(&signed, by_alice).await.unwrap(), b"data");
}

#[tokio::test]
async fn a_server_that_replaces_a_key_under_its_id_is_found_out() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    let (alice, eve) = (world.user("alice").await, world.user("eve").await);
    let key_id = alice.newest_key_id().unwrap();
    client.verify_key(alice.id(), &key_id).await.unwrap();
    let record = format!("user_verify_key_id_{}_key_id_{key_id}", alice.id());
    let eves_id = eve.newest_key_id().unwrap();
    client.verify_key(eve.id(), &eves_id).await.unwrap();
    let eves = format!("user_verify_key_id_{}_key_id_{eves_id}", eve.id());
    // What the server says now: the key of somebody else under the same id.
    let forged = storage.get(&eves).await.unwrap().unwrap().replace(eves_id.as_str(), key_id.as_str());
    storage.set(&record, &forged).await.unwrap();
    assert_eq!(code(client.verify_key(alice.id(), &key_id).await), "client_409");
}

#[tokio::test]
async fn the_builder_can_insist_on_signatures() {
    let world = World::start();
    let client: Client =
        world.builder().require_signatures().minimum_algorithm(Strength::Hybrid).build().unwrap();
    let alice = world.user("alice").await;
    assert!(client.public_key(alice.id()).await.unwrap().verified);
    assert_eq!(client.known_verify_keys(alice.id()).await.unwrap().len(), 1);
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let unsigned = group_of(&alice).await;
    unsigned.invite_auto(bob.id(), None).await.unwrap();
    assert_eq!(code(bob.group(unsigned.id()).await), "client_401");
    let signed = alice.group(&alice.create_signed_group().await.unwrap()).await.unwrap();
    signed.invite_auto(bob.id(), None).await.unwrap();
    bob.group(signed.id()).await.unwrap();
}
