//! The end of an app, and of what is in it.

use hyper::Method;
use keyfold_protocol::id::UserId;
use keyfold_server::app::Owner;
use serde_json::{Value, json};

use crate::support::{Session, World, on_both_databases};
use crate::{Operator, new_app};

/// A user with a tree of groups.
async fn populate(world: &World, name: &str) -> Session {
    let user = world.new_user(name).await;
    let group = |answer: Value| answer["group_id"].as_str().unwrap().to_owned();
    let root = group(user.call(Method::POST, "group/light", &Value::Null).await.ok());
    for _ in 0..3 {
        let child: Value =
            user.call(Method::POST, &format!("group/{root}/child/light"), &Value::Null).await.ok();
        let child = group(child);
        user.call(Method::POST, &format!("group/{child}/child/light"), &Value::Null).await.ok::<Value>();
    }
    world
        .call(
            Method::POST,
            "user/prepare_register_device",
            None,
            &crate::support::device_body(&format!("{name} phone")),
        )
        .await
        .ok::<Value>();
    user
}

/// Tables that say which app a row belongs to.
async fn tables_of_apps(world: &World) -> Vec<String> {
    let db = &world.server().state().db;
    let sql = db.dialect().pick(
        "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'app_id' WHERE m.type = 'table'",
        "SELECT table_name::text FROM information_schema.columns WHERE column_name = 'app_id' AND table_schema = current_schema()",
    );
    let query =
        db.read((), move |tx, ()| Box::pin(async move { Ok(tx.query(sql, &[], |row| row.col()).await?) }));
    query.await.unwrap()
}

async fn rows_of_app(world: &World, app: &str) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for table in tables_of_apps(world).await {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE app_id = $1");
        found.push((table, world.count(sql.leak(), &[app]).await));
    }
    found
}

/// What the app's owner has set, and how much it has stored.
const SETTINGS: [&str; 3] = ["app_jwt_keys", "app_file_options", "app_file_usage"];

/// Rows other than those of settings.
fn total(rows: &[(String, i64)]) -> i64 {
    rows.iter().filter(|(table, _)| !SETTINGS.contains(&table.as_str())).map(|(_, rows)| rows).sum()
}

on_both_databases! {
    async fn a_reset_app_is_empty_and_works(world: World) {
        let operator = Operator::beside(&world).await;
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        let neighbour = populate(&other, "alice").await;
        let before = rows_of_app(&world, other.app.id.as_str()).await;
        let alice = populate(&world, "alice").await;
        operator.apps().reset(&world.app.id).await.unwrap();

        alice.get("user/user_keys/keys/0/none").await.refused(400, 100);
        alice.refresh().await.refused(400, 100);
        assert_eq!(total(&rows_of_app(&world, world.app.id.as_str()).await), 0);
        assert_eq!(operator.apps().show(&world.app.id).await.unwrap().app.name, "test");
        let again = world.new_user("alice").await;
        assert!(again.is_alive().await);
        assert_eq!(rows_of_app(&world, other.app.id.as_str()).await, before);
        assert!(neighbour.is_alive().await);
    }

    async fn a_deleted_app_is_gone_at_once_and_leaves_no_rows(world: World) {
        let operator = Operator::beside(&world).await;
        let other = world.another_app(keyfold_protocol::app::AppOptions::lax()).await;
        let neighbour = populate(&other, "alice").await;
        let alice = populate(&world, "alice").await;
        let id = world.app.id.as_str();
        operator.apps().delete(&world.app.id).await.unwrap();

        alice.get("user/user_keys/keys/0/none").await.refused(401, 200);
        world.backend(Method::POST, "exists", &json!({"user_identifier": "alice"})).await.refused(401, 200);
        assert_eq!(total(&rows_of_app(&world, id).await), 0);
        // Where its files are is known until the job has deleted their contents.
        while rows_of_app(&world, id).await.iter().any(|(_, rows)| *rows > 0) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM apps WHERE id = $1", &[id]).await, 0);
        for table in ["group_members", "group_member_keys", "group_keys", "devices", "sessions"] {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            assert!(world.count(sql.leak(), &[]).await > 0, "{table} of the other app");
        }
        assert_eq!(operator.apps().list().await.unwrap().len(), 1);
        assert!(neighbour.is_alive().await);
        assert!(operator.apps().delete(&world.app.id).await.is_err());
    }

    async fn the_apps_of_an_owner_end_with_it_and_a_server_removes_their_rows(world: World) {
        let operator = Operator::beside(&world).await;
        let owner = Owner::Customer(UserId::from("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        for name in ["one", "two"] {
            let mut new = new_app(name);
            new.options = keyfold_protocol::app::AppOptions::lax();
            let app = operator.apps().create(new, owner.clone()).await.unwrap();
            let token = app.public_token.expose();
            let body = crate::support::register_body("alice");
            world.call_with(token, Method::POST, "register", None, &body).await.ok::<Value>();
        }
        assert_eq!(operator.apps().delete_all_of_owner(owner).await.unwrap(), 2);
        assert_eq!(operator.apps().list().await.unwrap().len(), 1);
        // The workers look for jobs every two seconds.
        while world.count("SELECT COUNT(*) FROM apps WHERE id <> 'sentc_int'", &[]).await > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM users", &[]).await, 0);
        while world.count("SELECT COUNT(*) FROM jobs", &[]).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn a_large_app_is_deleted_in_small_transactions(world: World) {
        let alice = populate(&world, "alice").await;
        assert!(alice.is_alive().await);
        let insert = world.server().state().db.dialect().pick(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             SELECT (SELECT MIN(id) FROM groups), 'member ' || i, 0, 4, i, 0 FROM n",
            "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             SELECT (SELECT MIN(id) FROM groups), 'member ' || i, 0, 4, i, 0 FROM generate_series(1, 5000) i",
        );
        assert_eq!(world.execute(insert).await, 5_000);
        Operator::beside(&world).await.apps().delete(&world.app.id).await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM group_members", &[]).await, 0);
    }

    async fn every_table_of_an_app_is_part_of_its_reset(world: World) {
        let statements = include_str!("../../src/app/store/data.rs");
        for table in tables_of_apps(&world).await {
            // Settings stay; devices hang on users; files are marked, and removed by a job.
            let elsewhere = ["devices", "files", "storage_deliveries"];
            let is_covered = SETTINGS.contains(&table.as_str())
                || elsewhere.contains(&table.as_str())
                || statements.contains(&format!("SELECT id FROM {table} WHERE app_id = $1"));
            assert!(is_covered, "a reset of an app does not empty {table}");
        }
    }
}
