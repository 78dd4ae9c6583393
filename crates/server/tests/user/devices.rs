//! Further devices.

use hyper::Method;
use keyfold_crypto::Policy;
use keyfold_crypto::member::confirm_device;
use keyfold_protocol::user::{DeviceListItem, DoneDeviceInput, DoneDeviceOutput, PrepareDeviceOutput};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Session, World, device_body, on_both_databases};

on_both_databases! {
    async fn a_confirmed_device_logs_in_and_opens_the_keys(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        assert_eq!(prepared.device_identifier.as_str(), "phone");
        world.try_login("phone", PASSWORD).await.err().unwrap().refused(401, 100);
        let answer: DoneDeviceOutput = confirm(&alice, &prepared).await;
        assert_eq!(answer.session_id, None);
        assert_eq!(answer.message, "This device was added to the account.");
        let phone = world.login("phone").await;
        assert_eq!(phone.user_id(), alice.user_id());
        assert_eq!(phone.device_id(), prepared.device_id.as_str());
        assert_eq!(phone.user_keys[0].id(), alice.user_keys[0].id());
    }

    async fn a_device_token_works_once_and_only_in_its_app(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        let body = confirmation(&alice, &prepared);
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        let stranger = other.new_user("alice").await;
        stranger.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 100);
        alice.call(Method::PUT, "user/done_register_device", &body).await.ok::<Value>();
        alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 100);
        for token in ["NULL", "null", "", "guessed"] {
            let mut body = serde_json::to_value(&body).unwrap();
            body["token"] = json!(token);
            alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 100);
        }
    }

    async fn a_waiting_device_expires_and_never_blocks_an_identifier(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        let body = confirmation(&alice, &prepared);
        // Somebody else takes the name meanwhile.
        world.register("phone").await;
        alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 101);
        let prepared = prepare(&world, "tablet").await;
        let body = confirmation(&alice, &prepared);
        world.advance_seconds(3_601);
        let alice = world.login("alice").await;
        alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 100);
        world.register("tablet").await;
    }

    async fn keys_and_rank_of_a_new_device_are_checked(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        let good = serde_json::to_value(confirmation(&alice, &prepared)).unwrap();
        let refused = async |change: &dyn Fn(&mut Value), code: u64| {
            let mut body = good.clone();
            change(&mut body);
            alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, code);
        };
        refused(&|body| body["user_keys"]["keys"] = json!([]), 303).await;
        let key = good["user_keys"]["keys"][0].clone();
        let many: Vec<Value> = std::iter::repeat_n(key, 101).map(|mut key| {
            key["encrypted_group_key"] = json!("AAAA");
            key
        }).collect();
        refused(&|body| body["user_keys"]["keys"] = json!(many.clone()), 305).await;
        refused(&|body| body["user_keys"]["rank"] = json!(0), 301).await;
        refused(&|body| body["user_keys"]["rank"] = json!(-1), 301).await;
        alice.call(Method::PUT, "user/done_register_device", &good).await.ok::<Value>();
    }

    async fn further_keys_can_be_uploaded_whenever_the_client_asked_for_a_session(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        let mut body = confirmation(&alice, &prepared);
        body.user_keys.key_session = true;
        let keys = body.user_keys.keys.clone();
        let answer: DoneDeviceOutput = alice.call(Method::PUT, "user/done_register_device", &body).await.ok();
        let session = answer.session_id.unwrap();
        let path = format!("user/user_keys/session/{session}");
        alice.call(Method::PUT, &path, &keys).await.done();
        alice.call(Method::PUT, &path, &json!([])).await.refused(400, 303);
        let bob = world.new_user("bob").await;
        bob.call(Method::PUT, &path, &keys).await.refused(400, 306);
        alice.call(Method::PUT, "user/user_keys/session/unknown", &keys).await.refused(400, 306);
        world.advance_seconds(3_601);
        let alice = world.login("alice").await;
        alice.call(Method::PUT, &path, &keys).await.refused(400, 306);
    }

    async fn a_light_device_needs_no_keys(world: World) {
        world.call(Method::POST, "register_light", None, &device_body("alice")).await.ok::<Value>();
        let alice = world.login("alice").await;
        let prepared = prepare(&world, "phone").await;
        let body = |rank: Value| json!({"user_group": {"rank": rank}, "token": prepared.token.expose()});
        alice.call(Method::PUT, "user/done_register_device_light", &body(json!(0))).await.refused(400, 301);
        alice.call(Method::PUT, "user/done_register_device_light", &body(Value::Null)).await.done();
        assert_eq!(world.login("phone").await.user_id(), alice.user_id());
    }

    async fn devices_are_listed_by_age_with_hashed_identifiers(world: World) {
        let alice = world.new_user("alice").await;
        for number in 0..3 {
            // The same millisecond for some, a later one for others.
            world.advance_seconds(number % 2);
            add(&alice, &format!("device {number}")).await;
        }
        let all: Vec<DeviceListItem> = alice.get("user/device/0/none").await.ok();
        assert_eq!(all.len(), 4);
        assert!(all.is_sorted_by_key(|device| (device.time, device.device_id.clone())));
        use base64ct::{Base64, Encoding as _};
        assert_eq!(all[0].device_identifier, Base64::encode_string(&keyfold_server::hash::sha256(b"alice")));
        let after = |item: &DeviceListItem| format!("user/device/{}/{}", item.time, item.device_id);
        let rest: Vec<DeviceListItem> = alice.get(&after(&all[1])).await.ok();
        assert_eq!(rest, all[2..]);
        let end: Vec<DeviceListItem> = alice.get(&after(&all[3])).await.ok();
        assert!(end.is_empty());
        alice.get("user/device/now/none").await.refused(400, 13);
        alice.get("user/device/-1/none").await.refused(400, 13);
    }

    async fn a_deleted_device_is_gone_with_its_sessions_and_keys(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let stale = alice.refreshed_jwt().await;
        let path = format!("user/device/{}", phone.device_id());
        world.call(Method::DELETE, &path, Some(&stale), &Value::Null).await.refused(401, 113);
        alice.delete("user/device/0190a6a4-3b1c-7cde-8f01-23456789abcd").await.refused(400, 100);
        let bob = world.new_user("bob").await;
        bob.delete(&path).await.refused(400, 100);
        // A share of a new key waits for it.
        crate::keys::rotate(&alice).await;
        let shares = "SELECT count(*) FROM pending_key_rotations WHERE member_id = $1";
        assert_eq!(world.count(shares, &[phone.device_id()]).await, 1);
        alice.delete(&path).await.done();
        assert!(!phone.is_alive().await, "its access token dies with it");
        phone.refresh().await.refused(400, 114);
        world.try_login("phone", PASSWORD).await.err().unwrap().refused(401, 100);
        for sql in [
            "SELECT count(*) FROM group_members WHERE member_id = $1",
            "SELECT count(*) FROM group_member_keys WHERE member_id = $1",
            "SELECT count(*) FROM sessions WHERE device_id = $1",
            shares,
        ] {
            assert_eq!(world.count(sql, &[phone.device_id()]).await, 0, "{sql}");
        }
        alice.delete(&format!("user/device/{}", alice.device_id())).await.refused(400, 115);
        world.register("phone").await;
    }

    async fn a_user_may_have_a_bounded_number_of_devices(world: World) {
        let world = World::start_with(engine_of(&world), |config| config.limits.devices_per_user = 2).await;
        let alice = world.new_user("alice").await;
        add(&alice, "second").await;
        let prepared = prepare(&world, "third").await;
        alice.call(Method::PUT, "user/done_register_device", &confirmation(&alice, &prepared)).await.refused(400, 203);
    }
}

fn engine_of(world: &World) -> crate::support::Engine {
    match world.server().state().db.dialect() {
        keyfold_server::db::Dialect::Sqlite => crate::support::Engine::Sqlite,
        keyfold_server::db::Dialect::Postgres => crate::support::Engine::Postgres,
    }
}

pub(crate) async fn prepare(world: &World, identifier: &str) -> PrepareDeviceOutput {
    world.call(Method::POST, "user/prepare_register_device", None, &device_body(identifier)).await.ok()
}

/// What the logged-in device sends for the new one.
pub(crate) fn confirmation(session: &Session, prepared: &PrepareDeviceOutput) -> DoneDeviceInput {
    let keys = session.user_keys.iter().map(|keys| &keys.group.key);
    confirm_device(keys, prepared, &Policy::default()).unwrap().0
}

async fn confirm(session: &Session, prepared: &PrepareDeviceOutput) -> DoneDeviceOutput {
    session.call(Method::PUT, "user/done_register_device", &confirmation(session, prepared)).await.ok()
}

/// Adds a device and logs it in.
pub(crate) async fn add(session: &Session, identifier: &str) -> Session {
    let prepared = prepare(&session.world, identifier).await;
    confirm(session, &prepared).await;
    session.world.login(identifier).await
}
