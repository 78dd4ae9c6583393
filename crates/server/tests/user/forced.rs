//! What the app's own backend may do.

use hyper::Method;
use keyfold_crypto::Suite;
use keyfold_crypto::device::register_user;
use keyfold_protocol::user::{ForcedLogin, ForcedLoginLight};
use serde_json::{Value, json};

use crate::devices::add;
use crate::second_factor;
use crate::support::{PASSWORD, World, device_body, name, on_both_databases, register_body};

on_both_databases! {
    async fn the_public_token_forces_nothing(world: World) {
        let alice = world.new_user("alice").await;
        let identifier = json!({"user_identifier": "alice"});
        let by_id = format!("user/forced/delete/{}", alice.user_id());
        for (method, path, body) in [
            (Method::PUT, "user/forced/delete", identifier.clone()),
            (Method::DELETE, by_id.as_str(), Value::Null),
            (Method::PUT, "user/forced/disable_otp", identifier.clone()),
            (Method::DELETE, "user/forced/disable_otp", identifier.clone()),
            (Method::DELETE, "user/forced/sessions", identifier.clone()),
            (Method::POST, "user/forced/login", identifier.clone()),
            (Method::POST, "user/forced/login_light", identifier.clone()),
            (Method::PUT, "user/forced/reset_user", serde_json::to_value(register_body("alice")).unwrap()),
            (Method::PUT, "user/reset_pw_light", serde_json::to_value(device_body("alice")).unwrap()),
        ] {
            alice.call(method, path, &body).await.refused(400, 203);
        }
        assert!(alice.is_alive().await);
    }

    async fn a_forced_login_returns_usable_keys_and_tokens(world: World) {
        let alice = world.new_user("alice").await;
        second_factor::register(&alice).await;
        let body = json!({"user_identifier": "alice"});
        let forced: ForcedLogin = world.backend(Method::POST, "user/forced/login", &body).await.ok();
        assert_eq!(forced.device_keys.user_id.as_str(), alice.user_id());
        assert_eq!(forced.device_keys.public_key_string, alice.device_keys.public_key_string);
        assert_eq!(forced.device_keys.encrypted_private_key, alice.device_keys.encrypted_private_key);
        assert_eq!(forced.device_keys.encrypted_sign_key, alice.device_keys.encrypted_sign_key);
        assert_eq!(forced.device_keys.encrypted_master_key, alice.device_keys.encrypted_master_key);
        assert_eq!((forced.verify.user_keys.len(), forced.verify.hmac_keys.len()), (1, 1));
        let jwt = forced.verify.jwt.expose();
        world.call(Method::PATCH, "user/disable_otp", Some(jwt), &Value::Null).await.done();
        let light: ForcedLoginLight = world.backend(Method::POST, "user/forced/login_light", &body).await.ok();
        let refresh = json!({"refresh_token": light.verify.refresh_token.expose()});
        world.call(Method::PUT, "refresh", Some(light.verify.jwt.expose()), &refresh).await.ok::<Value>();
        for path in ["user/forced/login", "user/forced/login_light"] {
            world.backend(Method::POST, path, &json!({"user_identifier": "nobody"})).await.refused(401, 112);
        }
    }

    async fn a_user_is_deleted_by_identifier_of_any_device_or_by_id(world: World) {
        let alice = world.new_user("alice").await;
        add(&alice, "phone").await;
        let bob = world.new_user("bob").await;
        world.backend(Method::PUT, "user/forced/delete", &json!({"user_identifier": "phone"})).await.done();
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 100);
        world.backend(Method::PUT, "user/forced/delete", &json!({"user_identifier": "phone"})).await.refused(400, 100);
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        let path = format!("user/forced/delete/{}", bob.user_id());
        other.backend(Method::DELETE, &path, &Value::Null).await.refused(400, 100);
        world.backend(Method::DELETE, &path, &Value::Null).await.done();
        world.backend(Method::DELETE, &path, &Value::Null).await.refused(400, 100);
        bob.get("user/user_keys/keys/0/none").await.refused(400, 100);
    }

    async fn the_second_factor_is_disabled_with_put_and_with_delete(world: World) {
        let alice = world.new_user("alice").await;
        for method in [Method::PUT, Method::DELETE] {
            second_factor::register(&alice).await;
            world.backend(method.clone(), "user/forced/disable_otp", &json!({"user_identifier": "alice"})).await.done();
            world.login("alice").await;
            world.backend(method, "user/forced/disable_otp", &json!({"user_identifier": "nobody"})).await.refused(400, 100);
        }
    }

    async fn ending_the_sessions_of_a_user_ends_the_access_tokens_too(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let bob = world.new_user("bob").await;
        world.backend(Method::DELETE, "user/forced/sessions", &json!({"user_identifier": "phone"})).await.done();
        for device in [&alice, &phone] {
            assert!(!device.is_alive().await);
            device.refresh().await.refused(400, 114);
        }
        assert!(bob.is_alive().await);
        world.backend(Method::DELETE, "user/forced/sessions", &json!({"user_identifier": "nobody"})).await.refused(400, 100);
        world.login("alice").await;
    }

    async fn a_reset_user_starts_anew_under_the_same_id(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let body = register_user(&name("phone"), "new password", &Suite::STD).unwrap();
        let mut keyless = serde_json::to_value(&body).unwrap();
        keyless["group"].as_object_mut().unwrap().remove("verify_key");
        world.backend(Method::PUT, "user/forced/reset_user", &keyless).await.refused(400, 117);
        world.backend(Method::PUT, "user/forced/reset_user", &register_body("nobody")).await.refused(400, 100);
        world.backend(Method::PUT, "user/forced/reset_user", &body).await.done();
        assert!(!alice.is_alive().await && !phone.is_alive().await);
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 100);
        let again = world.try_login("phone", "new password").await.unwrap();
        assert_eq!(again.user_id(), alice.user_id());
        assert_ne!(again.device_id(), phone.device_id());
        assert_ne!(again.user_keys[0].id(), alice.user_keys[0].id());
        assert_eq!(world.count("SELECT count(*) FROM groups", &[]).await, 1);
        assert_eq!(world.count("SELECT count(*) FROM devices", &[]).await, 1);
    }

    async fn a_reset_user_keeps_the_second_factor(world: World) {
        let alice = world.new_user("alice").await;
        let otp = second_factor::register(&alice).await;
        world.backend(Method::PUT, "user/forced/reset_user", &register_body("alice")).await.done();
        let login = world.derive("alice", PASSWORD).await;
        let answer: Value = world.call(Method::POST, "done_login", None, &login.done_login()).await.ok();
        assert_eq!(answer, "Otp");
        let code = second_factor::code(&world, &otp, 0);
        world.try_second_factor("alice", "validate_mfa", &code).await.ok().unwrap();
    }

    async fn a_light_password_reset_replaces_the_device_and_ends_its_sessions(world: World) {
        world.call(Method::POST, "register_light", None, &device_body("alice")).await.ok::<Value>();
        let alice = world.login("alice").await;
        let body = keyfold_crypto::device::register_device(&name("alice"), "new password", &Suite::STD).unwrap();
        world.backend(Method::PUT, "user/reset_pw_light", &body).await.done();
        assert!(!alice.is_alive().await);
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 112);
        let again = world.try_login("alice", "new password").await.unwrap();
        assert_eq!(again.device_id(), alice.device_id());
        world.backend(Method::PUT, "user/reset_pw_light", &device_body("nobody")).await.refused(400, 100);
        let mut short = serde_json::to_value(&body).unwrap();
        short["derived"]["hashed_authentication_key"] = json!("");
        world.backend(Method::PUT, "user/reset_pw_light", &short).await.refused(422, 11);
    }
}
