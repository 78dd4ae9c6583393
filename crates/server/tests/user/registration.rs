//! Who may be registered, and what is stored then.

use hyper::Method;
use keyfold_protocol::encoding::AlgorithmId;
use keyfold_protocol::user::RegisterOutput;
use serde_json::{Value, json};

use crate::support::{World, device_body, on_both_databases, register_body};

on_both_databases! {
    async fn a_registered_user_can_log_in_and_open_the_keys(world: World) {
        let registered = world.register("alice").await;
        assert_eq!(registered.device_identifier.as_str(), "alice");
        let session = world.login("alice").await;
        assert_eq!(session.user_id(), registered.user_id.as_str());
        assert_eq!(session.device_id(), registered.device_id.as_str());
        assert_eq!(session.user_keys.len(), 1);
        assert!(session.is_alive().await);
    }

    async fn a_user_id_does_not_tell_the_time_of_registration(world: World) {
        let registered = world.register("alice").await;
        assert_eq!(registered.user_id.as_str().as_bytes()[14], b'4', "a random UUID");
        assert_eq!(registered.device_id.as_str().as_bytes()[14], b'7');
    }

    async fn a_taken_identifier_is_refused_and_a_free_one_is_not(world: World) {
        let exists = async |identifier: &str| -> bool {
            let body = json!({"user_identifier": identifier});
            let answer: Value = world.call(Method::POST, "exists", None, &body).await.ok();
            assert_eq!(answer["user_identifier"], identifier);
            answer["available"].as_bool().unwrap()
        };
        assert!(exists("alice").await);
        world.register("alice").await;
        assert!(!exists("alice").await);
        assert!(exists("Alice").await, "identifiers are compared byte by byte");
        assert!(exists("alice ").await);
        world.call(Method::POST, "register", None, &register_body("alice")).await.refused(400, 101);
        world.call(Method::POST, "register_light", None, &device_body("alice")).await.refused(400, 101);
        world.call(Method::POST, "user/prepare_register_device", None, &device_body("alice")).await.refused(400, 101);
        world.register("Alice").await;
    }

    async fn apps_do_not_share_identifiers(world: World) {
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        world.register("alice").await;
        other.register("alice").await;
    }

    async fn a_light_user_has_no_keys(world: World) {
        world.call(Method::POST, "register_light", None, &device_body("alice")).await.ok::<RegisterOutput>();
        let session = world.login("alice").await;
        assert!(session.user_keys.is_empty());
        let path = format!("user/{}/public_key", session.user_id());
        session.get(&path).await.refused(400, 100);
    }

    async fn a_user_group_without_sign_keys_is_refused(world: World) {
        for missing in ["encrypted_sign_key", "verify_key", "public_key_sig", "keypair_sign_alg"] {
            let mut body = serde_json::to_value(register_body("alice")).unwrap();
            body["group"].as_object_mut().unwrap().remove(missing);
            world.call(Method::POST, "register", None, &body).await.refused(400, 117);
        }
    }

    async fn what_would_break_a_later_login_is_refused_now(world: World) {
        let body = serde_json::to_value(register_body("alice")).unwrap();
        let refused = async |change: &dyn Fn(&mut Value)| {
            let mut body = body.clone();
            change(&mut body);
            world.call(Method::POST, "register", None, &body).await.refused(422, 11);
        };
        // The comparison with the stored hash is over exactly 16 bytes.
        for hash in ["", "AA==", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "not base64!"] {
            refused(&|body| body["device"]["derived"]["hashed_authentication_key"] = json!(hash)).await;
        }
        refused(&|body| body["device"]["derived"]["client_random_value"] = json!("AAAA")).await;
        refused(&|body| body["device"]["derived"]["derived_alg"] = json!("rot13")).await;
        refused(&|body| body["device"]["derived"]["keypair_encrypt_alg"] = json!("rot13")).await;
        refused(&|body| body["device"]["derived"]["public_key"] = json!("no key")).await;
        refused(&|body| body["device"]["derived"]["encrypted_private_key"] = json!("no base64")).await;
        refused(&|body| body["device"]["device_identifier"] = json!("")).await;
        refused(&|body| body["device"]["device_identifier"] = json!("nul\0l")).await;
        refused(&|body| body["device"]["device_identifier"] = json!("a".repeat(5_000))).await;
        refused(&|body| body["device"]["derived"]["encrypted_private_key"] = json!("AAAA".repeat(10_000))).await;
        refused(&|body| body["group"]["public_group_key"] = json!("no key")).await;
        refused(&|body| body["group"]["group_key_alg"] = json!("rot13")).await;
        refused(&|body| { body["group"].as_object_mut().unwrap().remove("creator_public_key_id"); }).await;
        assert_eq!(world.count("SELECT count(*) FROM users", &[]).await, 0);
    }

    async fn unknown_members_of_a_body_are_ignored(world: World) {
        let mut body = serde_json::to_value(register_body("alice")).unwrap();
        body["from the future"] = json!(1);
        world.call(Method::POST, "register", None, &body).await.ok::<RegisterOutput>();
    }
}

#[test]
fn the_fixture_uses_an_algorithm_that_a_server_must_know() {
    assert_eq!(register_body("a").device.derived.derived_alg, AlgorithmId::parse("ARGON-2-SHA256").unwrap());
}
