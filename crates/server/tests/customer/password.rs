//! Passwords: changed with the old one, reset with a mail.

use hyper::Method;
use keyfold_crypto::Suite;
use keyfold_crypto::device::register_device;
use keyfold_protocol::user::OtpRegister;
use serde_json::{Value, json};

use crate::client::{Owner, call, derive, mailed_token, mails, on_both_databases, solved_captcha, token_of};
use crate::support::{Answer, PASSWORD, World, name};

const NEW_PASSWORD: &str = "a staple of batteries";

async fn ask(world: &World, email: &str) -> Answer {
    let body = json!({"email": email, "captcha_input": solved_captcha(world).await});
    call(world, Method::PUT, "customer/password_reset", None, &body).await
}

async fn reset(world: &World, token: &str) -> Answer {
    // The identifier is not looked at: it is that of the account.
    let device = register_device(&name("whatever"), NEW_PASSWORD, &Suite::STD).unwrap();
    let body = json!({"token": token, "reset_password_data": device});
    call(world, Method::PUT, "customer/password_reset_validation", None, &body).await
}

on_both_databases! {
    async fn a_forgotten_password_is_replaced_by_mail(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        ask(&world, "Ada@example.com").await.done();
        let mail = mails(&world, "ada@example.com", 2).await[1].clone();
        assert!(mail["text"].as_str().unwrap().contains("/dashboard/customer/validation/pw_reset/?token="), "{mail}");
        reset(&world, &token_of(&mail)).await.done();
        Owner::try_log_in(&world, "ada@example.com", PASSWORD).await.err().unwrap().refused(401, 112);
        let again = Owner::try_log_in(&world, "ada@example.com", NEW_PASSWORD).await.unwrap();
        assert_eq!(again.id, owner.id);
        assert!(!owner.is_alive().await, "a session outlived the reset");
        owner.put("refresh", &json!({"refresh_token": owner.refresh_token})).await.refused(400, 114);
        let told = mails(&world, "ada@example.com", 3).await;
        assert!(told[2]["subject"].as_str().unwrap().contains("password was changed"), "{told:?}");
    }

    async fn a_reset_token_works_once_and_for_an_hour(world: World) {
        Owner::new(&world, "ada@example.com").await;
        ask(&world, "ada@example.com").await.done();
        let first = token_of(&mails(&world, "ada@example.com", 2).await[1]);
        ask(&world, "ada@example.com").await.done();
        let second = token_of(&mails(&world, "ada@example.com", 3).await[2]);
        reset(&world, &first).await.refused(400, 62);
        reset(&world, "guessed").await.refused(400, 62);
        reset(&world, &second).await.done();
        reset(&world, &second).await.refused(400, 62);
        mails(&world, "ada@example.com", 4).await;
        ask(&world, "ada@example.com").await.done();
        let late = token_of(&mails(&world, "ada@example.com", 5).await[4]);
        world.advance_seconds(60 * 60 + 1);
        reset(&world, &late).await.refused(400, 62);
    }

    async fn a_reset_token_validates_no_address(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        ask(&world, "ada@example.com").await.done();
        let token = token_of(&mails(&world, "ada@example.com", 2).await[1]);
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.refused(400, 63);
        reset(&world, &token).await.done();
    }

    async fn asking_for_a_reset_does_not_tell_who_has_an_account(world: World) {
        Owner::unvalidated(&world, "unvalidated@example.com").await;
        mails(&world, "unvalidated@example.com", 1).await;
        ask(&world, "nobody@example.com").await.done();
        ask(&world, "unvalidated@example.com").await.done();
        ask(&world, "no address").await.refused(400, 64);
        // A mail to somebody else shows that the workers have had their time.
        Owner::new(&world, "ada@example.com").await;
        ask(&world, "ada@example.com").await.done();
        mails(&world, "ada@example.com", 2).await;
        assert_eq!(mails(&world, "nobody@example.com", 0).await.len(), 0);
        assert_eq!(mails(&world, "unvalidated@example.com", 0).await.len(), 1);
    }

    async fn a_reset_does_not_get_around_the_second_factor(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        owner.patch("register_otp").await.ok::<OtpRegister>();
        ask(&world, "ada@example.com").await.done();
        reset(&world, &token_of(&mails(&world, "ada@example.com", 2).await[1])).await.done();
        let login = derive(&world, "ada@example.com", NEW_PASSWORD).await;
        let answer = call(&world, Method::POST, "customer/done_login", None, &login.done_login()).await;
        assert_eq!(answer.json()["result"], "Otp");
    }

    async fn unusable_keys_do_not_use_the_token_up(world: World) {
        Owner::new(&world, "ada@example.com").await;
        ask(&world, "ada@example.com").await.done();
        let token = token_of(&mails(&world, "ada@example.com", 2).await[1]);
        let mut device = serde_json::to_value(crate::support::device_body("x")).unwrap();
        device["derived"]["keypair_encrypt_alg"] = json!("rot13");
        let body = json!({"token": token, "reset_password_data": device});
        call(&world, Method::PUT, "customer/password_reset_validation", None, &body).await.refused(422, 11);
        reset(&world, &token).await.done();
    }

    async fn a_password_is_changed_with_the_old_one_and_ends_other_sessions(world: World) {
        let other = Owner::unvalidated(&world, "ada@example.com").await;
        let owner = Owner::log_in(&world, "ada@example.com").await;
        let body = owner.login.change_password(NEW_PASSWORD, &owner.device_keys).unwrap();
        let stale = owner.stale().await;
        call(&world, Method::PUT, "customer/password", Some(&stale), &body).await.refused(401, 113);
        let mut wrong = serde_json::to_value(&body).unwrap();
        wrong["old_auth_key"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        owner.put("password", &wrong).await.refused(401, 112);
        owner.put("password", &body).await.done();
        assert!(owner.is_alive().await);
        assert!(!other.is_alive().await);
        Owner::try_log_in(&world, "ada@example.com", PASSWORD).await.err().unwrap().refused(401, 112);
        Owner::try_log_in(&world, "ada@example.com", NEW_PASSWORD).await.unwrap();
        let _: Value = owner.get("data").await.ok();
        mailed_token(&world, "ada@example.com", 1).await;
    }
}
