//! Limits for who guesses or floods.

use hyper::Method;
use keyfold_server::config::Rate;
use serde_json::{Value, json};

use crate::second_factor;
use crate::support::{Engine, PASSWORD, World, device_body, register_body};

on_both_engines!(
    guessing_a_password_is_slowed_down_for_the_device_alone,
    a_successful_login_forgives_the_failures_before_it,
    guessing_is_slowed_down_on_all_servers_together,
    guessing_codes_and_recovery_keys_is_slowed_down_for_the_user,
    an_address_that_fails_with_many_identifiers_is_slowed_down,
    questions_about_identifiers_are_limited_but_not_for_the_backend,
    registrations_are_limited_but_not_for_the_backend,
    a_client_cannot_choose_the_address_it_is_counted_under,
    the_development_profile_does_not_throttle,
);

const FEW: Rate = Rate { burst: 3, per_minute: 2 };

async fn guessing_a_password_is_slowed_down_for_the_device_alone(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.throttle.failed_logins = FEW).await;
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

async fn a_successful_login_forgives_the_failures_before_it(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.throttle.failed_logins = FEW).await;
    world.register("alice").await;
    for _ in 0..3 {
        for _ in 0..2 {
            world.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
        }
        world.login("alice").await;
    }
}

async fn guessing_codes_and_recovery_keys_is_slowed_down_for_the_user(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.throttle.failed_logins = FEW).await;
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

async fn an_address_that_fails_with_many_identifiers_is_slowed_down(engine: Engine) {
    let world =
        World::start_with(engine, |config| config.limits.throttle.failed_logins_per_address = FEW).await;
    world.register("alice").await;
    for number in 0..3 {
        world.try_login(&format!("guess {number}"), PASSWORD).await.err().unwrap().refused(401, 100);
    }
    world.try_login("alice", PASSWORD).await.err().unwrap().refused(429, 429);
}

async fn questions_about_identifiers_are_limited_but_not_for_the_backend(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.throttle.lookups_per_address = FEW).await;
    let body = json!({"user_identifier": "alice"});
    world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    world.call(Method::POST, "prepare_login", None, &body).await.ok::<Value>();
    world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    world.call(Method::POST, "exists", None, &body).await.refused(429, 429);
    world.call(Method::POST, "prepare_login", None, &body).await.refused(429, 429);
    world.backend(Method::POST, "exists", &body).await.ok::<Value>();
}

async fn registrations_are_limited_but_not_for_the_backend(engine: Engine) {
    let world =
        World::start_with(engine, |config| config.limits.throttle.registrations_per_address = FEW).await;
    world.register("a").await;
    world.call(Method::POST, "register_light", None, &device_body("b")).await.ok::<Value>();
    world.call(Method::POST, "user/prepare_register_device", None, &device_body("c")).await.ok::<Value>();
    world.call(Method::POST, "register", None, &register_body("d")).await.refused(429, 429);
    world.call(Method::POST, "user/prepare_register_device", None, &device_body("e")).await.refused(429, 429);
    world.backend(Method::POST, "register", &register_body("d")).await.ok::<Value>();
}

async fn a_client_cannot_choose_the_address_it_is_counted_under(engine: Engine) {
    use keyfold_server::ClientAddressSource;
    let world = World::start_with(engine, |config| {
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

async fn the_development_profile_does_not_throttle(engine: Engine) {
    let world = World::start_with(engine, |config| {
        config.development = true;
        config.limits.throttle.lookups_per_address = FEW;
    })
    .await;
    for _ in 0..20 {
        let body = json!({"user_identifier": "alice"});
        world.call(Method::POST, "exists", None, &body).await.ok::<Value>();
    }
}

async fn guessing_is_slowed_down_on_all_servers_together(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.throttle.failed_logins = FEW).await;
    let another = world.restarted(|_| {}).await;
    let session = world.new_user("alice").await;
    world.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
    another.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
    another.try_login("alice", "wrong").await.err().unwrap().refused(401, 112);
    for server in [&world, &another] {
        server.try_login("alice", PASSWORD).await.err().unwrap().refused(429, 429);
    }
    world.advance_seconds(31);
    world.login("alice").await;
    let full_at = "SELECT failures_full_at FROM devices";
    assert_eq!(world.count(full_at, &[]).await, 0, "a success forgives");
    let otp = second_factor::register(&session).await;
    world.try_second_factor("alice", "validate_mfa", "000000").await.err().unwrap().refused(402, 902);
    another.try_second_factor("alice", "validate_mfa", "000001").await.err().unwrap().refused(402, 902);
    another.try_second_factor("alice", "validate_recovery_otp", "A").await.err().unwrap().refused(400, 901);
    let code = second_factor::code(&world, &otp, 0);
    for server in [&world, &another] {
        server.try_second_factor("alice", "validate_mfa", &code).await.err().unwrap().refused(429, 429);
    }
}

#[test]
fn each_of_several_servers_takes_its_part_of_what_it_counts_alone() {
    let whole = keyfold_server::config::ThrottleLimits::default();
    let part = whole.clone().divided_by(3);
    assert_eq!(part.failed_logins, whole.failed_logins, "counted together");
    assert_eq!(part.lookups_per_address.burst, whole.lookups_per_address.burst / 3);
    assert_eq!(
        whole.clone().divided_by(u32::MAX).registrations_per_address,
        Rate { burst: 1, per_minute: 1 }
    );
    assert_eq!(whole.clone().divided_by(0).lookups_per_address, whole.lookups_per_address);
}
