//! The whole life of an owner, from the registration to an empty database.

use std::collections::BTreeMap;

use hyper::Method;
use keyfold_protocol::app::{Access, AppOption, AppOptions};
use keyfold_protocol::customer::app::{AppRegisterOutput, AppTokens, JwtRegister};
use keyfold_protocol::user::OtpRegister;
use keyfold_server::endpoint::{Governed, Operation, Segment};
use keyfold_server::openapi::operations;
use serde_json::{Value, json};

use crate::apps::{app_body, as_app, ask};
use crate::client::{Owner, call, mailed_token, on_both_databases};
use crate::login::code;
use crate::support::{Session, World};

const EMAIL: &str = "ada@example.com";

/// Rows per table, all tables.
async fn row_counts(world: &World) -> BTreeMap<String, i64> {
    let db = &world.server().state().db;
    let sql = db.dialect().pick(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()",
    );
    let tables = db.read((), move |tx, ()| {
        Box::pin(async move { Ok(tx.query(sql, &[], |row| row.col::<String>()).await?) })
    });
    let mut counts = BTreeMap::new();
    for table in tables.await.unwrap() {
        let sql = format!("SELECT COUNT(*) FROM {table}").leak();
        counts.insert(table, world.count(sql, &[]).await);
    }
    counts
}

/// The status and code of an endpoint for somebody who is logged in and names nothing that exists.
async fn try_operation(user: &Session, token: &str, operation: &Operation) -> (u16, u64) {
    let mut path = operation.path.trim_start_matches("/api/v1/").to_owned();
    for parameter in &operation.parameters {
        let value = match parameter.segment {
            Segment::Number => "0",
            Segment::Text | Segment::Uuid => "0190a6a4-3b1c-7cde-8f01-23456789abcd",
        };
        path = path.replace(&format!("{{{}}}", parameter.name), value);
    }
    // A body that nothing can be read from: what is refused later than that is allowed.
    user.world.call_with(token, operation.method.clone(), &path, Some(&user.jwt), &json!("?")).await.refusal()
}

on_both_databases! {
    async fn the_whole_life_of_an_owner(world: World) {
        let at_first = row_counts(&world).await;

        // Registered with a captcha, validated, logged in with a second factor.
        let owner = Owner::unvalidated(&world, EMAIL).await;
        owner.call(Method::POST, "app", &app_body("My app")).await.refused(400, 61);
        let token = mailed_token(&world, EMAIL, 1).await;
        owner.call(Method::POST, "register_validation", &json!({"token": token})).await.done();
        let otp: OtpRegister = owner.patch("register_otp").await.ok();
        let owner = Owner::try_second_factor(&world, EMAIL, "validate_mfa", &code(&world, &otp)).await.unwrap();
        assert_eq!(owner.profile["validate_email"], json!(true));

        // An app with the lax preset, and a user of it.
        let app: AppRegisterOutput = owner.call(Method::POST, "app", &app_body("My app")).await.ok();
        let path = format!("app/{}", app.app_id);
        let client = as_app(&world, &app);
        let user = client.new_user("alice").await;
        user.call(Method::POST, "group/light", &Value::Null).await.ok::<Value>();

        // Each option, and its effect on every endpoint that it governs, at once.
        let operations = operations();
        let mut without_endpoint = Vec::new();
        for option in AppOption::ALL {
            let governed: Vec<_> =
                operations.iter().filter(|operation| operation.governed == Governed::By(*option)).collect();
            if governed.is_empty() {
                without_endpoint.push(option.name());
            }
            for (access, public_may, secret_may) in
                [(Access::Blocked, false, false), (Access::Secret, false, true), (Access::Public, true, true)]
            {
                let mut options = AppOptions::lax();
                options.set(*option, access);
                owner.put(&format!("{path}/options"), &options).await.done();
                for operation in &governed {
                    // These would end what the other endpoints need.
                    let ends = operation.method == Method::DELETE && operation.path == "/api/v1/user";
                    for (token, may) in [(&app.public_token, public_may), (&app.secret_token, secret_may)] {
                        if ends && may {
                            continue;
                        }
                        let refusal = try_operation(&user, token.expose(), operation).await;
                        let name = format!("{} {} with {} = {access:?}", operation.method, operation.path, option.name());
                        assert_eq!(refusal != (400, 203), may, "{name}: {refusal:?}");
                    }
                }
            }
        }
        // Those for searchable contents are reserved.
        assert!(without_endpoint.iter().all(|option| option.starts_with("content")), "{without_endpoint:?}");

        // Limits of groups.
        let rotation = json!({"max_key_rotation_month": 0, "min_rank_key_rotation": 0});
        owner.put(&format!("{path}/group_options"), &rotation).await.done();
        let storage = json!({"file_storage": 1, "storage_url": "https://example.com/deleted", "auth_token": "token"});
        owner.put(&format!("{path}/file_options"), &storage).await.done();
        let details: Value = owner.get(&path).await.ok();
        assert_eq!((&details["group_options"], &details["file_options"]), (&rotation, &storage));
        owner.put(&path, &json!({"identifier": "Our app"})).await.done();

        // Tokens: the old ones are refused at once.
        let renewed: AppTokens = owner.patch(&format!("{path}/token_renew")).await.ok();
        ask(&world, app.public_token.expose()).await.refused(401, 200);
        ask(&world, app.secret_token.expose()).await.refused(401, 200);
        let app = AppRegisterOutput { secret_token: renewed.secret_token, public_token: renewed.public_token, ..app };
        let client = as_app(&world, &app);

        // Keys: what the deleted one has signed is refused at once.
        let key: JwtRegister = owner.patch(&format!("{path}/new_jwt_keys")).await.ok();
        let by_the_new_key = client.login("alice").await;
        let by_the_old_key = client.call(Method::GET, "user/user_keys/keys/0/none", Some(&user.jwt), &Value::Null).await;
        by_the_old_key.ok::<Value>();
        owner.delete(&format!("{path}/jwt/{}", app.jwt_data.jwt_id)).await.done();
        client.call(Method::GET, "user/user_keys/keys/0/none", Some(&user.jwt), &Value::Null).await.refused(200, 35);
        assert!(by_the_new_key.is_alive().await);
        owner.delete(&format!("{path}/jwt/{}", key.jwt_id)).await.refused(400, 203);

        // To a group.
        let group: Value = owner.call(Method::POST, "group", &json!({"name": "Team"})).await.ok();
        let group = group["group_id"].as_str().unwrap();
        owner.put(&format!("{path}/owner"), &json!({"group_id": group})).await.done();
        assert_eq!(owner.get(&path).await.ok::<Value>()["details"]["group_name"], "Team");
        let view: Value = owner.get(&format!("group/{group}")).await.ok();
        assert_eq!(view["apps"][0]["identifier"], "Our app");
        assert!(by_the_new_key.is_alive().await, "clients notice a new owner");

        // Reset, then everything away.
        owner.delete(&format!("{path}/reset")).await.done();
        client.new_user("alice again").await;
        owner.call(Method::POST, "app", &app_body("Another")).await.ok::<Value>();
        owner.delete(&format!("group/{group}")).await.done();
        ask(&world, app.public_token.expose()).await.refused(401, 200);
        owner.delete("").await.done();
        call(&world, Method::GET, "customer/data", Some(&owner.jwt), &Value::Null).await.refused(400, 100);

        // The jobs remove what is left. Nothing may be: neither rows nor jobs.
        let mut left = row_counts(&world).await;
        for _ in 0..600 {
            if left.get("jobs") == Some(&0) { break; }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            left = row_counts(&world).await;
        }
        // The tables were counted one after the other, and those before `jobs` while a job still ran.
        assert_eq!(row_counts(&world).await, at_first);
    }
}
