//! New tokens, and the end of the old ones.

use hyper::Method;
use serde_json::json;

use crate::Operator;
use crate::support::{World, on_both_databases};

on_both_databases! {
    async fn renewed_tokens_replace_the_old_ones_at_once(world: World) {
        let operator = Operator::beside(&world).await;
        let body = json!({"user_identifier": "alice"});
        let old = [world.app.public_token.expose(), world.app.secret_token.expose()];
        for token in old {
            world.call_with(token, Method::POST, "exists", None, &body).await.ok::<serde_json::Value>();
        }
        let renewed = operator.apps().renew_tokens(&world.app.id).await.unwrap();
        for token in old {
            world.call_with(token, Method::POST, "exists", None, &body).await.refused(401, 200);
        }
        for (token, length) in [(&renewed.public, 40), (&renewed.secret, 68)] {
            assert_eq!(token.expose().len(), length);
            world.call_with(token.expose(), Method::POST, "exists", None, &body).await.ok::<serde_json::Value>();
        }
        let again = operator.apps().renew_tokens(&world.app.id).await.unwrap();
        assert_ne!((again.public, again.secret), (renewed.public, renewed.secret));
    }

    async fn users_stay_logged_in_when_the_tokens_of_their_app_change(world: World) {
        let alice = world.new_user("alice").await;
        let renewed = Operator::beside(&world).await.apps().renew_tokens(&world.app.id).await.unwrap();
        let path = "user/user_keys/keys/0/none";
        let answer = world
            .call_with(renewed.public.expose(), Method::GET, path, Some(&alice.jwt), &serde_json::Value::Null)
            .await;
        answer.ok::<serde_json::Value>();
    }
}
