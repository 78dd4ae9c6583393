use keyfold::{DecryptOptions, EncryptOptions};

use crate::proxy::Proxy;
use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn two_users_share_a_secret_in_a_group() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let text = group.encrypt_string("the moon is made of cheese").unwrap();

    let same = bob.group(group.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "the moon is made of cheese");
    assert_eq!((group.rank(), same.rank()), (0, 4));
    let answer = same.encrypt(b"green cheese").unwrap();
    assert_eq!(group.decrypt(&answer).await.unwrap(), b"green cheese");
    assert_eq!(group.decrypt_sync(&answer).unwrap(), b"green cheese");
}

#[tokio::test]
async fn strangers_have_no_access_to_a_group() {
    let world = World::start();
    let group = group_of(&world.user("alice").await).await;
    let eve = world.user("eve").await;
    assert_eq!(code(eve.group(group.id()).await), "server_310");
    assert_eq!(code(eve.group_light(group.id()).await), "server_310");
}

#[tokio::test]
async fn content_can_be_kept_apart_from_its_head() {
    let world = World::start();
    let group = group_of(&world.user("alice").await).await;
    let raw = group.encrypt_raw(b"data", EncryptOptions::new()).unwrap();
    assert_eq!(raw.head.id, group.newest_key_id().unwrap().as_str());
    let plain = group.decrypt_raw(&raw.head, &raw.payload, DecryptOptions::new()).await.unwrap();
    assert_eq!(plain, b"data");
}

#[tokio::test]
async fn content_bound_to_other_data_opens_with_the_same_data_only() {
    let world = World::start();
    let group = group_of(&world.user("alice").await).await;
    let sealed = group.encrypt_with(b"data", EncryptOptions::new().aad(b"invoice 17")).unwrap();
    let with = DecryptOptions::new().aad(b"invoice 17");
    assert_eq!(group.decrypt_with(&sealed, with).await.unwrap(), b"data");
    let other = DecryptOptions::new().aad(b"invoice 18");
    assert_eq!(code(group.decrypt_with(&sealed, other).await), "client_14");
    assert_eq!(code(group.decrypt(&sealed).await), "client_14");
}

#[tokio::test]
async fn a_demanded_signature_must_be_there_and_by_the_right_user() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();

    let signed = group.encrypt_string_with("signed", EncryptOptions::new().signed()).unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    assert_eq!(same.decrypt_string_with(&signed, by_alice).await.unwrap(), "signed");
    assert_eq!(same.decrypt_string(&signed).await.unwrap(), "signed");
    let by_bob = DecryptOptions::new().signed_by(bob.id());
    assert_eq!(code(same.decrypt_string_with(&signed, by_bob).await), "server_100");

    let unsigned = group.encrypt_string("unsigned").unwrap();
    assert_eq!(code(same.decrypt_string_with(&unsigned, by_alice).await), "client_401");
    let if_at_all = DecryptOptions::new().signed_by_if_at_all(alice.id());
    assert_eq!(same.decrypt_string_with(&unsigned, if_at_all).await.unwrap(), "unsigned");
}

#[tokio::test]
async fn content_for_a_user_opens_for_that_user_only() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let text = alice.encrypt_string("for bob", bob.id()).await.unwrap();
    assert_eq!(bob.decrypt_string(&text).await.unwrap(), "for bob");
    assert_eq!(code(alice.decrypt_string(&text).await), "server_304");

    let signed = alice.encrypt_with(b"signed", bob.id(), EncryptOptions::new().signed()).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    assert_eq!(bob.decrypt_with(&signed, by_alice).await.unwrap(), b"signed");
    let with_aad = EncryptOptions::new().aad(b"x");
    assert_eq!(code(alice.encrypt_with(b"", bob.id(), with_aad).await), "client_431");
}

#[tokio::test]
async fn damaged_content_is_an_error_and_never_a_panic() {
    let world = World::start();
    let group = group_of(&world.user("alice").await).await;
    let sealed = group.encrypt(b"data").unwrap();
    for end in 0..sealed.len() {
        assert!(group.decrypt_sync(&sealed[..end]).is_err(), "{end}");
    }
    assert_eq!(code(group.decrypt_string("no base64!").await), "client_10");
    assert_eq!(code(group.decrypt_string_sync("")), "client_101");
}

#[tokio::test]
async fn a_public_key_is_found_signed_by_its_user() {
    let world = World::start();
    let alice = world.user("alice").await;
    let client = world.client();
    let key = client.public_key(alice.id()).await.unwrap();
    assert!(!key.verified);
    assert!(client.verify_public_key(&key).await.unwrap());
    assert!(client.public_key(alice.id()).await.unwrap().verified, "the result is remembered");
    assert_eq!(code(client.public_key(&"0190a6a4-3b1c-7cde-8f01-23456789abcd".into()).await), "server_100");
    assert_eq!(code(client.public_key(&"../login".into()).await), "client_425");
}

#[tokio::test]
async fn users_exchange_texts_with_loaded_keys_and_without_a_request() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let client = world.builder().base_url(proxy.url()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let key = client.public_key(alice.id()).await.unwrap();
    let verify_key = client.verify_key(alice.id(), &alice.newest_key_id().unwrap()).await.unwrap();
    proxy.take_log("");
    let text = alice.encrypt_string_sync("to myself", &key, EncryptOptions::new().signed()).unwrap();
    assert_eq!(alice.decrypt_string_sync(&text).unwrap(), "to myself");
    let signed = DecryptOptions::new().signed_with(&verify_key);
    assert_eq!(alice.decrypt_string_sync_with(&text, signed).unwrap(), "to myself");
    let unsigned = alice.encrypt_string_sync("to myself", &key, EncryptOptions::new()).unwrap();
    assert_eq!(code(alice.decrypt_string_sync_with(&unsigned, signed)), "client_401");
    assert_eq!(code(alice.decrypt_string_sync("not base64")), "client_10");
    assert!(proxy.take_log("").is_empty());
    let bob = world.user("bob").await;
    assert_eq!(code(bob.decrypt_string_sync(&text)), "client_426");

    let group = group_of(&alice).await;
    let text = group.encrypt_string_with("to us", EncryptOptions::new().signed()).unwrap();
    assert_eq!(group.decrypt_string_sync_with(&text, signed).unwrap(), "to us");
}

#[tokio::test]
async fn contents_open_at_once_and_in_two_pieces_with_loaded_keys() {
    let world = World::start();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let group = group_of(&alice).await;
    let key = alice.client().public_key(bob.id()).await.unwrap();
    let sealed = alice.encrypt_sync(b"for bob", &key, EncryptOptions::new()).unwrap();
    assert_eq!(bob.decrypt_sync(&sealed).unwrap(), b"for bob");
    assert_eq!(code(alice.decrypt_sync(&sealed)), "client_426");
    let raw = alice.encrypt_raw_to(b"for bob", &key.key, EncryptOptions::new()).unwrap();
    assert_eq!(bob.decrypt_raw_sync(&raw.head, &raw.payload, DecryptOptions::new()).unwrap(), b"for bob");

    assert_eq!(group.decrypt_sync(&group.encrypt(b"for us").unwrap()).unwrap(), b"for us");
    let raw = group.encrypt_raw(b"for us", EncryptOptions::new()).unwrap();
    assert_eq!(group.decrypt_raw_sync(&raw.head, &raw.payload, DecryptOptions::new()).unwrap(), b"for us");
}

#[tokio::test]
async fn both_sides_compute_the_same_safety_number() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let (alices, bobs) = (alice.newest_key_id().unwrap(), bob.newest_key_id().unwrap());
    let number = alice.safety_number(Some((bob.id(), &bobs))).await.unwrap();
    assert_eq!(number, bob.safety_number(Some((alice.id(), &alices))).await.unwrap());
    assert_ne!(number, alice.safety_number(None).await.unwrap());
}

#[tokio::test]
async fn members_find_and_sort_alike_before_and_after_a_rotation() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    let hashes = group.search_key().await.unwrap().prefixes("hello", None).unwrap().hashes;
    let low = group.sort_key().await.unwrap().encrypt_number(17).unwrap();
    group.rotate_keys().await.unwrap();
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    assert!(hashes.contains(&same.search_key().await.unwrap().query("hel")));
    let sort_key = same.sort_key().await.unwrap();
    assert_eq!(sort_key.encrypt_number(17).unwrap().number, low.number);
    assert!(sort_key.encrypt_number(18).unwrap().number > low.number);
}

#[tokio::test]
async fn a_generated_key_is_opened_by_those_it_was_made_for() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let (key, sealed) = group.generate_key().unwrap();
    let bobs = bob.group(group.id()).await.unwrap();
    let same = bobs.open_generated_key(&sealed).await.unwrap();
    assert_eq!(same.decrypt(&key.encrypt(b"data", b"").unwrap(), b"").unwrap(), b"data");

    let (key, sealed) = alice.generate_key(bob.id()).await.unwrap();
    let same = bob.open_generated_key(&sealed).await.unwrap();
    assert_eq!(same.decrypt(&key.encrypt(b"data", b"").unwrap(), b"").unwrap(), b"data");
    assert!(alice.open_generated_key(&sealed).await.is_err());
}
