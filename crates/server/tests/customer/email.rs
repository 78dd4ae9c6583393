//! The address of a customer: who proves it, and how it is changed.

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Owner, call, mailed_token, mails, on_both_databases, token_of};
use crate::support::{PASSWORD, World, device_body};

async fn is_validated(owner: &Owner) -> bool {
    owner.get("data").await.ok::<Value>()["validate_email"].as_bool().unwrap()
}

on_both_databases! {
    async fn a_token_validates_the_address_once(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let token = mailed_token(&world, "ada@example.com", 1).await;
        assert_eq!(token.len(), 40);
        owner.call(Method::POST, "register_validation", &json!({"token": "guessed"})).await.refused(400, 63);
        assert!(!is_validated(&owner).await);
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.done();
        assert!(is_validated(&owner).await);
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.refused(400, 63);
        call(&world, Method::POST, "customer/register_validation", None, &json!({"token": token})).await.refused(401, 31);
    }

    async fn a_token_is_not_kept_in_clear_and_expires(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let token = mailed_token(&world, "ada@example.com", 1).await;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        let db = &world.server().state().db;
        let stored = db.read((), |tx, ()| Box::pin(async move {
            Ok(tx.query("SELECT token_hash FROM customer_tokens", &[], |row| row.col::<Vec<u8>>()).await?)
        }));
        assert_eq!(stored.await.unwrap(), [hash.as_ref()]);
        world.advance_seconds(60 * 60 + 1);
        let jwt = owner.stale().await;
        call(&world, Method::POST, "customer/register_validation", Some(&jwt), &json!({"token": token})).await.refused(400, 63);
    }

    async fn the_token_of_another_customer_validates_nothing(world: World) {
        let ada = Owner::unvalidated(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let token = mailed_token(&world, "ada@example.com", 1).await;
        bob.call(Method::POST, "register_validation", &json!({"token": token})).await.refused(400, 63);
        assert!(!is_validated(&bob).await);
        // Its owner can still use it.
        ada.call(Method::POST, "register_validation", &json!({"token": token})).await.done();
    }

    async fn a_token_of_a_registration_resets_no_password(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let token = mailed_token(&world, "ada@example.com", 1).await;
        let reset = json!({"token": token, "reset_password_data": device_body("ada@example.com")});
        call(&world, Method::PUT, "customer/password_reset_validation", None, &reset).await.refused(400, 62);
        assert!(owner.is_alive().await);
    }

    async fn another_mail_ends_the_token_of_the_one_before(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        let first = mailed_token(&world, "ada@example.com", 1).await;
        owner.patch("email_resend").await.done();
        let second = mailed_token(&world, "ada@example.com", 2).await;
        owner.call(Method::POST, "register_validation", &json!({"token": first})).await.refused(400, 63);
        owner.call(Method::POST, "register_validation", &json!({"token": second})).await.done();
        owner.patch("email_resend").await.refused(400, 63);
    }

    async fn an_account_moves_to_a_new_address_when_that_is_confirmed(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        owner.put("", &json!({"new_email": "Ada@Example.org"})).await.done();
        // Until then nothing changes.
        Owner::log_in(&world, "ada@example.com").await;
        Owner::try_log_in(&world, "ada@example.org", PASSWORD).await.err().unwrap().refused(401, 112);
        let token = mailed_token(&world, "ada@example.org", 1).await;
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.done();
        Owner::try_log_in(&world, "ada@example.com", PASSWORD).await.err().unwrap().refused(401, 112);
        let moved = Owner::log_in(&world, "ada@example.org").await;
        assert_eq!((&moved.id, &moved.profile["email"]), (&owner.id, &json!("ada@example.org")));
        assert!(is_validated(&moved).await);
        // The old address is told, and free again.
        let told = mails(&world, "ada@example.com", 2).await;
        assert!(told[1]["subject"].as_str().unwrap().contains("new e-mail address"), "{told:?}");
        Owner::unvalidated(&world, "ada@example.com").await;
    }

    async fn a_stolen_session_is_not_enough_to_move_an_account(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let stale = owner.stale().await;
        let body = json!({"new_email": "thief@example.com"});
        call(&world, Method::PUT, "customer", Some(&stale), &body).await.refused(401, 113);
    }

    async fn an_address_of_another_account_cannot_be_taken_over(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        Owner::unvalidated(&world, "bob@example.com").await;
        ada.put("", &json!({"new_email": "bob@example.com"})).await.refused(400, 101);
        ada.put("", &json!({"new_email": "x@localhost"})).await.refused(400, 64);
        // Somebody registers it while the mail is on its way.
        ada.put("", &json!({"new_email": "eve@example.com"})).await.done();
        let token = mailed_token(&world, "eve@example.com", 1).await;
        Owner::unvalidated(&world, "eve@example.com").await;
        ada.call(Method::POST, "register_validation", &json!({"token": token})).await.refused(400, 101);
        assert_eq!(ada.get("data").await.ok::<Value>()["email"], "ada@example.com");
    }

    async fn a_change_that_was_given_up_cannot_be_confirmed(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        owner.put("", &json!({"new_email": "one@example.com"})).await.done();
        let one = mailed_token(&world, "one@example.com", 1).await;
        owner.put("", &json!({"new_email": "two@example.com"})).await.done();
        mailed_token(&world, "two@example.com", 1).await;
        owner.call(Method::POST, "register_validation", &json!({"token": one})).await.refused(400, 63);
        owner.patch("email_resend").await.done();
        let two = token_of(&mails(&world, "two@example.com", 2).await[1]);
        owner.put("", &json!({"new_email": "ada@example.com"})).await.done();
        owner.call(Method::POST, "register_validation", &json!({"token": two})).await.refused(400, 63);
        assert_eq!(owner.get("data").await.ok::<Value>()["email"], "ada@example.com");
    }
}
