//! One-time codes and recovery keys.

use hyper::Method;
use keyfold_protocol::user::{DoneLoginOutput, OtpRecoveryKeys, OtpRegister};
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret};

use crate::support::{Engine, PASSWORD, Session, World, on_both_databases};

on_both_databases! {
    async fn with_a_second_factor_the_password_alone_gives_no_keys(world: World) {
        let session = world.new_user("alice").await;
        let otp = register(&session).await;
        assert_eq!(otp.alg, "totp_sha256");
        assert_eq!((otp.secret.expose().len(), otp.recover.len()), (52, 6));
        assert!(otp.recover.iter().all(|key| key.expose().len() == 52));
        let login = world.derive("alice", PASSWORD).await;
        let answer = world.call(Method::POST, "done_login", None, &login.done_login()).await;
        assert_eq!(std::str::from_utf8(&answer.bytes).unwrap(), r#"{"status":true,"result":"Otp"}"#);
        assert_eq!(answer.ok::<DoneLoginOutput>(), DoneLoginOutput::Otp);
        world.try_second_factor("alice", "validate_mfa", &code(&world, &otp, 0)).await.unwrap();
    }

    async fn a_code_works_once(world: World) {
        let session = world.new_user("alice").await;
        let otp = register(&session).await;
        let now = code(&world, &otp, 0);
        world.try_second_factor("alice", "validate_mfa", &now).await.unwrap();
        world.try_second_factor("alice", "validate_mfa", &now).await.err().unwrap().refused(402, 902);
        // Nor an earlier one, which would still be inside of the window.
        world.try_second_factor("alice", "validate_mfa", &code(&world, &otp, -30)).await.err().unwrap().refused(402, 902);
        world.try_second_factor("alice", "validate_mfa", &code(&world, &otp, 30)).await.unwrap();
    }

    async fn codes_of_the_neighbouring_steps_are_accepted_and_no_others(world: World) {
        let session = world.new_user("alice").await;
        let otp = register(&session).await;
        for (seconds, accepted) in [(-90, false), (90, false), (-30, true), (30, true)] {
            let outcome = world.try_second_factor("alice", "validate_mfa", &code(&world, &otp, seconds)).await;
            assert_eq!(outcome.is_ok(), accepted, "{seconds} seconds");
        }
        for wrong in ["", "12345", "1234567", "abcdef"] {
            world.try_second_factor("alice", "validate_mfa", wrong).await.err().unwrap().refused(402, 902);
        }
    }

    async fn the_password_is_checked_before_the_code(world: World) {
        let session = world.new_user("alice").await;
        let otp = register(&session).await;
        let wrong = world.derive("alice", "wrong").await.second_factor(code(&world, &otp, 0).into());
        world.call(Method::POST, "validate_mfa", None, &wrong).await.refused(401, 112);
        world.call(Method::POST, "validate_recovery_otp", None, &wrong).await.refused(401, 112);
        let unknown = world.derive("nobody", PASSWORD).await.second_factor("000000".to_owned().into());
        world.call(Method::POST, "validate_mfa", None, &unknown).await.refused(401, 100);
    }

    async fn without_a_second_factor_no_code_is_right(world: World) {
        world.register("alice").await;
        world.try_second_factor("alice", "validate_mfa", "000000").await.err().unwrap().refused(400, 901);
        world.try_second_factor("alice", "validate_recovery_otp", "AAAA").await.err().unwrap().refused(400, 901);
    }

    async fn a_recovery_key_works_once(world: World) {
        let session = world.new_user("alice").await;
        let otp = register(&session).await;
        let key = otp.recover[2].expose();
        world.try_second_factor("alice", "validate_recovery_otp", key).await.unwrap();
        world.try_second_factor("alice", "validate_recovery_otp", key).await.err().unwrap().refused(400, 901);
        let left: OtpRecoveryKeys = session.get("user/otp_recovery_keys").await.ok();
        assert_eq!(left.keys.len(), 5);
        assert!(left.keys.iter().all(|key| otp.recover.contains(key) && *key != otp.recover[2]));
    }

    async fn registering_again_voids_the_old_secret_and_recovery_keys(world: World) {
        let session = world.new_user("alice").await;
        let old = register(&session).await;
        let new = register(&session).await;
        world.try_second_factor("alice", "validate_mfa", &code(&world, &old, 0)).await.err().unwrap().refused(402, 902);
        world.try_second_factor("alice", "validate_recovery_otp", old.recover[0].expose()).await.err().unwrap().refused(400, 901);
        world.try_second_factor("alice", "validate_mfa", &code(&world, &new, 0)).await.unwrap();
        let reset: OtpRegister = session.call(Method::PATCH, "user/reset_otp", &Value::Null).await.ok();
        world.try_second_factor("alice", "validate_recovery_otp", new.recover[0].expose()).await.err().unwrap().refused(400, 901);
        world.try_second_factor("alice", "validate_recovery_otp", reset.recover[0].expose()).await.unwrap();
    }

    async fn disabling_turns_it_off(world: World) {
        let session = world.new_user("alice").await;
        session.call(Method::PATCH, "user/disable_otp", &Value::Null).await.done();
        let otp = register(&session).await;
        session.call(Method::PATCH, "user/disable_otp", &Value::Null).await.done();
        world.login("alice").await;
        world.try_second_factor("alice", "validate_recovery_otp", otp.recover[0].expose()).await.err().unwrap().refused(400, 901);
        let left: OtpRecoveryKeys = session.get("user/otp_recovery_keys").await.ok();
        assert!(left.keys.is_empty());
    }

    async fn a_stolen_refresh_token_changes_nothing_about_the_second_factor(world: World) {
        let session = world.new_user("alice").await;
        let stale = session.refreshed_jwt().await;
        for (method, path) in [
            (Method::PATCH, "user/register_otp"),
            (Method::PATCH, "user/reset_otp"),
            (Method::PATCH, "user/disable_otp"),
            (Method::GET, "user/otp_recovery_keys"),
        ] {
            world.call(method, path, Some(&stale), &Value::Null).await.refused(401, 113);
        }
    }

    async fn it_belongs_to_the_user_and_not_to_a_device(world: World) {
        let alice = world.new_user("alice").await;
        crate::devices::add(&alice, "phone").await;
        let otp = register(&alice).await;
        world.try_second_factor("phone", "validate_mfa", &code(&world, &otp, 0)).await.unwrap();
    }
}

#[tokio::test]
async fn the_development_profile_accepts_a_code_twice() {
    let world = World::start_with(Engine::Sqlite, |config| config.development = true).await;
    let session = world.new_user("alice").await;
    let otp = register(&session).await;
    for _ in 0..2 {
        world.try_second_factor("alice", "validate_mfa", &code(&world, &otp, 0)).await.unwrap();
    }
}

pub(crate) async fn register(session: &Session) -> OtpRegister {
    session.call(Method::PATCH, "user/register_otp", &Value::Null).await.ok()
}

/// The code that an authenticator shows, some seconds from now.
pub(crate) fn code(world: &World, otp: &OtpRegister, seconds: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA256)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(Secret::try_from_base32(otp.secret.expose()).unwrap())
        .build()
        .unwrap();
    let time = world.now_seconds().checked_add_signed(seconds).unwrap();
    totp.generate(time).to_string()
}

/// Uses the JSON form that clients send.
#[test]
fn a_code_is_sent_as_text() {
    let body = json!({"token": "012345", "auth_key": "x", "device_identifier": "a"});
    assert!(serde_json::from_value::<keyfold_protocol::user::OtpInput>(body).is_ok());
}
