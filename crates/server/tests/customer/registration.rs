//! Who becomes a customer.

use hyper::Method;
use keyfold_server::customer::{Administration, CustomerRegistration};
use serde_json::{Value, json};

use crate::client::{
    Owner, call, mails, on_both_databases, register, registration, solved_captcha, start_with,
};
use crate::support::{Answer, Engine, World, device_body};

async fn try_register(world: &World, body: &Value) -> Answer {
    call(world, Method::POST, "customer/register", None, body).await
}

on_both_databases! {
    async fn a_new_customer_is_told_to_confirm_the_address_and_can_log_in(world: World) {
        let id = register(&world, "ada@example.com").await;
        let mail = &mails(&world, "ada@example.com", 1).await[0];
        assert_eq!(mail["to"], "ada@example.com");
        assert!(mail["text"].as_str().unwrap().contains("/dashboard/customer/validation/register/?token="), "{mail}");
        assert!(mail["html"].as_str().unwrap().contains("<a href="), "{mail}");
        let owner = Owner::log_in(&world, "ada@example.com").await;
        assert_eq!(owner.id, id);
        let profile = &owner.profile;
        assert_eq!(profile["validate_email"], json!(false));
        assert_eq!(profile["email"], "ada@example.com");
        assert_eq!((&profile["name"], &profile["first_name"], &profile["company"]), (&json!("Lovelace"), &json!("Ada"), &json!(null)));
    }

    async fn the_outcome_of_the_mail_is_noted(world: World) {
        let owner = Owner::unvalidated(&world, "ada@example.com").await;
        mails(&world, "ada@example.com", 1).await;
        // Noted right after it was sent.
        for _ in 0..200 {
            if owner.get("data").await.ok::<Value>()["email_status"] == json!(1) { break; }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let profile: Value = owner.get("data").await.ok();
        assert_eq!(profile["email_status"], json!(1));
        assert!(profile["email_send"].as_u64().unwrap() > 0);
    }

    async fn an_address_is_an_account_however_it_is_written(world: World) {
        let id = register(&world, "Ada@Example.com").await;
        for spelling in ["ada@example.com", "ADA@EXAMPLE.COM"] {
            let owner = Owner::log_in(&world, spelling).await;
            assert_eq!((owner.id.as_str(), &owner.profile["email"]), (id.as_str(), &json!("ada@example.com")));
            let body = registration(spelling, &solved_captcha(&world).await);
            try_register(&world, &body).await.refused(400, 101);
        }
    }

    async fn what_is_no_address_is_refused(world: World) {
        for bad in ["", "ada", "x@localhost", "a@b@c.d ", "ada@example.com\r\nbcc: bob@example.com", "ada @example.com"] {
            let mut body = registration("ada@example.com", &solved_captcha(&world).await);
            body["email"] = json!(bad);
            try_register(&world, &body).await.refused(400, 64);
        }
    }

    async fn an_account_logs_in_with_the_address_that_gets_its_mails(world: World) {
        let mut body = registration("ada@example.com", &solved_captcha(&world).await);
        body["register_data"] = serde_json::to_value(device_body("bob@example.com")).unwrap();
        try_register(&world, &body).await.refused(400, 64);
        let mut body = registration("ada@example.com", &solved_captcha(&world).await);
        body["register_data"] = serde_json::to_value(device_body("ada")).unwrap();
        try_register(&world, &body).await.refused(400, 64);
    }

    async fn a_refused_registration_leaves_nothing_behind(world: World) {
        register(&world, "ada@example.com").await;
        let users = world.count("SELECT COUNT(*) FROM users", &[]).await;
        for change in [
            |body: &mut Value| body["email"] = json!("ada@example.com"),
            |body: &mut Value| body["customer_data"]["name"] = json!("a".repeat(257)),
            |body: &mut Value| body["register_data"]["derived"]["keypair_encrypt_alg"] = json!("rot13"),
            |body: &mut Value| body["register_data"]["derived"]["client_random_value"] = json!("AAAA"),
        ] {
            let mut body = registration("bob@example.com", &solved_captcha(&world).await);
            change(&mut body);
            let refusal = try_register(&world, &body).await.refusal();
            assert!([(400, 64), (422, 11)].contains(&refusal), "{refusal:?}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM users", &[]).await, users);
        assert_eq!(world.count("SELECT COUNT(*) FROM customers", &[]).await, 1);
    }

    async fn of_two_who_register_an_address_at_the_same_moment_one_gets_it(world: World) {
        let mut bodies = Vec::new();
        for _ in 0..4 {
            bodies.push(registration("ada@example.com", &solved_captcha(&world).await));
        }
        let (a, b, c, d) = tokio::join!(
            try_register(&world, &bodies[0]), try_register(&world, &bodies[1]),
            try_register(&world, &bodies[2]), try_register(&world, &bodies[3]),
        );
        let answers = [a, b, c, d];
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.refusal() == (400, 101)).count(), 3);
        assert_eq!(mails(&world, "ada@example.com", 1).await.len(), 1);
    }

    async fn the_installation_has_an_app_of_its_own_that_no_token_opens(world: World) {
        assert_eq!(world.count("SELECT COUNT(*) FROM apps WHERE id = 'sentc_int'", &[]).await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM app_jwt_keys WHERE app_id = 'sentc_int'", &[]).await, 1);
        let other = crate::client::start(Engine::Sqlite).await;
        let hash = |world: World| async move {
            let db = world.server().state().db.clone();
            let sql = "SELECT public_token_hash FROM apps WHERE id = 'sentc_int'";
            let row = db.read((), move |tx, ()| Box::pin(async move {
                Ok(tx.query_opt(sql, &[], |row| row.col::<Vec<u8>>()).await?)
            }));
            row.await.unwrap().unwrap()
        };
        assert_ne!(hash(world.clone()).await, hash(other).await, "two installations share a token");
        // A restart finds the same one.
        let again = world.restarted(|_| {}).await;
        assert_eq!(again.count("SELECT COUNT(*) FROM app_jwt_keys WHERE app_id = 'sentc_int'", &[]).await, 1);
        // The operator's tools neither show it nor delete it.
        let state = world.server().state();
        let apps = keyfold_server::app::Administration::new(&state.db, &state.root_key, state.now());
        assert!(apps.list().await.unwrap().iter().all(|app| app.id.as_str() != "sentc_int"));
        assert!(apps.delete(&"sentc_int".into()).await.is_err());
        assert!(apps.reset(&"sentc_int".into()).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_installation_takes_nobody_whatever_is_sent() {
    let closed = |config: &mut keyfold_server::Config| {
        config.customers.registration = CustomerRegistration::Closed;
    };
    let world = start_with(Engine::Sqlite, closed).await;
    try_register(&world, &registration("ada@example.com", &solved_captcha(&world).await))
        .await
        .refused(400, 65);
    try_register(&world, &json!("no registration at all")).await.refused(400, 65);
    let info: Value = call(&world, Method::GET, "customer/info", None, &Value::Null).await.ok();
    assert_eq!(info["registration"], "closed");
    assert_eq!(world.count("SELECT COUNT(*) FROM customers", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_admits_one_address_once_and_proves_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let by_invitation = |config: &mut keyfold_server::Config| {
            config.customers.registration = CustomerRegistration::Invitation;
        };
        let world = start_with(engine, by_invitation).await;
        let state = world.server().state();
        let token = Administration::new(&state.db, state.now()).invite("ada@example.com").await.unwrap();
        let invited = async |email: &str, invitation: Value| {
            let mut body = registration(email, &solved_captcha(&world).await);
            body["invitation"] = invitation;
            try_register(&world, &body).await
        };
        invited("ada@example.com", json!(null)).await.refused(400, 65);
        invited("ada@example.com", json!("guessed")).await.refused(400, 65);
        invited("bob@example.com", json!(token.expose())).await.refused(400, 65);
        invited("Ada@example.com", json!(token.expose())).await.ok::<Value>();
        invited("ada@example.com", json!(token.expose())).await.refused(400, 65);
        // Who has got the invitation reads the mails of the address.
        assert_eq!(Owner::log_in(&world, "ada@example.com").await.profile["validate_email"], json!(true));

        let late = Administration::new(&state.db, state.now()).invite("late@example.com").await.unwrap();
        world.advance_seconds(7 * 24 * 60 * 60 + 1);
        invited("late@example.com", json!(late.expose())).await.refused(400, 65);
    }
}
