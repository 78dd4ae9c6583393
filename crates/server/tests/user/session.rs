//! Access tokens, refresh tokens, and how they end.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hyper::Method;
use keyfold_protocol::app::AppOptions;
use serde_json::{Value, json};

use crate::support::{World, on_both_databases};

on_both_databases! {
    async fn an_access_token_carries_the_documented_claims(world: World) {
        let session = world.new_user("alice").await;
        let parts: Vec<&str> = session.jwt.split('.').collect();
        let decode = |part: &str| -> Value { serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap() };
        assert_eq!(decode(parts[0]), world.jwt_header());
        let claims = decode(parts[1]);
        assert_eq!(claims["aud"], session.user_id());
        assert_eq!(claims["sub"], session.device_id());
        assert_eq!(claims["fresh"], true);
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 300);
        let refreshed = session.refreshed_jwt().await;
        let claims = decode(refreshed.split('.').nth(1).unwrap());
        assert_eq!(claims["fresh"], false);
        assert_eq!(parts.len(), 3);
    }

    async fn an_expired_token_is_refused_even_after_a_successful_use(world: World) {
        let session = world.new_user("alice").await;
        assert!(session.is_alive().await);
        world.advance_seconds(300 + 45);
        assert!(session.is_alive().await, "clocks may differ by a minute");
        world.advance_seconds(16);
        session.get("user/user_keys/keys/0/none").await.refused(401, 30);
        session.get("user/user_keys/keys/0/none").await.refused(401, 30);
        // And it can still be refreshed: nothing remembers the refusal.
        let jwt = session.refreshed_jwt().await;
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&jwt), &Value::Null).await.ok::<Value>();
    }

    async fn a_token_signed_by_the_key_of_another_app_is_refused(world: World) {
        let alice = world.new_user("alice").await;
        let other = world.another_app(AppOptions::lax()).await;
        let claims = json!({
            "aud": alice.user_id(), "sub": alice.device_id(), "iat": world.now_seconds(),
            "exp": world.now_seconds() + 300, "fresh": true,
        });
        let forged = other.sign(&other.jwt_header(), &claims);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&forged), &Value::Null).await.refused(200, 35);
        // Nor under the name of the right key.
        let forged = other.sign(&world.jwt_header(), &claims);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&forged), &Value::Null).await.refused(401, 30);
        // In the app whose key it is, the user does not exist.
        let own = other.sign(&other.jwt_header(), &claims);
        other.call(Method::GET, "user/user_keys/keys/0/none", Some(&own), &Value::Null).await.refused(400, 100);
        other.call(Method::PUT, "refresh", Some(&own), &json!({"refresh_token": alice.refresh_token})).await.refused(400, 100);
        // Verified once in its own app, it is still not accepted elsewhere.
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&own), &Value::Null).await.refused(200, 35);
    }

    async fn a_token_of_the_apps_own_backend_is_accepted_for_an_existing_device(world: World) {
        let alice = world.new_user("alice").await;
        let token = |device: &str, exp: u64| {
            let claims = json!({"aud": alice.user_id(), "sub": device, "iat": 0, "exp": exp, "fresh": false});
            world.sign(&world.jwt_header(), &claims)
        };
        let valid_until = world.now_seconds() + 300;
        let good = token(alice.device_id(), valid_until);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&good), &Value::Null).await.ok::<Value>();
        let bob = world.new_user("bob").await;
        let foreign_device = token(bob.device_id(), valid_until);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&foreign_device), &Value::Null).await.refused(401, 31);
        let no_device = token("0190a6a4-3b1c-7cde-8f01-23456789abcd", valid_until);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&no_device), &Value::Null).await.refused(401, 31);
        let malformed = token("device", valid_until);
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&malformed), &Value::Null).await.refused(400, 1);
    }

    async fn a_token_cannot_choose_its_algorithm(world: World) {
        let alice = world.new_user("alice").await;
        let claims = json!({
            "aud": alice.user_id(), "sub": alice.device_id(), "iat": 0, "exp": world.now_seconds() + 300, "fresh": true,
        });
        let kid = world.app.jwt_key_id.as_str();
        let refused = async |header: Value, code: (u16, u64)| {
            let token = world.sign(&header, &claims);
            world.call(Method::GET, "user/user_keys/keys/0/none", Some(&token), &Value::Null).await.refused(code.0, code.1);
        };
        for alg in ["none", "HS256", "ES256", "es384"] {
            refused(json!({"alg": alg, "kid": kid}), (401, 30)).await;
        }
        refused(json!({"kid": kid}), (401, 30)).await;
        refused(json!({"alg": "ES384", "kid": kid, "crit": ["b64"]}), (401, 30)).await;
        refused(json!({"alg": "ES384"}), (401, 32)).await;
        refused(json!({"alg": "ES384", "kid": "unknown"}), (200, 35)).await;
    }

    async fn a_changed_or_malformed_token_is_refused(world: World) {
        let alice = world.new_user("alice").await;
        let get = async |token: &str| world.call(Method::GET, "user/user_keys/keys/0/none", Some(token), &Value::Null).await;
        get("").await.refused(401, 31);
        get("abc").await.refused(401, 32);
        get("a.b.c.d").await.refused(401, 32);
        get(&"a".repeat(5_000)).await.refused(401, 32);
        let (signed, signature) = alice.jwt.rsplit_once('.').unwrap();
        get(signed).await.refused(401, 32);
        get(&format!("{signed}.")).await.refused(401, 30);
        get(&format!("{signed}.{}", signature.chars().rev().collect::<String>())).await.refused(401, 30);
        let headers = [("x-sentc-app-token", world.app.public_token.expose().to_owned()), ("authorization", format!("bearer {}", alice.jwt))];
        world.raw(Method::GET, "/api/v1/user/user_keys/keys/0/none", &headers, Vec::new()).await.refused(401, 31);
        world.call(Method::GET, "user/user_keys/keys/0/none", None, &Value::Null).await.refused(401, 31);
        // Without `exp` there is no end.
        let claims = json!({"aud": alice.user_id(), "sub": alice.device_id(), "iat": 0, "fresh": true});
        get(&world.sign(&world.jwt_header(), &claims)).await.refused(401, 30);
    }

    async fn a_refresh_token_works_again_and_again_for_its_own_device(world: World) {
        let alice = world.new_user("alice").await;
        let bob = world.new_user("bob").await;
        for _ in 0..3 {
            let answer: Value = alice.refresh().await.ok();
            assert_eq!(answer["user_id"], alice.user_id());
            assert_eq!(answer["device_id"], alice.device_id());
            assert!(answer.get("refresh_token").is_none());
        }
        bob.call(Method::PUT, "refresh", &json!({"refresh_token": alice.refresh_token})).await.refused(400, 114);
        alice.call(Method::PUT, "refresh", &json!({"refresh_token": "guessed"})).await.refused(400, 114);
        world.call(Method::PUT, "refresh", None, &json!({"refresh_token": alice.refresh_token})).await.refused(401, 31);
    }

    async fn tokens_are_compared_byte_by_byte(world: World) {
        let alice = world.new_user("alice").await;
        let swap_case = |text: &str| -> String {
            text.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
        };
        let token = &alice.refresh_token;
        for other in [swap_case(token), format!("{token} "), format!(" {token}"), token[1..].to_owned()] {
            alice.call(Method::PUT, "refresh", &json!({"refresh_token": other})).await.refused(400, 114);
        }
        let app_token = swap_case(world.app.public_token.expose());
        world.call_with(&app_token, Method::PUT, "refresh", Some(&alice.jwt), &json!({"refresh_token": token})).await.refused(401, 200);
        alice.refresh().await.ok::<Value>();
    }

    async fn a_session_ends_when_it_is_not_used_and_in_any_case_after_its_lifetime(world: World) {
        const DAY: u64 = 24 * 60 * 60;
        let session = world.new_user("alice").await;
        for _ in 0..3 {
            world.advance_seconds(120 * DAY);
            session.refresh().await.ok::<Value>();
        }
        world.advance_seconds(41 * DAY);
        session.refresh().await.refused(400, 114);
        let idle = world.login("alice").await;
        world.advance_seconds(181 * DAY);
        idle.refresh().await.refused(400, 114);
    }

    async fn a_device_keeps_a_bounded_number_of_sessions(world: World) {
        let first = world.new_user("alice").await;
        for number in 0..50 {
            let forced: Value = world.backend(Method::POST, "user/forced/login", &json!({"user_identifier": "alice"})).await.ok();
            assert!(forced["verify"]["jwt"].is_string(), "{number}");
            world.advance_seconds(1);
        }
        first.refresh().await.refused(400, 114);
        assert!(!first.is_alive().await);
        assert_eq!(world.count("SELECT count(*) FROM sessions", &[]).await, 50);
    }

    async fn init_returns_a_token_and_the_invitations(world: World) {
        let session = world.new_user("alice").await;
        world.advance_seconds(10_000);
        let answer: Value = session.call(Method::POST, "init", &json!({"refresh_token": session.refresh_token})).await.ok();
        assert_eq!(answer["invites"], json!([]));
        let jwt = answer["jwt"].as_str().unwrap();
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(jwt), &Value::Null).await.ok::<Value>();
    }

    async fn logging_out_ends_the_session_and_no_other(world: World) {
        let session = world.new_user("alice").await;
        let other = world.login("alice").await;
        session.delete("user/session").await.done();
        assert!(!session.is_alive().await);
        session.refresh().await.refused(400, 114);
        assert!(other.is_alive().await);
        session.delete("user/session").await.done();
        // An expired token is good enough to log out.
        world.advance_seconds(10_000);
        other.delete("user/session").await.done();
        other.refresh().await.refused(400, 114);
    }

    async fn the_backend_learns_whose_a_token_is(world: World) {
        let session = world.new_user("alice").await;
        let secret = world.app.secret_token.expose();
        let answer: Value = world.call_with(secret, Method::GET, "user/jwt", Some(&session.jwt), &Value::Null).await.ok();
        assert_eq!(answer, json!({"id": session.user_id(), "device_id": session.device_id()}));
        session.get("user/jwt").await.refused(400, 203);
    }

    async fn the_apps_keys_are_published_as_jwk_set(world: World) {
        let headers = [("x-sentc-app-token", world.app.public_token.expose().to_owned())];
        let answer = world.raw(Method::GET, "/api/v1/app/jwks", &headers, Vec::new()).await;
        let set = answer.json();
        let key = &set["keys"][0];
        assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("EC"), &json!("P-384"), &json!("ES384")));
        assert_eq!(key["kid"], world.app.jwt_key_id.as_str());
        let point = |name: &str| Base64UrlUnpadded::decode_vec(key[name].as_str().unwrap()).unwrap();
        let mut public_key = vec![4];
        public_key.extend(point("x"));
        public_key.extend(point("y"));
        // With nothing but the set, a token can be checked.
        let session = world.new_user("alice").await;
        let (signed, signature) = session.jwt.rsplit_once('.').unwrap();
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED, &public_key)
            .verify(signed.as_bytes(), &Base64UrlUnpadded::decode_vec(signature).unwrap())
            .unwrap();
        use base64ct::Base64;
        assert_eq!(Base64::encode_string(&public_key), world.app.jwt_verify_key);
    }
}
