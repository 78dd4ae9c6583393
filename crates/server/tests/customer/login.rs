//! Login, sessions and the second factor of customers.

use hyper::Method;
use keyfold_protocol::user::{OtpRecoveryKeys, OtpRegister};
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret};

use crate::client::{Owner, call, derive, on_both_databases};
use crate::support::{PASSWORD, World};

pub(crate) fn code(world: &World, otp: &OtpRegister) -> String {
    let secret = Secret::try_from_base32(otp.secret.expose()).unwrap();
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA256).with_digits(6).with_secret(secret).build().unwrap();
    totp.generate(world.now_seconds()).to_string()
}

on_both_databases! {
    async fn an_unknown_address_and_a_wrong_password_are_refused_alike(world: World) {
        Owner::unvalidated(&world, "ada@example.com").await;
        for (email, password) in [("ada@example.com", "wrong"), ("bob@example.com", PASSWORD), ("no address", PASSWORD)] {
            Owner::try_log_in(&world, email, password).await.err().unwrap().refused(401, 112);
            let login = derive(&world, email, password).await;
            let body = login.second_factor("000000".to_owned().into());
            for path in ["customer/validate_mfa", "customer/validate_recovery_otp"] {
                call(&world, Method::POST, path, None, &body).await.refused(401, 112);
            }
            let body = login.verify_login("challenge".to_owned().into());
            call(&world, Method::POST, "customer/verify_login", None, &body).await.refused(401, 112);
        }
    }

    async fn a_second_factor_can_be_enrolled_used_and_turned_off(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let otp: OtpRegister = owner.patch("register_otp").await.ok();
        assert_eq!((otp.alg.as_str(), otp.recover.len()), ("totp_sha256", 6));
        let login = derive(&world, "ada@example.com", PASSWORD).await;
        let answer = call(&world, Method::POST, "customer/done_login", None, &login.done_login()).await;
        assert_eq!(answer.json()["result"], "Otp");
        let wrong = Owner::try_second_factor(&world, "ada@example.com", "validate_mfa", "12345").await;
        wrong.err().unwrap().refused(402, 902);
        let owner = Owner::try_second_factor(&world, "ada@example.com", "validate_mfa", &code(&world, &otp)).await.unwrap();
        let key = otp.recover[0].expose();
        Owner::try_second_factor(&world, "ada@example.com", "validate_recovery_otp", key).await.unwrap();
        let again = Owner::try_second_factor(&world, "ada@example.com", "validate_recovery_otp", key).await;
        again.err().unwrap().refused(400, 901);
        assert_eq!(owner.get("otp_recovery_keys").await.ok::<OtpRecoveryKeys>().keys.len(), 5);
        let otp: OtpRegister = owner.patch("reset_otp").await.ok();
        Owner::try_second_factor(&world, "ada@example.com", "validate_mfa", &code(&world, &otp)).await.unwrap();
        owner.patch("disable_otp").await.done();
        Owner::log_in(&world, "ada@example.com").await;
    }

    async fn the_second_factor_needs_a_recent_login(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let stale = owner.stale().await;
        for (method, path) in [
            (Method::PATCH, "register_otp"), (Method::PATCH, "reset_otp"),
            (Method::PATCH, "disable_otp"), (Method::GET, "otp_recovery_keys"),
        ] {
            call(&world, method, &format!("customer/{path}"), Some(&stale), &Value::Null).await.refused(401, 113);
        }
    }

    async fn a_session_is_refreshed_after_its_token_has_expired_and_ends_by_logout(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        owner.get("data").await.ok::<Value>();
        world.advance_seconds(400);
        owner.get("data").await.refused(401, 30);
        let jwt = owner.stale().await;
        call(&world, Method::GET, "customer/data", Some(&jwt), &Value::Null).await.ok::<Value>();
        let unknown = json!({"refresh_token": "guessed"});
        owner.put("refresh", &unknown).await.refused(400, 114);
        owner.delete("session").await.done();
        owner.put("refresh", &json!({"refresh_token": owner.refresh_token})).await.refused(400, 114);
        call(&world, Method::GET, "customer/data", Some(&jwt), &Value::Null).await.refused(401, 31);
    }

    async fn the_keys_of_an_app_sign_nothing_for_customers(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let now = world.now_seconds();
        let claims = json!({
            "aud": owner.id, "sub": owner.device_keys.device_id.as_str(),
            "iat": now, "exp": now + 300, "fresh": true,
        });
        let forged = world.sign(&world.jwt_header(), &claims);
        call(&world, Method::GET, "customer/data", Some(&forged), &Value::Null).await.refused(200, 35);
        let kid = world.count("SELECT COUNT(*) FROM app_jwt_keys WHERE app_id = 'sentc_int'", &[]).await;
        assert_eq!(kid, 1);
        // Nor does the token of a user, with or without a token of the app.
        let user = world.new_user("alice").await;
        call(&world, Method::GET, "customer/data", Some(&user.jwt), &Value::Null).await.refused(200, 35);
        user.get("customer/data").await.refused(200, 35);
        // Nor the token of a customer for an app.
        world.call(Method::GET, "user/user_keys/keys/0/none", Some(&owner.jwt), &Value::Null).await.refused(200, 35);
    }

    async fn a_deleted_customer_is_refused_at_once(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let stale = owner.stale().await;
        call(&world, Method::DELETE, "customer", Some(&stale), &Value::Null).await.refused(401, 113);
        owner.delete("").await.done();
        owner.get("data").await.refused(400, 100);
        Owner::try_log_in(&world, "ada@example.com", PASSWORD).await.err().unwrap().refused(401, 112);
        Owner::unvalidated(&world, "ada@example.com").await;
    }

    async fn the_profile_can_be_changed(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let data = json!({"name": "Byron", "first_name": "Augusta", "company": "Engines"});
        owner.put("data", &data).await.done();
        let profile: Value = owner.get("data").await.ok();
        for member in ["name", "first_name", "company"] {
            assert_eq!(profile[member], data[member]);
        }
        owner.put("data", &json!({"name": "a".repeat(257), "first_name": "", "company": null})).await.refused(422, 11);
    }
}
