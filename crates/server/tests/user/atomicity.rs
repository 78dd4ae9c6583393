//! What belongs together is seen together, and what was done is answered as done.

use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Method;
use serde_json::{Value, json};

use crate::devices::add;
use crate::support::{PASSWORD, World, on_both_databases, register_body};

on_both_databases! {
    async fn nobody_finds_an_account_or_a_key_that_is_stored_by_half(world: World) {
        let mut alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let is_over = AtomicBool::new(false);
        let write = async {
            for number in 0..12 {
                world.call(Method::POST, "register", None, &register_body(&format!("user {number}"))).await.ok::<Value>();
                crate::keys::rotate(&alice).await;
                alice.user_keys = crate::keys::newest(&alice).await;
            }
            is_over.store(true, Ordering::Relaxed);
        };
        let mut looks = 0;
        let look = async {
            while !is_over.load(Ordering::Relaxed) {
                for (what, sql) in HALVES {
                    assert_eq!(world.count(sql, &[]).await, 0, "{what}");
                }
                looks += 1;
                tokio::task::yield_now().await;
            }
        };
        // What the world sees of a user is complete, too.
        let ask = async {
            while !is_over.load(Ordering::Relaxed) {
                let public: Value = phone.get(&format!("user/{}/public_key", phone.user_id())).await.ok();
                let id = public["public_key_id"].as_str().unwrap();
                phone.get(&format!("user/{}/verify_key/{id}", phone.user_id())).await.ok::<Value>();
            }
        };
        tokio::join!(write, look, ask);
        assert!(looks > 0);
    }

    async fn a_session_in_use_is_answered_whether_or_not_that_can_be_noted(world: World) {
        let alice = world.new_user("alice").await;
        refuse(&world, "UPDATE ON sessions").await;
        world.advance_seconds(24 * 60 * 60);
        let body = json!({"refresh_token": alice.refresh_token});
        let answer: Value = alice.call(Method::PUT, "refresh", &body).await.ok();
        assert!(answer["jwt"].is_string());
    }

    async fn an_action_that_cannot_be_logged_has_not_happened(world: World) {
        let alice = world.new_user("alice").await;
        refuse(&world, "INSERT ON action_log").await;
        assert_eq!(alice.delete("user").await.status, 500);
        assert!(alice.is_alive().await, "the answer said that it had failed");
        let login = world.derive("alice", PASSWORD).await;
        assert_eq!(world.call(Method::POST, "done_login", None, &login.done_login()).await.status, 500);
        assert_eq!(world.count("SELECT count(*) FROM login_challenges", &[]).await, 0);
        allow(&world, "action_log").await;
        alice.delete("user").await.done();
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 100);
    }
}

const HALVES: [(&str, &str); 4] = [
    (
        "a user without a complete device",
        "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.id
            AND d.public_key <> '' AND d.encrypted_private_key <> '' AND d.encrypted_master_key <> '')",
    ),
    (
        "a user without a complete newest key",
        "SELECT count(*) FROM users u JOIN groups g ON g.id = u.group_id WHERE NOT EXISTS (
            SELECT 1 FROM group_keys k WHERE k.id = g.current_key_id AND k.public_key <> '' AND k.encrypted_private_key <> '' AND k.verify_key <> '')",
    ),
    ("a user without a group", "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = u.group_id)"),
    (
        "a key that a device neither has nor can take over",
        "SELECT count(*) FROM group_keys k JOIN group_members m ON m.group_id = k.group_id
         WHERE NOT EXISTS (SELECT 1 FROM group_member_keys c WHERE c.key_id = k.id AND c.member_id = m.member_id)
            AND NOT EXISTS (SELECT 1 FROM pending_key_rotations p WHERE p.key_id = k.id AND p.member_id = m.member_id)",
    ),
];

/// Has the database refuse an event, as if its disk were full: `INSERT ON table`.
async fn refuse(world: &World, event: &str) {
    let statements = match world.server().state().db.dialect() {
        keyfold_server::db::Dialect::Sqlite => {
            vec![format!("CREATE TRIGGER refuse BEFORE {event} BEGIN SELECT RAISE(ABORT, 'no'); END")]
        }
        keyfold_server::db::Dialect::Postgres => vec![
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'".to_owned(),
            format!("CREATE TRIGGER refuse BEFORE {event} FOR EACH ROW EXECUTE FUNCTION refuse()"),
        ],
    };
    for statement in statements {
        world.execute(statement.leak()).await;
    }
}

async fn allow(world: &World, table: &str) {
    let postgres = format!("DROP TRIGGER refuse ON {table}");
    world.execute(world.server().state().db.dialect().pick("DROP TRIGGER refuse", postgres.leak())).await;
}
