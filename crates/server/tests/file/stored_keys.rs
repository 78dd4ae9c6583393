//! Symmetric keys that the server keeps.

use futures_util::future::join_all;
use hyper::Method;
use keyfold_protocol::app::FileOptions;
use keyfold_protocol::file::{StoredKey, StoredKeyOutput};
use serde_json::{Value, json};

use crate::api::{Files, on_both_databases};
use crate::support::User;

on_both_databases!(
    a_key_comes_back_as_it_was_stored,
    a_key_is_deleted_by_its_creator_alone,
    keys_are_listed_newest_first_in_pages_of_fifty,
    keys_are_bound_to_their_app,
    keys_can_demand_a_login,
    keys_go_with_a_reset_of_the_app,
);

/// The same, on servers that keep two keys of a user.
macro_rules! with_two_keys_per_user {
    ($($module:ident: $engine:ident),+) => {
        $(mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_user_has_a_bounded_number_of_keys() {
                let files = crate::api::Files::start_with(crate::support::Engine::$engine, |config| {
                    config.limits.stored_keys_per_user = 2;
                });
                super::a_user_has_a_bounded_number_of_keys(files.await).await;
            }
        })+
    };
}

with_two_keys_per_user!(sqlite_with_few_keys: Sqlite, postgres_with_few_keys: Postgres);

fn body(master_key: &str) -> Value {
    json!({"alg": "AES-GCM-256", "encrypted_key_string": "a2V5", "master_key_id": master_key})
}

async fn store(user: &User, master_key: &str) -> String {
    user.post("keys/sym_key", &body(master_key)).await.ok::<StoredKeyOutput>().key_id.into_string()
}

async fn a_key_comes_back_as_it_was_stored(files: Files) {
    let alice = files.world.user().await;
    let id = store(&alice, "master").await;
    let key: StoredKey = serde_json::from_value(files.get(&format!("keys/sym_key/{id}")).await.ok()).unwrap();
    assert_eq!((key.key_id.as_str(), key.master_key_id.as_str()), (id.as_str(), "master"));
    assert_eq!((key.encrypted_key_string.as_str(), key.alg.as_str()), ("a2V5", "AES-GCM-256"));
    files.get("keys/sym_key/0190a6a4-3b1c-7cde-8f01-23456789abcd").await.refused(400, 400);
    alice.post("keys/sym_key", &json!({"alg": "x"})).await.refused(422, 11);
}

async fn a_key_is_deleted_by_its_creator_alone(files: Files) {
    let [alice, bob] = files.world.users().await;
    let id = store(&alice, "master").await;
    let path = format!("keys/sym_key/{id}");
    bob.delete(&path).await.done();
    files.get(&path).await.ok();
    alice.delete(&path).await.done();
    alice.delete(&path).await.done();
    files.get(&path).await.refused(400, 400);
}

async fn keys_are_listed_newest_first_in_pages_of_fifty(files: Files) {
    let alice = files.world.user().await;
    let mut stored = Vec::new();
    for _ in 0..50 {
        stored.push(store(&alice, "master").await);
    }
    store(&alice, "other").await;
    let page = async |time: u64, id: &str| -> Vec<StoredKey> {
        let path = format!("keys/sym_key/master_key/master/{time}/{id}");
        serde_json::from_value(files.get(&path).await.ok()).unwrap()
    };
    let first = page(0, "none").await;
    assert_eq!(first.len(), 50);
    assert!(first.windows(2).all(|pair| {
        (std::cmp::Reverse(pair[0].time), pair[0].key_id.as_str())
            < (std::cmp::Reverse(pair[1].time), pair[1].key_id.as_str())
    }));
    let last = &first[49];
    assert!(page(last.time, last.key_id.as_str()).await.is_empty());
    let middle = &first[24];
    assert_eq!(page(middle.time, middle.key_id.as_str()).await, first[25..]);
    let mut listed: Vec<_> = first.iter().map(|key| key.key_id.as_str().to_owned()).collect();
    listed.sort();
    stored.sort();
    assert_eq!(listed, stored);
    files.get("keys/sym_key/master_key/master/x/none").await.refused(400, 13);
    assert_eq!(files.get("keys/sym_key/master_key/nobody/0/none").await.ok(), json!([]));
}

async fn keys_are_bound_to_their_app(files: Files) {
    let alice = files.world.user().await;
    let id = store(&alice, "master").await;
    let other = files.another_app().await;
    other.get(&format!("keys/sym_key/{id}")).await.refused(400, 400);
    assert_eq!(other.get("keys/sym_key/master_key/master/0/none").await.ok(), json!([]));
}

async fn keys_can_demand_a_login(files: Files) {
    let alice = files.world.user().await;
    let id = store(&alice, "master").await;
    files.set_options(FileOptions { require_jwt: true, ..FileOptions::server_storage() }).await;
    files.get(&format!("keys/sym_key/{id}")).await.refused(401, 31);
    files.get("keys/sym_key/master_key/master/0/none").await.refused(401, 31);
    alice.get(&format!("keys/sym_key/{id}")).await.ok::<StoredKey>();
}

async fn keys_go_with_a_reset_of_the_app(files: Files) {
    let alice = files.world.user().await;
    let id = store(&alice, "master").await;
    files.operator().reset(&files.world.app.id).await.unwrap();
    files.raw(Method::GET, &format!("keys/sym_key/{id}"), &[], "").await.refused(400, 400);
}

async fn a_user_has_a_bounded_number_of_keys(files: Files) {
    let [alice, bob] = files.world.users().await;
    // At the same moment: each is counted.
    let bodies = [body("one"), body("two"), body("three"), body("four")];
    let answers = join_all(bodies.iter().map(|body| alice.post("keys/sym_key", body))).await;
    let (stored, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(stored.len(), 2);
    refused.into_iter().for_each(|answer| answer.refused(400, 522));
    store(&bob, "master").await;
    let id = stored.into_iter().next().unwrap().ok::<StoredKeyOutput>().key_id;
    // What somebody else deletes, or what is deleted twice, makes no room.
    for user in [&bob, &alice, &alice] {
        user.delete(&format!("keys/sym_key/{id}")).await.done();
    }
    store(&alice, "master").await;
    alice.post("keys/sym_key", &body("master")).await.refused(400, 522);
}
