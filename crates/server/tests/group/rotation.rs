//! Key rotation.

use std::time::Duration;

use hyper::Method;
use keyfold_crypto::group::Signer;
use keyfold_crypto::{PrivateKey, SigningKey, Suite};
use keyfold_protocol::app::{AppOptions, GroupOptions};
use keyfold_protocol::group::{KeyRotationPending, KeyRotationStartOutput, NewMemberOutput};
use keyfold_protocol::id::KeyId;
use keyfold_server::random::ordered_id;
use serde_json::{Value, json};

use crate::support::{Engine, User, World, at, on_both_databases};

on_both_databases! {
    who_has_not_finished_a_rotation_invites_nobody_who_could_not_read,
    who_is_invited_while_a_rotation_runs_is_served_before_it_accepts,
    a_share_that_failed_is_made_anew_when_the_member_has_another_key,
    a_rotation_that_nobody_can_finish_expires,
    a_rotation_reaches_every_member,
    the_ephemeral_key_is_erased_when_everybody_is_served,
    finishing_is_idempotent_and_takes_only_what_is_pending,
    a_child_is_rotated_for_its_parent_and_for_direct_members,
    a_connected_group_is_rotated_once_for_each_member_group,
    a_member_with_an_unusable_key_delays_nobody,
    what_cannot_be_finished_stands_last,
    a_member_who_was_away_for_long_gets_its_rotations_in_parts_the_oldest_first,
    the_starter_must_hold_the_previous_key,
    parallel_rotations_all_succeed_in_an_order,
    signatures_of_the_starter_reach_the_others,
    invited_users_can_read_what_is_written_before_they_accept,
    who_joins_while_a_rotation_runs_is_served,
    nobody_removed_before_a_rotation_reads_what_comes_after_it,
    a_rotated_key_of_a_user_is_the_one_that_is_used,
    the_app_limits_who_rotates_and_how_often,
    more_keys_than_a_page_are_all_delivered,
    a_group_deleted_during_its_rotation_leaves_no_job,
}

async fn a_rotation_reaches_every_member(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    alice.add(&group, &carol, 4).await;
    let before = bob.open(&group).await.encrypt("before");
    let key = alice.rotate(&group).await;
    // The starter has the key at once and nothing to finish.
    assert_eq!(alice.open(&group).await.ids()[0], key.as_str());
    world.jobs_done().await;
    assert!(!alice.has_update(&group).await);
    let data: Value = bob.get(&at(&group, "")).await.ok();
    assert_eq!((data["keys"].as_array().unwrap().len(), &data["key_update"]), (1, &json!(true)));
    bob.get(&at(&group, &format!("/key/{}", key.as_str()))).await.refused(200, 304);
    let pending: Vec<KeyRotationPending> = bob.get(&at(&group, "/key_rotation")).await.ok();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].new_group_key_id.clone(), pending[0].error.clone()), (key.clone(), None));
    let opened = bob.open(&group).await;
    assert_eq!(opened.ids()[0], key.as_str());
    assert_eq!(opened.decrypt(&before).unwrap(), "before");
    assert!(!bob.has_update(&group).await && carol.has_update(&group).await);
    let text = opened.encrypt("after");
    assert_eq!(alice.open(&group).await.decrypt(&text).unwrap(), "after");
    assert_eq!(world.public_key_of_group(&group).await.id(), key.as_str());
    // Carol was away for two: she needs the first to finish the second.
    let second = bob.rotate(&group).await;
    world.jobs_done().await;
    assert_eq!(carol.open(&group).await.ids(), [second.as_str(), key.as_str(), &opened.ids()[1]]);
}

async fn the_ephemeral_key_is_erased_when_everybody_is_served(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let key = alice.rotate(&group).await;
    world.jobs_done().await;
    let sql = "SELECT count(*) FROM group_keys WHERE encrypted_ephemeral_key IS NOT NULL";
    assert_eq!(world.count(sql, &[]).await, 0);
    assert_eq!(
        world.count("SELECT count(*) FROM pending_key_rotations WHERE key_id = $1", &[key.as_str()]).await,
        1
    );
    assert_eq!(
        world
            .count("SELECT amount FROM action_log WHERE subject_id = $1 AND action = 6", &[group.as_str()])
            .await,
        1
    );
}

/// With a worker that looks for jobs once a day, only the announcement by the request can start one.
async fn a_rotation_begins_with_its_request(engine: Engine) {
    let world = World::start_with(engine, |config| {
        config.limits.job_interval = Duration::from_secs(24 * 60 * 60);
    })
    .await;
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    for _ in 0..3 {
        alice.rotate(&group).await;
        world.until(async || bob.has_update(&group).await).await;
        bob.open(&group).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_begins_with_its_request_on_sqlite() {
    a_rotation_begins_with_its_request(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_begins_with_its_request_on_postgres() {
    a_rotation_begins_with_its_request(Engine::Postgres).await;
}

async fn finishing_is_idempotent_and_takes_only_what_is_pending(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    let other = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let key = alice.rotate(&group).await;
    world.jobs_done().await;
    let done = json!({"encrypted_new_group_key": "AAAA", "public_key_id": bob.keys.public.id(), "encrypted_alg": "ECIES-ed25519"});
    let finish = |key: &str| at(&group, &format!("/key_rotation/{key}"));
    carol.put(&finish(key.as_str()), &done).await.refused(400, 310);
    let mut wrong = done.clone();
    wrong["public_key_id"] = json!(carol.keys.public.id());
    bob.put(&finish(key.as_str()), &wrong).await.refused(400, 304);
    // Keys of other groups, unknown ones, and the member's own older key.
    for id in [alice.open(&other).await.ids()[0].clone(), "x".to_owned()] {
        bob.put(&finish(&id), &done).await.done();
    }
    let before: Value = bob.get(&at(&group, "")).await.ok();
    assert_eq!(before["keys"].as_array().unwrap().len(), 1);
    bob.put(&finish(before["keys"][0]["group_key_id"].as_str().unwrap()), &done).await.done();
    assert_eq!(bob.get(&at(&group, "")).await.ok::<Value>(), before);
    let opened = bob.open(&group).await;
    bob.put(&finish(key.as_str()), &done).await.done();
    assert_eq!(bob.open(&group).await.ids(), opened.ids(), "a repetition does not overwrite the key");
}

async fn a_child_is_rotated_for_its_parent_and_for_direct_members(world: World) {
    let [alice, bob, carol] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    alice.add(&root, &carol, 4).await;
    alice.add(&child, &bob, 4).await;
    // By a member of the parent: the direct member gets an item, the parent has the key.
    alice.rotate(&child).await;
    world.jobs_done().await;
    assert!(
        bob.has_update(&child).await && !alice.has_update(&child).await && !carol.has_update(&child).await
    );
    // By a direct member: the parent gets one item for all its members.
    bob.rotate(&child).await;
    world.jobs_done().await;
    assert!(
        !bob.has_update(&child).await && alice.has_update(&child).await && carol.has_update(&child).await
    );
    assert_eq!(carol.open(&child).await.keys.len(), 3);
    assert!(!alice.has_update(&child).await, "one of them finishes for all");
    // A rotation of the parent leaves the child readable.
    alice.rotate(&root).await;
    world.jobs_done().await;
    let text = bob.open(&child).await.encrypt("old parent key");
    assert_eq!(carol.open(&child).await.decrypt(&text).unwrap(), "old parent key");
    // The next one of the child uses the newest key of the parent.
    bob.rotate(&child).await;
    world.jobs_done().await;
    let text = bob.open(&child).await.encrypt("new parent key");
    assert_eq!(carol.open(&child).await.decrypt(&text).unwrap(), "new parent key");
}

async fn a_connected_group_is_rotated_once_for_each_member_group(world: World) {
    let [alice, bob, carol] = world.users().await;
    let source = alice.create_group().await;
    let connected = alice.create_connected(&source).await;
    let member = bob.create_group().await;
    let public = world.public_key_of_group(&member).await;
    let body = alice.via(&source).keys_for(&connected, &public, None).await;
    alice
        .via(&source)
        .call(Method::PUT, &at(&connected, &format!("/invite_group_auto/{}", member.as_str())), &body)
        .await
        .ok::<Value>();
    let body = alice.via(&source).keys_for(&connected, &carol.keys.public, None).await;
    alice
        .via(&source)
        .call(Method::PUT, &at(&connected, &format!("/invite_auto/{}", carol.id())), &body)
        .await
        .ok::<Value>();
    let key = alice.via(&source).rotate(&connected).await;
    world.jobs_done().await;
    assert_eq!(
        world.count("SELECT count(*) FROM pending_key_rotations WHERE key_id = $1", &[key.as_str()]).await,
        2
    );
    assert_eq!(carol.get(&at(&connected, "/key_rotation")).await.ok::<Vec<Value>>().len(), 1);
    assert_eq!(bob.via(&member).get(&at(&connected, "/key_rotation")).await.ok::<Vec<Value>>().len(), 1);
    assert!(!alice.via(&source).has_update(&connected).await);
    let text = alice.via(&source).open(&connected).await.encrypt("all");
    assert_eq!(carol.open(&connected).await.decrypt(&text).unwrap(), "all");
    assert_eq!(bob.via(&member).open(&connected).await.decrypt(&text).unwrap(), "all");
}

async fn a_member_with_an_unusable_key_delays_nobody(world: World) {
    let [alice, bob] = world.users().await;
    let broken = User::with_public_key(&world, "ECIES-ed25519_KYBER_768", "no key").await;
    let unknown = User::with_public_key(&world, "an algorithm of the future", "no key").await;
    let group = alice.create_group().await;
    for guest in [&broken, &unknown] {
        alice.add_light(&group, guest, 4).await;
    }
    alice.add(&group, &bob, 4).await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    let text = alice.open(&group).await.encrypt("for the others");
    assert_eq!(bob.open(&group).await.decrypt(&text).unwrap(), "for the others");
    for user in [&broken, &unknown] {
        let pending: Vec<KeyRotationPending> = user.get(&at(&group, "/key_rotation")).await.ok();
        assert_eq!(pending.len(), 1);
        let error: Value = serde_json::from_str(pending[0].error.as_ref().unwrap()).unwrap();
        assert!(
            error["status"].as_str().unwrap().starts_with("client_") && error["error_message"].is_string()
        );
        assert_eq!(pending[0].encrypted_ephemeral_key_by_group_key_and_public_key.as_str(), "");
        assert!(user.has_update(&group).await);
    }
    // New keys end it.
    let stored = KeyId::from(world.public_key_id_of(&broken).await);
    let mut body = alice.keys_for(&group, &bob.keys.public, None).await;
    for key in body["keys"].as_array_mut().unwrap() {
        key["user_public_key_id"] = json!(stored.as_str());
    }
    alice.put(&at(&group, &format!("/re_invite/{}", broken.id())), &body).await.ok::<Value>();
    assert!(!broken.has_update(&group).await);
}

async fn what_cannot_be_finished_stands_last(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let first = alice.rotate(&group).await;
    let second = alice.rotate(&group).await;
    world.jobs_done().await;
    world
        .execute(
            "UPDATE pending_key_rotations SET error = '{}' WHERE key_id = $1",
            vec![first.as_str().to_owned()],
        )
        .await;
    let pending: Vec<KeyRotationPending> = bob.get(&at(&group, "/key_rotation")).await.ok();
    let order: Vec<_> = pending.iter().map(|item| item.new_group_key_id.clone()).collect();
    assert_eq!(order, [second, first]);
}

async fn the_starter_must_hold_the_previous_key(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let other = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let body = bob.actor().rotation_body(&group).await;
    let path = at(&group, "/key_rotation");
    let with = |name: &str, value: Value| {
        let mut changed = body.clone();
        changed[name] = value;
        changed
    };
    let foreign = alice.open(&other).await.ids()[0].clone();
    bob.post(&path, &with("previous_group_key_id", json!(foreign))).await.refused(200, 304);
    bob.post(&path, &with("previous_group_key_id", json!(bob.user_group.as_str()))).await.refused(200, 304);
    for name in ["previous_group_key_id", "invoker_public_key_id"] {
        bob.post(&path, &with(name, json!("x"))).await.refused(400, 1);
    }
    let mut signed = with("signed_by_user_id", json!("x"));
    signed["signed_by_user_sign_key_id"] = json!(foreign);
    bob.post(&path, &signed).await.refused(400, 1);
    bob.post(&path, &with("invoker_public_key_id", json!(alice.keys.public.id()))).await.refused(400, 304);
    bob.post(&path, &json!({})).await.refused(422, 11);
    assert_eq!(world.count("SELECT count(*) FROM jobs", &[]).await, 0);
    assert_eq!(
        world.count("SELECT count(*) FROM action_log", &[]).await,
        0,
        "a refused rotation uses up nothing"
    );
}

async fn parallel_rotations_all_succeed_in_an_order(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let bodies = [
        alice.actor().rotation_body(&group).await,
        alice.actor().rotation_body(&group).await,
        alice.actor().rotation_body(&group).await,
    ];
    let path = at(&group, "/key_rotation");
    let answers = futures_util::future::join_all(bodies.iter().map(|body| alice.post(&path, body))).await;
    for answer in answers {
        answer.ok::<KeyRotationStartOutput>();
    }
    world.jobs_done().await;
    let keys = bob.open(&group).await;
    assert_eq!(keys.ids(), alice.open(&group).await.ids());
    assert_eq!(keys.keys.len(), 4);
    assert!(keys.keys.windows(2).all(|pair| pair[0].time > pair[1].time), "no two keys are of the same time");
    assert_eq!(world.public_key_of_group(&group).await.id(), keys.ids()[0]);
}

async fn signatures_of_the_starter_reach_the_others(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let (sign_key, verify_key) = SigningKey::generate(&Suite::STD, alice.keys.public.id()).unwrap();
    let opened = alice.open(&group).await;
    let signer = Signer { user_id: &alice.id, key: &sign_key };
    let body =
        keyfold_crypto::rotation::start(&opened.keys[0].key, &alice.keys.public, Some(signer), &Suite::STD)
            .unwrap();
    let started: KeyRotationStartOutput = alice.post(&at(&group, "/key_rotation"), &body).await.ok();
    world.jobs_done().await;
    let pending: Value = bob.get(&at(&group, "/key_rotation")).await.ok();
    assert_eq!(pending[0]["signed_by_user_id"], json!(alice.id()));
    assert_eq!(pending[0]["signed_by_user_sign_key_id"], json!(verify_key.id()));
    assert!(pending[0]["group_key_sig"].is_string(), "can be checked before it is accepted");
    let opened = bob.open(&group).await;
    let signed_by = opened.keys[0].signed_by.clone().unwrap();
    assert_eq!((signed_by.user_id.as_str(), signed_by.verify_key_id.as_str()), (alice.id(), verify_key.id()));
    let key: Value = bob.get(&at(&group, &format!("/key/{}", started.key_id.as_str()))).await.ok();
    assert!(key["group_key_sig"].is_string());
}

async fn invited_users_can_read_what_is_written_before_they_accept(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    for guest in [&bob, &carol] {
        let body = alice.keys_for(&group, &guest.keys.public, None).await;
        alice.put(&at(&group, &format!("/invite/{}", guest.id())), &body).await.ok::<NewMemberOutput>();
    }
    alice.rotate(&group).await;
    world.jobs_done().await;
    let text = alice.open(&group).await.encrypt("rotated meanwhile");
    bob.get(&at(&group, "/key_rotation")).await.refused(400, 310);
    bob.patch(&at(&group, "/invite")).await.done();
    assert_eq!(bob.open(&group).await.decrypt(&text).unwrap(), "rotated meanwhile");
    carol.delete(&at(&group, "/invite")).await.done();
    assert_eq!(
        world.count("SELECT count(*) FROM pending_key_rotations WHERE member_id = $1", &[carol.id()]).await,
        0
    );
}

async fn who_joins_while_a_rotation_runs_is_served(world: World) {
    let [alice, bob, carol, dave] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    let old_keys = bob.keys_for(&group, &carol.keys.public, None).await;
    let for_dave = bob.keys_for(&group, &dave.keys.public, None).await;
    // A rotation that is still running: its ephemeral key is there, and no job touches it.
    let key = alice.rotate(&group).await;
    world.jobs_done().await;
    world
        .execute(
            "UPDATE group_keys SET encrypted_ephemeral_key = $2 WHERE id = $1",
            vec![key.as_str().to_owned(), "AAAA".into()],
        )
        .await;
    // Invited by somebody who has the old key only.
    bob.put(&at(&group, &format!("/invite_auto/{}", carol.id())), &old_keys).await.ok::<Value>();
    assert!(carol.has_update(&group).await);
    bob.put(&at(&group, &format!("/invite/{}", dave.id())), &for_dave).await.ok::<Value>();
    dave.patch(&at(&group, "/invite")).await.done();
    assert!(dave.has_update(&group).await);
    // A member without any key could not finish it.
    let light = world.user().await;
    alice.add_light(&group, &light, 4).await;
    assert!(!light.has_update(&group).await);
}

async fn who_has_not_finished_a_rotation_invites_nobody_who_could_not_read(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    let old_keys = bob.keys_for(&group, &carol.keys.public, None).await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    for kind in ["invite", "invite_auto"] {
        let path = at(&group, &format!("/{kind}/{}", carol.id()));
        bob.put(&path, &old_keys).await.refused(200, 304);
    }
    carol.patch(&at(&group, "/join_req")).await.done();
    let accept = at(&group, &format!("/join_req/{}", carol.id()));
    bob.put(&accept, &old_keys).await.refused(200, 304);
    // Nor can such keys take the place of better ones.
    let again = at(&group, &format!("/re_invite/{}", alice.id()));
    let mut lacking = bob.keys_for(&group, &alice.keys.public, None).await;
    lacking["keys"].as_array_mut().unwrap().remove(0);
    bob.put(&again, &lacking).await.refused(200, 304);
    assert_eq!(alice.open(&group).await.keys.len(), 2);
    let text = alice.open(&group).await.encrypt("for the new member");
    // Meanwhile bob has finished.
    let keys = bob.keys_for(&group, &carol.keys.public, None).await;
    bob.put(&accept, &keys).await.ok::<NewMemberOutput>();
    assert_eq!(carol.open(&group).await.decrypt(&text).unwrap(), "for the new member");
}

async fn who_is_invited_while_a_rotation_runs_is_served_before_it_accepts(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    let old_keys = bob.keys_for(&group, &carol.keys.public, None).await;
    let key = alice.rotate(&group).await;
    world.jobs_done().await;
    let running = "UPDATE group_keys SET encrypted_ephemeral_key = $2 WHERE id = $1";
    world.execute(running, vec![key.as_str().to_owned(), "AAAA".into()]).await;
    bob.put(&at(&group, &format!("/invite/{}", carol.id())), &old_keys).await.ok::<Value>();
    let complete = "UPDATE group_keys SET encrypted_ephemeral_key = NULL WHERE id = $1";
    world.execute(complete, vec![key.as_str().to_owned()]).await;
    carol.patch(&at(&group, "/invite")).await.done();
    assert!(carol.has_update(&group).await);
}

async fn a_share_that_failed_is_made_anew_when_the_member_has_another_key(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let (good, user_group) = (world.public_key_id_of(&bob).await, bob.user_group.as_str().to_owned());
    // For a while bob's newest key is one that nobody can encrypt to.
    let broken = ordered_id();
    world
        .execute(
            "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, public_key, encrypted_private_key)
             VALUES ($1, $2, 2, '-', 'ECIES-ed25519', 'no key', '')",
            vec![broken.clone(), user_group.clone()],
        )
        .await;
    let set_key = "UPDATE groups SET current_key_id = $1 WHERE id = $2";
    world.execute(set_key, vec![broken, user_group.clone()]).await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    let path = at(&group, "/key_rotation");
    let pending: Vec<KeyRotationPending> = bob.get(&path).await.ok();
    assert!(pending[0].error.is_some());
    let text = alice.open(&group).await.encrypt("after the repair");
    world.execute(set_key, vec![good, user_group]).await;
    let pending: Vec<KeyRotationPending> = bob.get(&path).await.ok();
    assert_eq!(pending[0].error, None);
    assert_eq!(bob.open(&group).await.decrypt(&text).unwrap(), "after the repair");
    let kept = "SELECT count(*) FROM pending_key_rotations WHERE sealed_ephemeral_key IS NOT NULL";
    assert_eq!(world.count(kept, &[]).await, 0, "nothing is kept that is not needed");
}

async fn a_rotation_that_nobody_can_finish_expires(world: World) {
    let broken = User::with_public_key(&world, "ECIES-ed25519", "no key").await;
    let alice = world.user().await;
    let group = alice.create_group().await;
    alice.add_light(&group, &broken, 4).await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    let state = world.state();
    keyfold_server::retention::forget_expired(state).await.unwrap();
    assert!(broken.has_update(&group).await);
    world.clock().advance(state.limits.groups.rotation_expiry_ms + 1);
    keyfold_server::retention::forget_expired(state).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM pending_key_rotations", &[]).await, 0);
}

async fn nobody_removed_before_a_rotation_reads_what_comes_after_it(world: World) {
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    alice.add(&group, &carol, 4).await;
    let held = bob.open(&group).await;
    alice.delete(&at(&group, &format!("/kick/{}", bob.id()))).await.done();
    let key = alice.rotate(&group).await;
    world.jobs_done().await;
    let text = alice.open(&group).await.encrypt("not for bob");
    assert_eq!(held.decrypt(&text), None);
    for path in ["", "/key_rotation", &format!("/key/{}", key.as_str())] {
        bob.get(&at(&group, path)).await.refused(400, 310);
    }
    let rows = "SELECT count(*) FROM pending_key_rotations WHERE member_id = $1";
    assert_eq!(world.count(rows, &[bob.id()]).await, 0);
    assert_eq!(carol.open(&group).await.decrypt(&text).unwrap(), "not for bob");
}

async fn a_rotated_key_of_a_user_is_the_one_that_is_used(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let (_, newer) = PrivateKey::generate(&Suite::STD, "").unwrap();
    let id = keyfold_server::random::ordered_id();
    world.execute(
        "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, public_key, encrypted_private_key) VALUES ($1, $2, 2, '-', $3, $4, '')",
        vec![id.clone(), bob.user_group.as_str().to_owned(), newer.algorithm().to_owned(), newer.to_server_form()],
    ).await;
    world
        .execute(
            "UPDATE groups SET current_key_id = $1 WHERE id = $2",
            vec![id.clone(), bob.user_group.as_str().to_owned()],
        )
        .await;
    alice.rotate(&group).await;
    world.jobs_done().await;
    let pending: Vec<KeyRotationPending> = bob.get(&at(&group, "/key_rotation")).await.ok();
    assert_eq!(pending.len(), 1, "one item, however many keys the member has");
    assert_eq!(pending[0].encrypted_eph_key_key_id.as_str(), id);
}

async fn the_app_limits_who_rotates_and_how_often(world: World) {
    let groups = GroupOptions { max_key_rotation_month: 2, min_rank_key_rotation: 2 };
    let world = world.another_app_with(groups, AppOptions::lax()).await;
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 3).await;
    let body = bob.actor().rotation_body(&group).await;
    bob.post(&at(&group, "/key_rotation"), &body).await.refused(400, 301);
    alice.rotate(&group).await;
    // Both at once for the one place that is left.
    let bodies = [alice.actor().rotation_body(&group).await, alice.actor().rotation_body(&group).await];
    let path = at(&group, "/key_rotation");
    let (first, second) =
        futures_util::future::join(alice.post(&path, &bodies[0]), alice.post(&path, &bodies[1])).await;
    let mut codes = [first.body["err_code"].as_u64(), second.body["err_code"].as_u64()];
    codes.sort_unstable();
    assert_eq!(codes, [None, Some(321)]);
    // Another group has its own count, and next month is a new one.
    let other = alice.create_group().await;
    alice.rotate(&other).await;
    world.clock().advance(32 * 24 * 60 * 60 * 1_000);
    let later = alice.with_jwt(world.sign_jwt(alice.id(), alice.device.as_str(), 33 * 24 * 60 * 60));
    later.rotate(&group).await;
}

async fn more_keys_than_a_page_are_all_delivered(world: World) {
    let world = world
        .another_app_with(
            GroupOptions { max_key_rotation_month: 1_000, ..GroupOptions::default() },
            AppOptions::lax(),
        )
        .await;
    let [alice, bob, carol] = world.users().await;
    let group = alice.create_group().await;
    for _ in 0..119 {
        alice.rotate(&group).await;
    }
    let opened = alice.open(&group).await;
    assert_eq!(opened.keys.len(), 120);
    // All in one go, so that the copies are of the same moment: the order is that of the keys.
    let keys = alice.actor().all_keys_for(&group, &bob.keys.public).await;
    let invite = at(&group, &format!("/invite_auto/{}", bob.id()));
    let sent: NewMemberOutput =
        alice.put(&invite, &json!({"keys": &keys[..50], "key_session": true})).await.ok();
    let session = at(&group, &format!("/join_req/session/{}", sent.session_id.unwrap().as_str()));
    let uploads = [
        alice.put(&session, &keys[50..100]),
        alice.put(&session, &keys[100..]),
        alice.put(&session, &keys[..50]),
    ];
    for answer in futures_util::future::join_all(uploads).await {
        answer.done();
    }
    assert_eq!(bob.open(&group).await.ids(), opened.ids());
    // A second invitation looks its session up as well.
    let again: NewMemberOutput = alice
        .put(
            &at(&group, &format!("/re_invite/{}", bob.id())),
            &json!({"keys": &keys[..50], "key_session": true}),
        )
        .await
        .ok();
    let session = at(&group, &format!("/invite/session/{}", again.session_id.unwrap().as_str()));
    alice.put(&session, &keys[50..100]).await.done();
    alice.put(&session, &keys[100..]).await.done();
    assert_eq!(bob.open(&group).await.ids(), opened.ids());
    // Accepted before the upload is complete, and with the newest key last, as published clients send them.
    let keys = alice.actor().all_keys_for(&group, &carol.keys.public).await;
    let sent: NewMemberOutput = alice
        .put(
            &at(&group, &format!("/invite/{}", carol.id())),
            &json!({"keys": &keys[70..], "key_session": true}),
        )
        .await
        .ok();
    carol.patch(&at(&group, "/invite")).await.done();
    let session = at(&group, &format!("/invite/session/{}", sent.session_id.unwrap().as_str()));
    alice.put(&session, &keys[50..70]).await.done();
    alice.put(&session, &keys[..50]).await.done();
    assert_eq!(carol.open(&group).await.ids(), opened.ids());
}

async fn a_group_deleted_during_its_rotation_leaves_no_job(world: World) {
    let [alice, bob] = world.users().await;
    for _ in 0..5 {
        let group = alice.create_group().await;
        alice.add(&group, &bob, 4).await;
        alice.rotate(&group).await;
        alice.delete(&at(&group, "")).await.done();
    }
    world.jobs_done().await;
    assert_eq!(world.count("SELECT count(*) FROM pending_key_rotations", &[]).await, 0);
}

async fn a_member_who_was_away_for_long_gets_its_rotations_in_parts_the_oldest_first(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let keys = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 201)
        INSERT INTO group_keys (id, group_id, created_at, previous_key_id, group_key_alg, keypair_encrypt_alg, ephemeral_alg,
            public_key, encrypted_private_key, encrypted_group_key_by_ephemeral)
        SELECT '00000000-0000-4000-8000-00000000' || CAST(1000 + n AS TEXT), k.group_id, k.created_at + n, k.id, '-', '-', '-', '', '', 'AAAA'
        FROM numbers, group_keys k WHERE k.group_id = $1";
    world.execute(keys, vec![group.as_str().to_owned()]).await;
    let waiting =
        "INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, encrypted_ephemeral_key)
        SELECT id, $1, group_id, created_at, $1, 'AAAA' FROM group_keys WHERE id LIKE '00000000-%'";
    world.execute(waiting, vec![bob.id().to_owned()]).await;
    let ends = async || {
        let waiting: Vec<KeyRotationPending> = bob.get(&at(&group, "/key_rotation")).await.ok();
        let number = |item: &KeyRotationPending| {
            item.new_group_key_id.as_str()[32..].parse::<usize>().unwrap() - 1_000
        };
        (waiting.len(), number(waiting.first().unwrap()), number(waiting.last().unwrap()))
    };
    assert_eq!(ends().await, (200, 1, 200));
    let public_key = world.public_key_id_of(&bob).await;
    let done = json!({"encrypted_new_group_key": "AAAA", "public_key_id": public_key, "encrypted_alg": "AES-GCM-256"});
    for number in 1..=2 {
        let path = at(&group, &format!("/key_rotation/00000000-0000-4000-8000-00000000{}", 1_000 + number));
        bob.put(&path, &done).await.done();
    }
    assert_eq!(ends().await, (199, 3, 201));
    assert!(bob.has_update(&group).await);
}

/// A job whose worker died is taken by another one when its lease ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_taken_over_when_its_lease_ends() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(engine).await;
        let [alice, bob] = world.users().await;
        let group = alice.create_group().await;
        alice.add(&group, &bob, 4).await;
        let key = alice.rotate(&group).await;
        world.jobs_done().await;
        // Back to the moment at which a worker held the job and died.
        let far = (u64::from(u32::MAX) * 10_000).to_string();
        world
            .execute("DELETE FROM pending_key_rotations WHERE key_id = $1", vec![key.as_str().to_owned()])
            .await;
        world
            .execute(
                "UPDATE group_keys SET encrypted_ephemeral_key = 'AAAA' WHERE id = $1",
                vec![key.as_str().to_owned()],
            )
            .await;
        world.restore_job(&key, far.parse().unwrap()).await;
        assert!(!bob.has_update(&group).await);
        world.clock().advance(u64::from(u32::MAX) * 10_000);
        world.until(async || world.count("SELECT count(*) FROM jobs", &[]).await == 0).await;
        let sql = "SELECT count(*) FROM pending_key_rotations WHERE key_id = $1";
        assert_eq!(world.count(sql, &[key.as_str()]).await, 1);
        assert_eq!(
            world
                .count("SELECT count(*) FROM group_keys WHERE encrypted_ephemeral_key IS NOT NULL", &[])
                .await,
            0
        );
    }
}

/// A server that starts knows by their locks which of the others are alive.
#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_of_a_dead_server_are_taken_over_at_once_and_those_of_a_living_one_are_not() {
    let world = World::start(Engine::Postgres).await;
    let seen = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    world.until(async || world.count(seen, &[]).await == 1).await;
    let living = "SELECT (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let living = world.count(living, &[]).await;
    let (of_the_living, of_the_dead) = (KeyId::from(ordered_id()), KeyId::from(ordered_id()));
    let far = u64::from(u32::MAX) * 10_000;
    for (key, holder) in [(&of_the_living, living), (&of_the_dead, living ^ 1)] {
        world.restore_job(key, far).await;
        let sql = "UPDATE jobs SET lease_holder = CAST(CAST($2 AS TEXT) AS BIGINT) WHERE subject = $1";
        world.execute(sql, vec![key.as_str().to_owned(), holder.to_string()]).await;
    }
    let beside = world.beside().await;
    let left = "SELECT count(*) FROM jobs WHERE subject = $1";
    world.until(async || world.count(left, &[of_the_dead.as_str()]).await == 0).await;
    let held = "SELECT count(*) FROM jobs WHERE subject = $1 AND lease_until IS NOT NULL";
    assert_eq!(world.count(held, &[of_the_living.as_str()]).await, 1);
    beside.shutdown().await;
    world.until(async || world.count(seen, &[]).await == 1).await;
}
