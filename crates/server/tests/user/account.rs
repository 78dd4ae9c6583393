//! Changes of identifier and password, and the end of an account.

use hyper::Method;
use keyfold_crypto::Suite;
use serde_json::{Value, json};

use crate::support::{PASSWORD, World, on_both_databases, register_body};

const NEW_PASSWORD: &str = "another password";

on_both_databases! {
    async fn a_renamed_device_logs_in_under_the_new_name_alone(world: World) {
        let session = world.new_user("alice").await;
        world.register("bob").await;
        session.call(Method::PUT, "user", &json!({"user_identifier": "bob"})).await.refused(400, 101);
        session.call(Method::PUT, "user", &json!({"user_identifier": "alice"})).await.done();
        session.call(Method::PUT, "user", &json!({"user_identifier": "carol"})).await.done();
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 100);
        assert_eq!(world.login("carol").await.user_id(), session.user_id());
        world.register("alice").await;
    }

    async fn a_changed_password_replaces_the_old_one(world: World) {
        let session = world.new_user("alice").await;
        let body = session.login.change_password(NEW_PASSWORD, &session.device_keys).unwrap();
        session.call(Method::PUT, "user/update_pw", &body).await.done();
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 112);
        let again = world.try_login("alice", NEW_PASSWORD).await.unwrap();
        assert_eq!(again.user_keys.len(), 1, "the keys are the same");
    }

    async fn a_password_change_needs_a_recent_login_and_the_old_password(world: World) {
        let session = world.new_user("alice").await;
        let body = session.login.change_password(NEW_PASSWORD, &session.device_keys).unwrap();
        let stale = session.refreshed_jwt().await;
        world.call(Method::PUT, "user/update_pw", Some(&stale), &body).await.refused(401, 113);
        let mut wrong = serde_json::to_value(&body).unwrap();
        wrong["old_auth_key"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        session.call(Method::PUT, "user/update_pw", &wrong).await.refused(401, 112);
        wrong["old_auth_key"] = json!("AAAA");
        session.call(Method::PUT, "user/update_pw", &wrong).await.refused(401, 111);
        let mut short = serde_json::to_value(&body).unwrap();
        short["new_hashed_authentication_key"] = json!("AAAA");
        session.call(Method::PUT, "user/update_pw", &short).await.refused(422, 11);
        let mut unknown = serde_json::to_value(&body).unwrap();
        unknown["new_derived_alg"] = json!("rot13");
        session.call(Method::PUT, "user/update_pw", &unknown).await.refused(422, 11);
        world.login("alice").await;
    }

    async fn a_password_change_ends_the_other_sessions_and_open_challenges_of_the_device(world: World) {
        let other = world.new_user("alice").await;
        let session = world.login("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        world.call(Method::POST, "done_login", None, &login.done_login()).await.ok::<Value>();
        let body = session.login.change_password(NEW_PASSWORD, &session.device_keys).unwrap();
        session.call(Method::PUT, "user/update_pw", &body).await.done();
        assert!(session.is_alive().await, "the session that changed it goes on");
        session.refresh().await.ok::<Value>();
        assert!(!other.is_alive().await);
        other.refresh().await.refused(400, 114);
        assert_eq!(world.count("SELECT count(*) FROM login_challenges", &[]).await, 0);
    }

    async fn a_reset_password_keeps_the_keys_and_ends_the_other_sessions(world: World) {
        let other = world.new_user("alice").await;
        let session = world.login("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        world.call(Method::POST, "done_login", None, &login.done_login()).await.ok::<Value>();
        let body = session.device.reset_password(NEW_PASSWORD, &Suite::STD).unwrap();
        let stale = session.refreshed_jwt().await;
        world.call(Method::PUT, "user/reset_pw", Some(&stale), &body).await.done();
        assert!(session.is_alive().await && !other.is_alive().await);
        assert_eq!(world.count("SELECT count(*) FROM login_challenges", &[]).await, 0);
        other.refresh().await.refused(400, 114);
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 112);
        let again = world.try_login("alice", NEW_PASSWORD).await.unwrap();
        assert_eq!(again.user_keys[0].id(), session.user_keys[0].id());
        let mut short = serde_json::to_value(&body).unwrap();
        short["hashed_authentication_key"] = json!("");
        session.call(Method::PUT, "user/reset_pw", &short).await.refused(422, 11);
    }

    async fn a_deleted_account_leaves_nothing_behind(world: World) {
        let session = world.new_user("alice").await;
        session.call(Method::PATCH, "user/register_otp", &Value::Null).await.ok::<Value>();
        let public_key = session.user_keys[0].group.public_key().unwrap();
        let group = keyfold_crypto::group::create(public_key, None, &Suite::STD).unwrap().0;
        session.call(Method::POST, "group", &group).await.ok::<Value>();
        let stale = session.refreshed_jwt().await;
        world.call(Method::DELETE, "user", Some(&stale), &Value::Null).await.refused(401, 113);
        session.delete("user").await.done();
        session.get("user/user_keys/keys/0/none").await.refused(400, 100);
        session.refresh().await.refused(400, 100);
        world.try_login("alice", PASSWORD).await.err().unwrap().refused(401, 100);
        for table in [
            "SELECT count(*) FROM users",
            "SELECT count(*) FROM devices",
            "SELECT count(*) FROM sessions",
            "SELECT count(*) FROM login_challenges",
            "SELECT count(*) FROM otp_recovery_keys",
            "SELECT count(*) FROM group_keys k JOIN groups g ON g.id = k.group_id WHERE g.kind = 1",
            "SELECT count(*) FROM groups WHERE kind = 1",
            "SELECT count(*) FROM group_members",
            "SELECT count(*) FROM group_member_keys",
        ] {
            assert_eq!(world.count(table, &[]).await, 0, "{table}");
        }
        world.register("alice").await;
    }

    async fn a_body_over_the_limit_is_refused(world: World) {
        let mut body = serde_json::to_value(register_body("alice")).unwrap();
        body["padding"] = json!("x".repeat(262_144));
        world.call(Method::POST, "register", None, &body).await.refused(413, 12);
    }
}
