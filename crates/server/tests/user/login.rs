//! The three steps of a login.

use hyper::Method;
use keyfold_protocol::encoding::{AuthenticationKey, SecretText};
use keyfold_protocol::user::{DoneLoginOutput, LoginKeys, VerifyLogin};
use serde_json::{Value, json};

use crate::support::{PASSWORD, World, on_both_databases, register_body};

on_both_databases! {
    async fn a_wrong_password_and_an_unknown_identifier_have_their_own_codes(world: World) {
        world.register("alice").await;
        world.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
        world.try_login("bob", PASSWORD).await.err().unwrap().refused(401, 100);
    }

    async fn a_malformed_authentication_key_is_refused(world: World) {
        world.register("alice").await;
        let short = AuthenticationKey::new([1; 32]).to_base64()[..40].to_owned();
        for key in ["", "AAAA", "not base64", &short] {
            let body = json!({"auth_key": key, "device_identifier": "alice"});
            world.call(Method::POST, "done_login", None, &body).await.refused(401, 111);
            let body = json!({"auth_key": key, "device_identifier": "alice", "challenge": "x"});
            world.call(Method::POST, "verify_login", None, &body).await.refused(401, 111);
        }
    }

    async fn the_salt_of_an_unknown_identifier_cannot_be_told_from_a_real_one(world: World) {
        let salt = async |world: &World, identifier: &str| -> Value {
            world.call(Method::POST, "prepare_login", None, &json!({"user_identifier": identifier})).await.ok()
        };
        let nobody = salt(&world, "nobody").await;
        assert_eq!(nobody["derived_encryption_key_alg"], "ARGON-2-SHA256");
        assert_eq!(nobody, salt(&world, "nobody").await, "asking twice gives the same");
        assert_ne!(nobody, salt(&world, "somebody").await);
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        assert_ne!(nobody, salt(&other, "nobody").await);
        world.register("alice").await;
        let real = salt(&world, "alice").await;
        assert_eq!(real["salt_string"].as_str().unwrap().len(), nobody["salt_string"].as_str().unwrap().len());
        assert_eq!(real.as_object().unwrap().keys().collect::<Vec<_>>(), nobody.as_object().unwrap().keys().collect::<Vec<_>>());
    }

    async fn a_challenge_works_once(world: World) {
        world.register("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        let DoneLoginOutput::Direct(keys) = world.call(Method::POST, "done_login", None, &login.done_login()).await.ok() else {
            panic!("no second factor was set");
        };
        let device = login.open_device(&keys.device_keys).unwrap();
        let challenge = device.solve_challenge(&keys.challenge).unwrap();
        let body = login.verify_login(challenge);
        world.call(Method::POST, "verify_login", None, &body).await.ok::<VerifyLogin>();
        world.call(Method::POST, "verify_login", None, &body).await.refused(401, 112);
        let wrong = login.verify_login(SecretText::new("a".repeat(67)));
        world.call(Method::POST, "verify_login", None, &wrong).await.refused(401, 112);
    }

    async fn a_challenge_expires(world: World) {
        world.register("alice").await;
        let (login, keys) = done(&world, "alice").await;
        world.advance_seconds(301);
        world.verify(login, &keys).await.err().unwrap().refused(401, 112);
    }

    async fn a_login_leaves_the_challenges_of_others_alone(world: World) {
        world.register("alice").await;
        let (first, first_keys) = done(&world, "alice").await;
        let (second, second_keys) = done(&world, "alice").await;
        world.verify(second, &second_keys).await.ok().unwrap();
        world.verify(first, &first_keys).await.ok().unwrap();
    }

    async fn open_challenges_are_bounded(world: World) {
        world.register("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        for _ in 0..30 {
            world.call(Method::POST, "done_login", None, &login.done_login()).await.ok::<Value>();
        }
        assert!(world.count("SELECT count(*) FROM login_challenges", &[]).await <= 20);
    }

    async fn a_challenge_of_another_device_is_refused(world: World) {
        world.register("alice").await;
        world.register("mallory").await;
        let (login, keys) = done(&world, "alice").await;
        let challenge = login.open_device(&keys.device_keys).unwrap().solve_challenge(&keys.challenge).unwrap();
        let mut body = serde_json::to_value(login.verify_login(challenge)).unwrap();
        // Both have the same password in these tests, so that only the challenge can be wrong.
        body["device_identifier"] = json!("mallory");
        world.call(Method::POST, "verify_login", None, &body).await.refused(401, 112);
    }

    async fn the_answer_of_done_login_is_a_string_or_an_object(world: World) {
        world.register("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        let answer: Value = world.call(Method::POST, "done_login", None, &login.done_login()).await.ok();
        let keys = &answer["Direct"]["device_keys"];
        assert_eq!(keys["keypair_encrypt_id"], keys["device_id"]);
        assert_eq!(keys["keypair_sign_id"], keys["device_id"]);
        assert!(answer["Direct"]["challenge"].is_string());
    }

    async fn the_light_login_returns_tokens_alone(world: World) {
        world.register("alice").await;
        let (login, keys) = done(&world, "alice").await;
        let challenge = login.open_device(&keys.device_keys).unwrap().solve_challenge(&keys.challenge).unwrap();
        let answer: Value = world.call(Method::POST, "verify_login_light", None, &login.verify_login(challenge)).await.ok();
        let members: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["jwt", "refresh_token"]);
        assert_eq!(answer["refresh_token"].as_str().unwrap().len(), 67);
    }

    async fn nothing_secret_is_stored_in_clear(world: World) {
        let session = world.new_user("alice").await;
        let (_, keys) = done(&world, "alice").await;
        let challenge = session.device.solve_challenge(&keys.challenge).unwrap();
        let hashes = [&session.refresh_token, challenge.expose()].map(|text| keyfold_server::hash::sha256(text.as_bytes()));
        let found = world.server().state().db.read(hashes, |tx, [refresh_token, challenge]| Box::pin(async move {
            let sql = "SELECT count(*) FROM login_challenges c, sessions s WHERE s.refresh_token_hash = $1 AND c.challenge_hash = $2";
            Ok(tx.query_opt(sql, keyfold_server::db::params![refresh_token, challenge], |row| row.col::<i64>()).await?)
        }));
        assert_eq!(found.await.unwrap(), Some(1), "only hashes are kept");
    }

    async fn an_identifier_may_be_any_text(world: World) {
        let mut body = register_body("alice");
        body.device.device_identifier = crate::support::name("älice\u{1F511}");
        world.call(Method::POST, "register", None, &body).await.ok::<Value>();
        world.login("älice\u{1F511}").await;
    }
}

async fn done(world: &World, identifier: &str) -> (keyfold_crypto::Login, LoginKeys) {
    let login = world.derive(identifier, PASSWORD).await;
    match world.call(Method::POST, "done_login", None, &login.done_login()).await.ok() {
        DoneLoginOutput::Direct(keys) => (login, *keys),
        DoneLoginOutput::Otp => panic!("no second factor was set"),
    }
}
