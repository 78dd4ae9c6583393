//! Secrets in the database, and the root key they are encrypted under.

use keyfold_server::app::App;
use keyfold_server::db::Db;
use keyfold_server::installation::{InstallationError, rotate_root_key};
use keyfold_server::{DatabaseConfig, RootKey, Server, StartError};
use serde_json::Value;

use crate::second_factor;
use crate::support::{Engine, World, on_both_databases};

on_both_databases! {
    async fn a_server_refuses_to_start_with_a_wrong_root_key(world: World) {
        let mut config = world.config();
        config.root_key = RootKey::new(1, &[8; 32]).unwrap();
        let refused = Server::start(config).await.err().unwrap();
        assert!(matches!(refused, StartError::Installation(InstallationError::WrongRootKey)), "{refused}");
        assert!(refused.to_string().contains("root key"));
    }

    async fn a_rotated_root_key_opens_everything_and_the_old_one_nothing(world: World) {
        let session = world.new_user("alice").await;
        let otp = second_factor::register(&session).await;
        let (old, new) = (world.config().root_key, RootKey::new(2, &[9; 32]).unwrap());
        let db = &world.server().state().db;
        let wrong = RootKey::new(1, &[8; 32]).unwrap();
        assert!(matches!(rotate_root_key(db, &wrong, &new).await, Err(InstallationError::WrongRootKey)));
        // Check value, lookup secret, signing keys of the app and of the installation, TOTP secret, six recovery keys.
        assert_eq!(rotate_root_key(db, &old, &new).await.unwrap(), 12);
        assert!(Server::start(world.config()).await.is_err());
        let rotated = world.restarted(|config| config.root_key = new).await;
        let code = second_factor::code(&rotated, &otp, 0);
        let session = rotated.try_second_factor("alice", "validate_mfa", &code).await.unwrap();
        assert!(session.is_alive().await, "the signing key opens as well");
        let left: Value = session.get("user/otp_recovery_keys").await.ok();
        assert_eq!(left["keys"].as_array().unwrap().len(), 6);
    }

    async fn a_secret_copied_to_another_row_does_not_open(world: World) {
        let alice = world.new_user("alice").await;
        let mallory = world.new_user("mallory").await;
        let otp = second_factor::register(&mallory).await;
        second_factor::register(&alice).await;
        world.execute(
            "UPDATE users SET sealed_otp_secret = (SELECT m.sealed_otp_secret FROM users m JOIN devices d ON d.user_id = m.id
             ORDER BY d.created_at DESC, d.id DESC LIMIT 1)",
        ).await;
        let code = second_factor::code(&world, &otp, 0);
        world.try_second_factor("alice", "validate_mfa", &code).await.err().unwrap().refused(400, 10_001);
        world.try_second_factor("mallory", "validate_mfa", &code).await.unwrap();
    }

    async fn everything_survives_a_restart(world: World) {
        let session = world.new_user("alice").await;
        let again = world.restarted(|_| {}).await;
        let body = serde_json::json!({"refresh_token": session.refresh_token});
        again.call(hyper::Method::PUT, "refresh", Some(&session.jwt), &body).await.ok::<Value>();
        again.login("alice").await;
    }
}

#[tokio::test]
async fn an_app_does_not_show_its_keys_when_printed() {
    fn assert_debug<T: std::fmt::Debug>() {}
    assert_debug::<App>();
    let world = World::start(Engine::Sqlite).await;
    let printed = format!("{:?}", world.app);
    assert!(
        !printed.contains(world.app.secret_token.expose())
            && !printed.contains(world.app.jwt_sign_key.expose())
    );
}

/// A copy of the file of an SQLite database holds what is stored, and not what was.
#[tokio::test]
async fn deleted_secrets_do_not_stay_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyfold.db");
    let holds_secret = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let mut contents = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        contents.any(|content| content.windows(16).any(|window| window == b"secretsecretsecr"))
    };
    for delete in [false, true] {
        let db = Db::open(&DatabaseConfig::Sqlite { path: path.clone() }).await.unwrap();
        let sql = if delete {
            "DELETE FROM server_facts WHERE name = 'a secret'"
        } else {
            // Larger than a page: it lies on pages of its own.
            "INSERT INTO server_facts (name, value) VALUES ('a secret', CAST(replace(hex(zeroblob(2000)), '0', 'secret') AS BLOB))"
        };
        db.write((), move |tx, ()| Box::pin(async move { Ok(tx.execute(sql, &[]).await?) })).await.unwrap();
        db.close().await;
        assert_eq!(holds_secret(), !delete);
    }
}
