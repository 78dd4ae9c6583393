//! Public keys, user keys and their rotation.

use hyper::Method;
use keyfold_crypto::rotation::{PendingKey, start_user};
use keyfold_crypto::{Suite, UserKeys};
use keyfold_protocol::group::{GroupKey, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};
use serde_json::{Value, json};

use crate::devices::add;
use crate::support::{Session, World, on_both_databases, register_body};

on_both_databases! {
    async fn everybody_sees_the_public_keys_of_a_user(world: World) {
        let alice = world.new_user("alice").await;
        let registered = register_body("alice").group;
        let path = |rest: &str| format!("user/{}/{rest}", alice.user_id());
        let public: PublicKeyData = world.call(Method::GET, &path("public_key"), None, &Value::Null).await.ok();
        assert_eq!(public.public_key, registered.public_group_key);
        assert_eq!(public.public_key_sig, registered.public_key_sig);
        assert_eq!(public.public_key_sig_key_id.as_ref(), Some(&public.public_key_id));
        let id = public.public_key_id.as_str();
        let same: PublicKeyData = world.call(Method::GET, &path(&format!("public_key/{id}")), None, &Value::Null).await.ok();
        assert_eq!(same, public);
        let verify: VerifyKeyData = world.call(Method::GET, &path(&format!("verify_key/{id}")), None, &Value::Null).await.ok();
        assert_eq!(Some(verify.verify_key), registered.verify_key);
        world.call(Method::GET, &path("public_key/unknown"), None, &Value::Null).await.refused(400, 100);
        world.call(Method::GET, &path("verify_key/unknown"), None, &Value::Null).await.refused(400, 100);
        world.call(Method::GET, "user/unknown/public_key", None, &Value::Null).await.refused(400, 100);
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        other.call(Method::GET, &path("public_key"), None, &Value::Null).await.refused(400, 100);
    }

    async fn an_unsigned_public_key_has_null_members(world: World) {
        let alice = world.new_user("alice").await;
        world.execute("UPDATE group_keys SET public_key_sig = NULL").await;
        let answer: Value = world.call(Method::GET, &format!("user/{}/public_key", alice.user_id()), None, &Value::Null).await.ok();
        assert_eq!((&answer["public_key_sig"], &answer["public_key_sig_key_id"]), (&Value::Null, &Value::Null));
        assert!(answer.as_object().unwrap().contains_key("public_key_sig"));
    }

    async fn a_device_reads_its_own_keys_and_no_others(world: World) {
        let alice = world.new_user("alice").await;
        let bob = world.new_user("bob").await;
        let id = alice.user_keys[0].id();
        let key: GroupKey = alice.get(&format!("user/user_keys/key/{id}")).await.ok();
        assert_eq!(key.user_public_key_id.as_str(), alice.device_id());
        assert!(key.keypair_sign_id.is_some() && key.encrypted_sign_key.is_some());
        bob.get(&format!("user/user_keys/key/{id}")).await.refused(200, 304);
        let page: Vec<GroupKey> = alice.get("user/user_keys/keys/0/none").await.ok();
        assert_eq!(page, [key]);
        alice.get("user/user_keys/keys/x/none").await.refused(400, 13);
    }

    async fn a_rotation_reaches_every_other_device(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let tablet = add(&alice, "tablet").await;
        let first = rotate(&alice).await;
        // The rotating device has the new key at once, everybody else sees the new public key.
        let own: GroupKey = alice.get(&format!("user/user_keys/key/{}", first.key_id)).await.ok();
        UserKeys::open(&own, &alice.device.private_key).unwrap();
        let public: PublicKeyData = world.call(Method::GET, &format!("user/{}/public_key", alice.user_id()), None, &Value::Null).await.ok();
        assert_eq!(public.public_key_id, first.key_id);
        assert_eq!(pending(&alice).await.len(), 0);
        let alice = world.login("alice").await;
        let second = rotate(&alice).await;
        for device in [&phone, &tablet] {
            let waiting = pending(device).await;
            assert_eq!(waiting.iter().map(|item| item.new_group_key_id.as_str()).collect::<Vec<_>>(), [first.key_id.as_str(), second.key_id.as_str()]);
            finish_all(device).await;
            assert!(pending(device).await.is_empty());
            let keys: Vec<GroupKey> = device.get("user/user_keys/keys/0/none").await.ok();
            assert_eq!(keys.len(), 3);
            for key in &keys {
                UserKeys::open(key, &device.device.private_key).unwrap();
            }
        }
        // A copy of the database does not help who knows an old key.
        assert_eq!(world.count("SELECT count(*) FROM group_keys WHERE encrypted_ephemeral_key IS NOT NULL", &[]).await, 0);
    }

    async fn finishing_a_rotation_twice_changes_nothing(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        rotate(&alice).await;
        let body = finish_all(&phone).await;
        let (path, done) = &body[0];
        let before: Value = phone.get("user/user_keys/keys/0/none").await.ok();
        let mut other = done.clone();
        other["encrypted_new_group_key"] = json!("AAAA");
        phone.call(Method::PUT, path, &other).await.done();
        phone.call(Method::PUT, "user/user_keys/rotation/unknown", done).await.done();
        assert_eq!(phone.get("user/user_keys/keys/0/none").await.ok::<Value>(), before);
    }

    async fn a_rotation_from_an_old_key_is_refused(world: World) {
        let alice = world.new_user("alice").await;
        let body = rotation_body(&alice);
        alice.call(Method::POST, "user/user_keys/rotation", &body).await.ok::<Value>();
        alice.call(Method::POST, "user/user_keys/rotation", &body).await.refused(400, 311);
    }

    async fn a_rotation_is_checked_before_it_is_stored(world: World) {
        let alice = world.new_user("alice").await;
        let good = serde_json::to_value(rotation_body(&alice)).unwrap();
        let refused = async |change: &dyn Fn(&mut serde_json::Map<String, Value>), code: u64| {
            let mut body = good.clone();
            change(body.as_object_mut().unwrap());
            alice.call(Method::POST, "user/user_keys/rotation", &body).await.refused(400, code);
        };
        for missing in ["encrypted_sign_key", "verify_key", "keypair_sign_alg", "public_key_sig"] {
            refused(&|body| { body.remove(missing); }, 117).await;
        }
        refused(&|body| { body.insert("previous_group_key_id".into(), json!("x")); }, 1).await;
        refused(&|body| { body.insert("invoker_public_key_id".into(), json!("x")); }, 1).await;
        refused(&|body| {
            body.insert("signed_by_user_id".into(), json!("x"));
            body.insert("signed_by_user_sign_key_id".into(), json!("x"));
        }, 1).await;
    }

    async fn pages_of_keys_follow_each_other_without_gaps(world: World) {
        let mut alice = world.new_user("alice").await;
        for _ in 0..55 {
            rotate(&alice).await;
            alice.user_keys = newest(&alice).await;
        }
        let first: Vec<GroupKey> = alice.get("user/user_keys/keys/0/none").await.ok();
        assert_eq!(first.len(), 50);
        let last = &first[49];
        let rest: Vec<GroupKey> = alice.get(&format!("user/user_keys/keys/{}/{}", last.time, last.group_key_id)).await.ok();
        assert_eq!(rest.len(), 6);
        let mut all: Vec<&GroupKey> = first.iter().chain(&rest).collect();
        assert!(all.is_sorted_by(|a, b| (b.time, &a.group_key_id) <= (a.time, &b.group_key_id)));
        all.dedup_by_key(|key| key.group_key_id.clone());
        assert_eq!(all.len(), 56);
        // A device that got all keys at the same moment sees the same order.
        let phone = crate::devices::prepare(&world, "phone").await;
        let mut body = serde_json::to_value(crate::devices::confirmation(&alice, &phone)).unwrap();
        let template = body["user_keys"]["keys"][0].clone();
        let copies: Vec<Value> = all.iter().map(|key| {
            let mut copy = template.clone();
            copy["key_id"] = json!(key.group_key_id);
            copy
        }).collect();
        body["user_keys"]["keys"] = json!(copies);
        alice.call(Method::PUT, "user/done_register_device", &body).await.ok::<Value>();
        let phone: Value = world.backend(Method::POST, "user/forced/login", &json!({"user_identifier": "phone"})).await.ok();
        let jwt = phone["verify"]["jwt"].as_str().unwrap();
        let mut seen: Vec<GroupKey> = serde_json::from_value(phone["verify"]["user_keys"].clone()).unwrap();
        let last = &seen[49];
        let path = format!("user/user_keys/keys/{}/{}", last.time, last.group_key_id);
        seen.extend(world.call(Method::GET, &path, Some(jwt), &Value::Null).await.ok::<Vec<GroupKey>>());
        assert_eq!(
            seen.iter().map(|key| &key.group_key_id).collect::<Vec<_>>(),
            all.iter().map(|key| &key.group_key_id).collect::<Vec<_>>()
        );
    }

    async fn rotations_are_limited_per_month(world: World) {
        world.execute("UPDATE apps SET max_key_rotation_month = 1").await;
        let mut alice = world.new_user("alice").await;
        rotate(&alice).await;
        alice = world.login("alice").await;
        alice.call(Method::POST, "user/user_keys/rotation", &rotation_body(&alice)).await.refused(400, 321);
        world.advance_seconds(31 * 24 * 60 * 60);
        rotate(&world.login("alice").await).await;
    }

    async fn a_device_that_was_away_for_long_gets_its_rotations_in_parts_the_oldest_first(world: World) {
        let alice = world.new_user("alice").await;
        world.execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 201)
             INSERT INTO group_keys (id, group_id, created_at, previous_key_id, group_key_alg, keypair_encrypt_alg, ephemeral_alg,
                public_key, encrypted_private_key, encrypted_group_key_by_ephemeral)
             SELECT '00000000-0000-4000-8000-00000000' || CAST(1000 + n AS TEXT), k.group_id, k.created_at + n, k.id, '-', '-', '-', '', '', 'AAAA'
             FROM numbers, group_keys k",
        ).await;
        world.execute(
            "INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, encrypted_ephemeral_key)
             SELECT k.id, d.id, k.group_id, k.created_at, d.id, 'AAAA' FROM group_keys k, devices d WHERE k.id LIKE '00000000-%'",
        ).await;
        let ends = async || {
            let waiting = pending(&alice).await;
            let number = |item: &KeyRotationPending| item.new_group_key_id.as_str()[32..].parse::<usize>().unwrap() - 1_000;
            (waiting.len(), number(waiting.first().unwrap()), number(waiting.last().unwrap()))
        };
        assert_eq!(ends().await, (200, 1, 200));
        let done = json!({"encrypted_new_group_key": "AAAA", "public_key_id": alice.device_id(), "encrypted_alg": "AES-GCM-256"});
        for number in 1..=2 {
            let path = format!("user/user_keys/rotation/00000000-0000-4000-8000-00000000{}", 1_000 + number);
            alice.call(Method::PUT, &path, &done).await.done();
        }
        assert_eq!(ends().await, (199, 3, 201));
    }

    async fn a_device_whose_key_is_unusable_is_told_so(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        world.execute("UPDATE devices SET public_key = 'broken' WHERE id <> (SELECT id FROM devices ORDER BY created_at, id LIMIT 1)").await;
        rotate(&alice).await;
        let waiting = pending(&phone).await;
        assert!(waiting[0].error.as_ref().unwrap().contains("client_"));
    }
}

fn rotation_body(session: &Session) -> KeyRotationStart {
    start_user(&session.user_keys[0].group.key, &session.device.public_key, &Suite::STD).unwrap()
}

pub(crate) async fn rotate(session: &Session) -> KeyRotationStartOutput {
    session.call(Method::POST, "user/user_keys/rotation", &rotation_body(session)).await.ok()
}

/// The newest keys of the user, after a rotation by this device.
pub(crate) async fn newest(session: &Session) -> Vec<UserKeys> {
    let page: Vec<GroupKey> = session.get("user/user_keys/keys/0/none").await.ok();
    vec![UserKeys::open(&page[0], &session.device.private_key).unwrap()]
}

async fn pending(session: &Session) -> Vec<KeyRotationPending> {
    session.get("user/user_keys/rotation").await.ok()
}

/// Takes all waiting rotations over; the requests that were sent.
async fn finish_all(session: &Session) -> Vec<(String, Value)> {
    let mut sent = Vec::new();
    for item in pending(session).await {
        let page: Vec<GroupKey> = session.get("user/user_keys/keys/0/none").await.ok();
        let previous = page.iter().find(|key| key.group_key_id == item.previous_group_key_id).unwrap();
        let previous = UserKeys::open(previous, &session.device.private_key).unwrap();
        let accepted = PendingKey::open(&item, &session.device.private_key, &previous.group.key).unwrap();
        let path = format!("user/user_keys/rotation/{}", item.new_group_key_id);
        let body = serde_json::to_value(accepted.accept(&session.device.public_key).unwrap()).unwrap();
        session.call(Method::PUT, &path, &body).await.done();
        sent.push((path, body));
    }
    sent
}
