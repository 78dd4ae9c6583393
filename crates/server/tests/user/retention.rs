//! What has expired is forgotten.

use hyper::Method;
use keyfold_server::retention::forget_expired;
use serde_json::Value;

use crate::devices::prepare;
use crate::support::{PASSWORD, World, on_both_databases};

on_both_databases! {
    async fn expired_rows_are_deleted_and_no_others(world: World) {
        let alice = world.new_user("alice").await;
        prepare(&world, "phone").await;
        let login = world.derive("alice", PASSWORD).await;
        for _ in 0..3 {
            world.call(Method::POST, "done_login", None, &login.done_login()).await.ok::<Value>();
        }
        let state = world.server().state();
        assert_eq!(forget_expired(state).await.unwrap(), 0);
        world.advance_seconds(2 * 60 * 60);
        // Three challenges and the device that nobody confirmed.
        assert_eq!(forget_expired(state).await.unwrap(), 4);
        alice.refresh().await.ok::<Value>();
        world.advance_seconds(500 * 24 * 60 * 60);
        // The session, and the four logins in the log.
        assert_eq!(forget_expired(state).await.unwrap(), 5);
        assert_eq!(world.count("SELECT count(*) FROM sessions", &[]).await, 0);
        assert_eq!(world.count("SELECT count(*) FROM users", &[]).await, 1);
    }
}
