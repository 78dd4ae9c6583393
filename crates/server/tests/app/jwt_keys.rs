//! Keys for access tokens: added, listed, deleted.

use hyper::Method;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::JwtKeyId;
use keyfold_server::app::{MAX_JWT_KEYS, PrivateKeys};
use serde_json::Value;

use crate::support::{World, on_both_databases};
use crate::{Operator, new_app};

on_both_databases! {
    async fn the_newest_key_signs_and_older_ones_verify_until_they_are_deleted(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let alice = world.new_user("alice").await;
        assert_eq!(kid(&alice.jwt), world.app.jwt_key_id.as_str());
        let added = apps.add_jwt_key(&world.app.id).await.unwrap();
        assert!(alice.is_alive().await);
        let later = world.login("alice").await;
        assert_eq!(kid(&later.jwt), added.id.as_str());

        apps.delete_jwt_key(&world.app.id, &world.app.jwt_key_id).await.unwrap();
        alice.get("user/user_keys/keys/0/none").await.refused(200, 35);
        assert!(later.is_alive().await);
        let jwks = world.raw(Method::GET, "/api/v1/app/jwks", &token(&world), Vec::new()).await.json();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 1);
        assert_eq!(jwks["keys"][0]["kid"], added.id.as_str());
    }

    async fn the_newest_key_signs_also_when_the_clock_was_set_back(world: World) {
        let mut operator = Operator::beside(&world).await;
        operator.now -= 1_000_000;
        for _ in 0..3 {
            let added = operator.apps().add_jwt_key(&world.app.id).await.unwrap();
            let listed = operator.apps().jwt_keys(&world.app.id, PrivateKeys::Hidden).await.unwrap();
            assert_eq!(listed.first().unwrap().id, added.id);
        }
    }

    async fn the_only_key_of_an_app_cannot_be_deleted(world: World) {
        let operator = Operator::beside(&world).await;
        let refused = operator.apps().delete_jwt_key(&world.app.id, &world.app.jwt_key_id).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NoAccess);
        world.new_user("alice").await;
    }

    async fn of_two_who_delete_the_last_two_keys_one_is_refused(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        for _ in 0..5 {
            let keys = apps.jwt_keys(&world.app.id, PrivateKeys::Hidden).await.unwrap();
            let added = apps.add_jwt_key(&world.app.id).await.unwrap();
            let other = Operator::beside(&world).await;
            let administration = other.apps();
            let outcomes = tokio::join!(
                apps.delete_jwt_key(&world.app.id, &added.id),
                administration.delete_jwt_key(&world.app.id, &keys[0].id),
            );
            assert_ne!(outcomes.0.is_ok(), outcomes.1.is_ok());
            assert_eq!(apps.jwt_keys(&world.app.id, PrivateKeys::Hidden).await.unwrap().len(), 1);
        }
    }

    async fn an_app_has_at_most_ten_keys(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        for _ in 1..MAX_JWT_KEYS {
            apps.add_jwt_key(&world.app.id).await.unwrap();
        }
        assert_eq!(apps.add_jwt_key(&world.app.id).await.unwrap_err().code(), ErrorCode::NoAccess);
    }

    async fn private_keys_are_shown_only_when_asked_for(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let hidden = apps.jwt_keys(&world.app.id, PrivateKeys::Hidden).await.unwrap();
        assert!(hidden.iter().all(|key| key.sign_key.is_none()));
        assert_eq!(hidden[0].verify_key, world.app.jwt_verify_key);
        let shown = apps.jwt_keys(&world.app.id, PrivateKeys::Shown).await.unwrap();
        assert_eq!(shown[0].sign_key.as_ref().unwrap(), &world.app.jwt_sign_key);
    }

    async fn a_key_of_another_app_is_not_deleted(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let other = apps.create(new_app("other"), keyfold_server::app::Owner::Operator).await.unwrap();
        apps.add_jwt_key(&other.id).await.unwrap();
        apps.delete_jwt_key(&world.app.id, &other.jwt_key_id).await.unwrap();
        apps.delete_jwt_key(&world.app.id, &JwtKeyId::from("unknown")).await.unwrap();
        assert_eq!(apps.jwt_keys(&other.id, PrivateKeys::Hidden).await.unwrap().len(), 2);
    }
}

fn token(world: &World) -> [(&'static str, String); 1] {
    [("x-sentc-app-token", world.app.public_token.expose().to_owned())]
}

fn kid(jwt: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    let header = Base64UrlUnpadded::decode_vec(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}
