//! Limits for who guesses or floods.

use hyper::Method;
use keyfold_server::config::Rate;
use serde_json::{Value, json};

use crate::second_factor;
use crate::support::{Engine, PASSWORD, World, device_body, register_body};

const FEW: Rate = Rate { burst: 3, per_minute: 2 };

#[tokio::test]
async fn guessing_a_password_is_slowed_down_for_the_device_alone() {
    let world = World::start_with(Engine::Sqlite, |config| config.limits.throttle.failed_logins = FEW).await;
    world.register("alice").await;
    world.register("bob").await;
    for _ in 0..3 {
        world.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
    }
    let answer = world.try_login("alice", PASSWORD).await.err().unwrap();
    answer.refused(429, 429);
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    world.login("bob").await;
    world.advance_seconds(31);
    world.login("alice").await;
}

#[tokio::test]
async fn a_successful_login_forgives_the_failures_before_it() {
    let world = World::start_with(Engine::Sqlite, |config| config.limits.throttle.failed_logins = FEW).await;
    world.register("alice").await;
    for _ in 0..3 {
        for _ in 0..2 {
            world.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
        }
        world.login("alice").await;
    }
}

#[tokio::test]
async fn guessing_codes_and_recovery_keys_is_slowed_down_for_the_user() {
    let world = World::start_with(Engine::Sqlite, |config| config.limits.throttle.failed_logins = FEW).await;
    let session = world.new_user("alice").await;
    let otp = second_factor::register(&session).await;
    world.try_second_factor("alice", "validate_mfa", "000000").await.err().unwrap().refused(402, 902);
    world.try_second_factor("alice", "validate_mfa", "000001").await.err().unwrap().refused(402, 902);
    world.try_second_factor("alice", "validate_recovery_otp", "AAAA").await.err().unwrap().refused(400, 901);
    let code = second_factor::code(&world, &otp, 0);
    world.try_second_factor("alice", "validate_mfa", &code).await.err().unwrap().refused(429, 429);
    let key = otp.recover[0].expose();
    world.try_second_factor("alice", "validate_recovery_otp", key).await.err().unwrap().refused(429, 429);
}

#[tokio::test]
async fn an_address_that_fails_with_many_identifiers_is_slowed_down() {
    let world =
        World::start_with(Engine::Sqlite, |config| config.limits.throttle.failed_logins_per_address = FEW)
            .await;
    world.register("alice").await;
    for number in 0..3 {
        world.try_login(&format!("guess {number}"), PASSWORD).await.err().unwrap().refused(401, 100);
    }
    world.try_login("alice", PASSWORD).await.err().unwrap().refused(429, 429);
}

#[tokio::test]
async fn questions_about_identifiers_are_limited_but_not_for_the_backend() {
    let world =
        World::start_with(Engine::Sqlite, |config| config.limits.throttle.lookups_per_address = FEW).await;
    let body = json!({"user_identifier": "alice"});
    world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    world.call(Method::POST, "prepare_login", None, &body).await.ok::<Value>();
    world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    world.call(Method::POST, "exists", None, &body).await.refused(429, 429);
    world.call(Method::POST, "prepare_login", None, &body).await.refused(429, 429);
    world.backend(Method::POST, "exists", &body).await.ok::<Value>();
}

#[tokio::test]
async fn registrations_are_limited_but_not_for_the_backend() {
    let world =
        World::start_with(Engine::Sqlite, |config| config.limits.throttle.registrations_per_address = FEW)
            .await;
    world.register("a").await;
    world.call(Method::POST, "register_light", None, &device_body("b")).await.ok::<Value>();
    world.call(Method::POST, "user/prepare_register_device", None, &device_body("c")).await.ok::<Value>();
    world.call(Method::POST, "register", None, &register_body("d")).await.refused(429, 429);
    world.call(Method::POST, "user/prepare_register_device", None, &device_body("e")).await.refused(429, 429);
    world.backend(Method::POST, "register", &register_body("d")).await.ok::<Value>();
}

#[tokio::test]
async fn a_client_cannot_choose_the_address_it_is_counted_under() {
    use keyfold_server::ClientAddressSource;
    let world = World::start_with(Engine::Sqlite, |config| {
        config.client_address = ClientAddressSource::Forwarded { proxies: 1 };
        config.limits.throttle.lookups_per_address = FEW;
    })
    .await;
    let ask = async |forwarded: &str| {
        let headers = [
            ("x-sentc-app-token", world.app.public_token.expose().to_owned()),
            ("x-forwarded-for", forwarded.to_owned()),
        ];
        let body = json!({"user_identifier": "alice"}).to_string().into_bytes();
        world.raw(Method::POST, "/api/v1/exists", &headers, body).await.status
    };
    for number in 0..3 {
        assert_eq!(ask(&format!("198.51.100.{number}, 203.0.113.7")).await, 200);
    }
    assert_eq!(ask("198.51.100.9, 203.0.113.7").await, 429, "only what the proxy wrote counts");
    assert_eq!(ask("203.0.113.8").await, 200);
}

#[tokio::test]
async fn the_development_profile_does_not_throttle() {
    let world = World::start_with(Engine::Sqlite, |config| {
        config.development = true;
        config.limits.throttle.lookups_per_address = FEW;
    })
    .await;
    for _ in 0..20 {
        let body = json!({"user_identifier": "alice"});
        world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    }
}
