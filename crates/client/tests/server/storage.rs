use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use keyfold::{
    Client, DecryptOptions, EncryptOptions, FileStorage, MemoryStorage, Refresh, Storage, StorageKey,
};

use crate::proxy::Proxy;
use crate::world::{PASSWORD, World, code, group_of};

fn on_disk(world: &World, folder: &std::path::Path) -> Client {
    let storage = FileStorage::open(folder, StorageKey::from_bytes([1; 32])).unwrap();
    world.builder().storage(storage).build().unwrap()
}

#[tokio::test]
async fn a_session_and_its_groups_outlive_client_and_server() {
    let mut world = World::start();
    let folder = tempfile::tempdir().unwrap();
    let client = on_disk(&world, folder.path());
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let text = group.encrypt_string("kept").unwrap();
    let (user_id, group_id) = (alice.id().clone(), group.id().clone());
    drop((group, alice, client));
    world.server.restart();

    let client = on_disk(&world, folder.path());
    let alice = client.restore().await.unwrap().unwrap();
    assert_eq!(alice.id(), &user_id);
    let group = alice.group(&group_id).await.unwrap();
    assert_eq!(group.decrypt_string(&text).await.unwrap(), "kept");
    group.rotate_keys().await.unwrap();
}

#[tokio::test]
async fn stored_users_and_groups_work_without_a_server() {
    let world = World::start();
    let folder = tempfile::tempdir().unwrap();
    let alice = {
        let client = on_disk(&world, folder.path());
        client.register("alice", PASSWORD).await.unwrap();
        client.login_forced("alice", PASSWORD).await.unwrap()
    };
    let group = group_of(&alice).await;
    let child = group.child(&group.create_child().await.unwrap()).await.unwrap();
    let text = child.encrypt_string("kept").unwrap();
    let child_id = child.id().clone();
    drop(world);

    let storage = FileStorage::open(folder.path(), StorageKey::from_bytes([1; 32])).unwrap();
    let client = Client::builder("token").base_url("http://127.0.0.1:1").storage(storage).build().unwrap();
    assert!(client.restore().await.unwrap_err().is_network());
    let alice = client.current_user().await.unwrap().unwrap();
    let child = alice.group(&child_id).await.unwrap();
    assert_eq!(child.decrypt_string(&text).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_logout_leaves_nothing_of_the_user_and_everything_of_others() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    for name in ["alice", "bob"] {
        client.register(name, PASSWORD).await.unwrap();
    }
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
    let bobs = group_of(&bob).await;
    let values = format!("{storage:?}");
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    group_of(&alice).await;
    // Whatever makes records of its own: signed keys and contents, new keys, public keys.
    let group = alice.group(&alice.create_signed_group().await.unwrap()).await.unwrap();
    let signed = group.encrypt_string_with("data", EncryptOptions::new().signed()).unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    group.decrypt_string_with(&signed, by_alice).await.unwrap();
    group.finish_key_rotation().await.unwrap();
    group.update().await.unwrap();
    client.group_public_key(group.id()).await.unwrap();
    assert_eq!(client.restore().await.unwrap().unwrap().id(), alice.id());

    alice.log_out().await.unwrap();
    assert!(client.restore().await.unwrap().is_none());
    assert!(client.user("alice").await.unwrap().is_none());
    assert_eq!(code(alice.create_group().await), "client_422");
    // Bob was the current user before alice; that one entry is gone.
    let left: usize = digits(&format!("{storage:?}"));
    assert_eq!(left + 1, digits(&values));
    let bob = client.user("bob").await.unwrap().unwrap();
    bob.group(bobs.id()).await.unwrap();
}

#[tokio::test]
async fn a_logout_makes_the_refresh_token_worthless() {
    let world = World::start();
    let alice = world.user("alice").await;
    let (jwt, refresh_token) = (alice.jwt().await.unwrap(), alice.refresh_token().unwrap());
    alice.log_out().await.unwrap();
    let answer = reqwest::Client::new()
        .put(format!("{}/api/v1/refresh", world.server.url()))
        .header("x-sentc-app-token", world.server.public_token())
        .header("authorization", format!("Bearer {}", jwt.expose()))
        .body(format!(r#"{{"refresh_token":"{}"}}"#, refresh_token.expose()))
        .send();
    let answer = answer.await.unwrap().text().await.unwrap();
    assert!(answer.contains("\"err_code\":114"), "{answer}");
}

fn digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[tokio::test]
async fn all_handles_of_a_group_share_its_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let first = group_of(&alice).await;
    let second = alice.group(first.id()).await.unwrap();
    first.rotate_keys().await.unwrap();
    assert_eq!(first.newest_key_id().unwrap(), second.newest_key_id().unwrap());
}

#[tokio::test]
async fn handles_that_are_loaded_at_the_same_time_share_their_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let id = alice.create_group().await.unwrap();
    let (first, second) = tokio::join!(alice.group(&id), alice.group(&id));
    let (first, second) = (first.unwrap(), second.unwrap());
    first.rotate_keys().await.unwrap();
    assert_eq!(first.newest_key_id().unwrap(), second.newest_key_id().unwrap());
}

#[tokio::test]
async fn all_handles_of_a_user_share_session_and_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let client = alice.client();
    let (restored, stored) = (client.restore().await.unwrap().unwrap(), client.user("alice").await.unwrap());
    let new = client.login_forced("alice", PASSWORD).await.unwrap();
    assert_eq!(alice.refresh_token(), new.refresh_token(), "a new login is one for all handles");
    restored.rotate_keys().await.unwrap();
    for handle in [&alice, &stored.unwrap(), &new] {
        assert_eq!(handle.newest_key_id().unwrap(), restored.newest_key_id().unwrap());
        assert_eq!(handle.current_jwt(), new.current_jwt());
    }
    let group = group_of(&alice).await;
    let same = new.group(group.id()).await.unwrap();
    group.rotate_keys().await.unwrap();
    assert_eq!(group.newest_key_id().unwrap(), same.newest_key_id().unwrap());
}

#[tokio::test]
async fn handles_that_are_restored_at_the_same_time_renew_the_access_token_once() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let time = Arc::new(AtomicU64::new(1_700_000_000_000));
    let now = Arc::clone(&time);
    let builder = world.builder().base_url(proxy.url()).clock(move || now.load(Ordering::SeqCst));
    let client = builder.build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    drop(client.login_forced("alice", PASSWORD).await.unwrap());
    time.fetch_add(3_600_000, Ordering::SeqCst);
    proxy.take_log("");
    let asked = join_all((0..8).map(|_| async {
        let alice = client.current_user().await.unwrap().unwrap();
        (alice.groups().all().await.unwrap(), alice.jwt().await.unwrap())
    }));
    let answers = asked.await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let log = proxy.take_log("");
    assert_eq!(log.iter().filter(|sent| sent.what == "PUT refresh").count(), 1, "{log:?}");
}

#[tokio::test]
async fn a_logout_ends_all_handles_and_none_of_them_is_handed_out_again() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let first = client.login_forced("alice", PASSWORD).await.unwrap();
    let second = client.current_user().await.unwrap().unwrap();
    let group = group_of(&second).await;
    let group_record = format!("group_data_user_{}_id_{}", first.id(), group.id());
    first.log_out().await.unwrap();
    for handle in [&first, &second] {
        assert_eq!(code(handle.jwt().await), "client_422");
        assert_eq!(code(handle.create_group().await), "client_422");
        assert_eq!(code(handle.update_identifier("another").await), "client_422");
    }
    assert_eq!(code(group.update().await), "client_422");
    assert!(client.current_user().await.unwrap().is_none());
    for record in [&group_record, &format!("session_id_{}", first.device_id()), "user_data_id_alice"] {
        assert_eq!(storage.get(record).await.unwrap(), None, "{record}");
    }

    let new = client.login_forced("alice", PASSWORD).await.unwrap();
    new.create_group().await.unwrap();
    assert_eq!(code(first.create_group().await), "client_422");
    let again = client.user("alice").await.unwrap().unwrap();
    assert_eq!(again.current_jwt(), new.current_jwt());
}

#[tokio::test]
async fn a_handle_goes_on_with_the_session_that_another_process_has_stored() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let time = Arc::new(AtomicU64::new(1_700_000_000_000));
    let client = || {
        let now = Arc::clone(&time);
        world.builder().storage(storage.clone()).clock(move || now.load(Ordering::SeqCst)).build().unwrap()
    };
    let (here, there) = (client(), client());
    here.register("alice", PASSWORD).await.unwrap();
    let alice = here.login_forced("alice", PASSWORD).await.unwrap();
    time.fetch_add(1000, Ordering::SeqCst);
    // This ends the session of the first one.
    there.current_user().await.unwrap().unwrap().log_out().await.unwrap();
    let other = there.login_forced("alice", PASSWORD).await.unwrap();
    let same = here.current_user().await.unwrap().unwrap();
    assert_eq!(same.refresh_token(), other.refresh_token());
    assert_eq!(alice.refresh_token(), other.refresh_token());
}

#[tokio::test]
async fn a_group_that_was_removed_from_the_storage_is_fetched_again() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let record = format!("group_data_user_{}_id_{}", alice.id(), group.id());
    assert!(storage.get(&record).await.unwrap().is_some());
    for damage in [None, Some("not json"), Some("{}")] {
        match damage {
            None => storage.delete(&record).await.unwrap(),
            Some(text) => storage.set(&record, text).await.unwrap(),
        }
        let again = alice.group(group.id()).await.unwrap();
        assert_eq!(again.newest_key_id().unwrap(), group.newest_key_id().unwrap());
    }
}

#[tokio::test]
async fn a_stored_key_is_opened_when_it_is_needed_and_fetched_again_if_it_is_damaged() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = || world.builder().storage(storage.clone()).build().unwrap();
    client().register("alice", PASSWORD).await.unwrap();
    let alice = client().login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let old = group.encrypt_string("old").unwrap();
    group.rotate_keys().await.unwrap();
    let new = group.encrypt_string("new").unwrap();

    let record = format!("group_data_user_{}_id_{}", alice.id(), group.id());
    let mut stored: serde_json::Value =
        serde_json::from_str(&storage.get(&record).await.unwrap().unwrap()).unwrap();
    let oldest = stored["data"]["keys"].as_array_mut().unwrap().last_mut().unwrap();
    oldest["encrypted_group_key"] = "AAAA".into();
    storage.set(&record, &stored.to_string()).await.unwrap();

    let again = client().current_user().await.unwrap().unwrap().group(group.id()).await.unwrap();
    assert_eq!(again.decrypt_string_sync(&new).unwrap(), "new");
    assert!(again.decrypt_string_sync(&old).is_err());
    assert_eq!(again.decrypt_string(&old).await.unwrap(), "old");
    assert_eq!(again.decrypt_string_sync(&old).unwrap(), "old");
}

#[tokio::test]
async fn a_cleared_storage_knows_nobody() {
    let world = World::start();
    let folder = tempfile::tempdir().unwrap();
    let client = on_disk(&world, folder.path());
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    group_of(&alice).await;
    client.clear_storage().await.unwrap();
    assert!(client.current_user().await.unwrap().is_none());
    assert!(on_disk(&world, folder.path()).restore().await.unwrap().is_none());
}

#[tokio::test]
async fn no_group_key_and_no_password_is_stored() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let client = world.builder().storage(storage.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let record = format!("group_data_user_{}_id_{}", alice.id(), group.id());
    let stored = storage.get(&record).await.unwrap().unwrap();
    assert!(!stored.contains("\"Aes\"") && stored.contains("encrypted_group_key"));
    let user = storage.get("user_data_id_alice").await.unwrap().unwrap();
    assert!(!user.contains(PASSWORD));
}

#[tokio::test]
async fn apps_that_renew_tokens_themselves_keep_the_refresh_token_out_of_the_storage() {
    let world = World::start();
    let storage = MemoryStorage::new();
    let refresh = Refresh::endpoint("http://127.0.0.1:1/refresh");
    let client = world.builder().storage(storage.clone()).refresh(refresh).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let refresh_token = alice.refresh_token().unwrap();
    for key in [format!("session_id_{}", alice.device_id()), "user_data_id_alice".to_owned()] {
        let value = storage.get(&key).await.unwrap().unwrap();
        assert!(!value.contains(refresh_token.expose()), "{key}");
    }
    // Restoring does not need it while the access token is valid.
    assert_eq!(client.restore().await.unwrap().unwrap().id(), alice.id());
}
