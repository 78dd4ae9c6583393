//! Which error is told first when several things are wrong with a request.

use hyper::Method;
use keyfold_protocol::app::{AppOption, AppOptions};
use serde_json::{Value, json};

use crate::support::{Engine, World};

on_both_engines!(
    token_then_jwt_then_option_then_freshness_then_body_then_rule,
    a_recent_login_is_asked_for_before_anything_is_looked_up,
    a_registration_is_checked_for_form_then_keys_then_identifier,
    a_confirmation_is_checked_for_token_then_keys_then_rank,
);

/// A request that is wrong in one more way than the next: each line is what is reported while everything below it is wrong as well.
async fn token_then_jwt_then_option_then_freshness_then_body_then_rule(engine: Engine) {
    let world = World::start(engine).await;
    let session = world.new_user("alice").await;
    let stale = session.refreshed_jwt().await;
    let mut options = AppOptions::lax();
    options.set(AppOption::UserChangePassword, keyfold_protocol::app::Access::Blocked);
    let closed = world.another_app(options).await;
    let closed_session = closed.new_user("alice").await;
    let path = "/api/v1/user/update_pw";
    let broken = b"no json".to_vec();
    let headers = |token: &str, jwt: Option<&str>| {
        let mut headers = vec![("x-sentc-app-token", token.to_owned())];
        headers.extend(jwt.map(|jwt| ("authorization", format!("Bearer {jwt}"))));
        headers
    };
    // 1. The route.
    world.raw(Method::POST, path, &[], broken.clone()).await.refused(404, 404);
    // 2. The app token.
    world.raw(Method::PUT, path, &[], broken.clone()).await.refused(401, 200);
    world.raw(Method::PUT, path, &headers("!", None), broken.clone()).await.refused(401, 201);
    // 3. The access token.
    let token = closed.app.public_token.expose();
    world.raw(Method::PUT, path, &headers(token, None), broken.clone()).await.refused(401, 31);
    world.raw(Method::PUT, path, &headers(token, Some("x")), broken.clone()).await.refused(401, 32);
    world.raw(Method::PUT, path, &headers(token, Some(&session.jwt)), broken.clone()).await.refused(200, 35);
    // 4. The option.
    world
        .raw(Method::PUT, path, &headers(token, Some(&closed_session.jwt)), broken.clone())
        .await
        .refused(400, 203);
    // 5. The body.
    let token = world.app.public_token.expose();
    world.raw(Method::PUT, path, &headers(token, Some(&stale)), vec![b' '; 300_000]).await.refused(413, 12);
    world.raw(Method::PUT, path, &headers(token, Some(&stale)), broken).await.refused(422, 11);
    // 6. The rule: a recent login first, then the old password.
    let mut body =
        serde_json::to_value(session.login.change_password("new", &session.device_keys).unwrap()).unwrap();
    body["old_auth_key"] = json!("AAAA");
    world.call(Method::PUT, "user/update_pw", Some(&stale), &body).await.refused(401, 113);
    world.call(Method::PUT, "user/update_pw", Some(&session.jwt), &body).await.refused(401, 111);
}

/// Endpoints whose first rule is a recent login say so before they look for what they are to change.
async fn a_recent_login_is_asked_for_before_anything_is_looked_up(engine: Engine) {
    let world = World::start(engine).await;
    let session = world.new_user("alice").await;
    let stale = session.refreshed_jwt().await;
    for (method, path) in [
        (Method::DELETE, "user"),
        (Method::DELETE, "user/device/unknown"),
        (Method::PATCH, "user/register_otp"),
        (Method::PATCH, "user/reset_otp"),
        (Method::PATCH, "user/disable_otp"),
        (Method::GET, "user/otp_recovery_keys"),
    ] {
        world.call(method, path, Some(&stale), &Value::Null).await.refused(401, 113);
    }
}

/// The checks of a registration: form, user keys, identifier.
async fn a_registration_is_checked_for_form_then_keys_then_identifier(engine: Engine) {
    let world = World::start(engine).await;
    world.register("alice").await;
    let mut body = serde_json::to_value(crate::support::register_body("alice")).unwrap();
    world.call(Method::POST, "register", None, &body).await.refused(400, 101);
    body["group"].as_object_mut().unwrap().remove("verify_key");
    world.call(Method::POST, "register", None, &body).await.refused(400, 117);
    body["device"]["derived"]["client_random_value"] = json!("");
    world.call(Method::POST, "register", None, &body).await.refused(422, 11);
}

/// The checks of a device confirmation: token, keys, rank.
async fn a_confirmation_is_checked_for_token_then_keys_then_rank(engine: Engine) {
    let world = World::start(engine).await;
    let alice = world.new_user("alice").await;
    let prepared = crate::devices::prepare(&world, "phone").await;
    let mut body = json!({"user_keys": {"keys": [], "rank": 0, "key_session": false}, "token": "unknown"});
    alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 100);
    body["token"] = json!(prepared.token.expose());
    alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 303);
    let good = serde_json::to_value(crate::devices::confirmation(&alice, &prepared)).unwrap();
    body["user_keys"]["keys"] = good["user_keys"]["keys"].clone();
    alice.call(Method::PUT, "user/done_register_device", &body).await.refused(400, 301);
}
