//! Apps in the hands of their owners: who may do what, and that it holds at once.

use hyper::Method;
use keyfold_protocol::app::{Access, AppOption, AppOptions};
use keyfold_protocol::customer::app::{AppDetails, AppRegisterOutput, AppTokens, JwtData, JwtRegister};
use serde_json::{Value, json};

use crate::client::{Owner, on_both_databases};
use crate::support::{Answer, World, register_body};

pub(crate) fn app_body(name: &str) -> Value {
    json!({
        "identifier": name,
        "options": AppOptions::lax(),
        "file_options": {"file_storage": -1, "storage_url": null, "auth_token": null},
        "group_options": {"max_key_rotation_month": 100, "min_rank_key_rotation": 4},
    })
}

pub(crate) async fn new_app(owner: &Owner, name: &str) -> AppRegisterOutput {
    owner.call(Method::POST, "app", &app_body(name)).await.ok()
}

/// The world as the clients of an app see it.
pub(crate) fn as_app(world: &World, app: &AppRegisterOutput) -> World {
    let created = keyfold_server::app::CreatedApp {
        id: app.app_id.clone(),
        public_token: app.public_token.clone(),
        secret_token: app.secret_token.clone(),
        jwt_key_id: app.jwt_data.jwt_id.clone(),
        jwt_sign_key: app.jwt_data.jwt_sign_key.clone(),
        jwt_verify_key: app.jwt_data.jwt_verify_key.clone(),
    };
    world.with_app(created)
}

/// A request of an app's client that needs a known token and the option `user_exists`.
pub(crate) async fn ask(world: &World, token: &str) -> Answer {
    let body = json!({"user_identifier": "somebody"});
    world.call_with(token, Method::POST, "exists", None, &body).await
}

on_both_databases! {
    async fn an_app_is_made_with_tokens_and_keys_that_work(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "My app").await;
        assert_eq!((app.public_token.expose().len(), app.secret_token.expose().len()), (40, 68));
        assert_eq!((app.jwt_data.jwt_sign_key.expose().len(), app.jwt_data.jwt_verify_key.len()), (248, 132));
        assert_eq!(app.jwt_data.jwt_alg, "ES384");
        let client = as_app(&world, &app);
        let user = client.new_user("alice").await;
        // A token that the app's backend signs with the exported key is good.
        let now = world.now_seconds();
        let claims = json!({"aud": user.user_id(), "sub": user.device_id(), "iat": now, "exp": now + 300, "fresh": true});
        let signed = client.sign(&client.jwt_header(), &claims);
        client.call(Method::GET, "user/user_keys/keys/0/none", Some(&signed), &Value::Null).await.ok::<Value>();
        let details: AppDetails = owner.get(&format!("app/{}", app.app_id)).await.ok();
        assert_eq!(details.details.identifier, "My app");
        assert_eq!(details.options, AppOptions::lax());
        assert_eq!((details.details.group_name, details.details.disabled), (None, None));
        let list: Value = owner.get("apps/0/none").await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        let next = format!("apps/{}/{}", list[0]["time"], list[0]["id"].as_str().unwrap());
        assert_eq!(owner.get(&next).await.ok::<Value>(), json!([]));
    }

    async fn an_app_needs_a_validated_address_and_options_that_make_sense(world: World) {
        let unvalidated = Owner::unvalidated(&world, "eve@example.com").await;
        unvalidated.call(Method::POST, "app", &app_body("x")).await.refused(400, 61);
        let owner = Owner::new(&world, "ada@example.com").await;
        for (path, value, refusal) in [
            ("/options/group_create", json!(3), (422, 11)),
            ("/options/group_create", json!(-1), (422, 11)),
            ("/options/group_create", json!(null), (422, 11)),
            ("/identifier", json!("a".repeat(257)), (422, 11)),
            ("/file_options/file_storage", json!(2), (400, 203)),
            ("/file_options/file_storage", json!(1), (400, 203)),
            ("/file_options/auth_token", json!("a".repeat(51)), (400, 203)),
            ("/group_options/max_key_rotation_month", json!(-1), (400, 203)),
            ("/group_options/min_rank_key_rotation", json!(-1), (400, 203)),
            ("/group_options/min_rank_key_rotation", json!(5), (400, 203)),
        ] {
            let mut body = app_body("x");
            *body.pointer_mut(path).unwrap() = value.clone();
            let answer = owner.call(Method::POST, "app", &body).await;
            assert_eq!(answer.refusal(), refusal, "{path}: {value}");
        }
        let mut body = app_body("x");
        body.as_object_mut().unwrap().remove("file_options");
        owner.call(Method::POST, "app", &body).await.refused(422, 11);
        assert_eq!(owner.get("apps/0/none").await.ok::<Value>(), json!([]));
    }

    async fn options_hold_from_the_next_request_on(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        let (public, secret) = (app.public_token.expose(), app.secret_token.expose());
        for (access, of_public, of_secret) in
            [(Access::Blocked, false, false), (Access::Secret, false, true), (Access::Public, true, true)]
        {
            let mut options = AppOptions::lax();
            options.set(AppOption::UserExists, access);
            owner.put(&format!("app/{}/options", app.app_id), &options).await.done();
            assert_eq!(ask(&world, public).await.status == 200, of_public, "{access:?}");
            assert_eq!(ask(&world, secret).await.status == 200, of_secret, "{access:?}");
        }
        owner.put(&format!("app/{}/options", app.app_id), &json!({"group_create": 1})).await.refused(422, 11);
    }

    async fn renewed_tokens_replace_the_old_ones_at_once(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        ask(&world, app.public_token.expose()).await.ok::<Value>();
        let new: AppTokens = owner.patch(&format!("app/{}/token_renew", app.app_id)).await.ok();
        for old in [app.public_token.expose(), app.secret_token.expose()] {
            ask(&world, old).await.refused(401, 200);
        }
        for token in [new.public_token.expose(), new.secret_token.expose()] {
            ask(&world, token).await.ok::<Value>();
        }
    }

    async fn keys_can_be_changed_but_the_last_one_stays(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        let client = as_app(&world, &app);
        let user = client.new_user("alice").await;
        let path = format!("app/{}/jwt", app.app_id);
        let old = app.jwt_data.jwt_id.as_str();
        owner.delete(&format!("{path}/{old}")).await.refused(400, 203);
        client.login("alice").await;
        let new: JwtRegister = owner.patch(&format!("app/{}/new_jwt_keys", app.app_id)).await.ok();
        let keys: Vec<JwtData> = owner.get(&path).await.ok();
        assert_eq!(keys.iter().map(|key| key.jwt_key_id.as_str()).collect::<Vec<_>>(), [new.jwt_id.as_str(), old]);
        assert_eq!(keys[0].sign_key, new.jwt_sign_key);
        assert!(user.is_alive().await, "an older key verifies");
        let again = client.login("alice").await;
        owner.delete(&format!("{path}/{old}")).await.done();
        user.get("user/user_keys/keys/0/none").await.refused(200, 35);
        assert!(again.is_alive().await);
        // One that is not there is no error, that of another app untouched.
        owner.delete(&format!("{path}/{old}")).await.done();
        owner.delete(&format!("{path}/{}", world.app.jwt_key_id)).await.done();
        world.new_user("bob").await;
        for _ in 1..10 {
            owner.patch(&format!("app/{}/new_jwt_keys", app.app_id)).await.ok::<JwtRegister>();
        }
        owner.patch(&format!("app/{}/new_jwt_keys", app.app_id)).await.refused(400, 203);
    }

    async fn a_deleted_app_is_gone_at_once(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        let user = as_app(&world, &app).new_user("alice").await;
        owner.delete(&format!("app/{}", app.app_id)).await.done();
        user.get("user/user_keys/keys/0/none").await.refused(401, 200);
        owner.get(&format!("app/{}", app.app_id)).await.refused(401, 200);
        owner.delete(&format!("app/{}", app.app_id)).await.refused(401, 200);
    }

    async fn a_reset_app_has_no_users_and_works_on(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        let client = as_app(&world, &app);
        let user = client.new_user("alice").await;
        owner.delete(&format!("app/{}/reset", app.app_id)).await.done();
        user.get("user/user_keys/keys/0/none").await.refused(400, 100);
        client.call(Method::POST, "register", None, &register_body("alice")).await.ok::<Value>();
    }

    async fn a_large_app_is_emptied_by_a_job_and_refuses_until_then(world: World) {
        let owner = Owner::new(&world, "ada@example.com").await;
        let app = new_app(&owner, "x").await;
        let client = as_app(&world, &app);
        let user = client.new_user("alice").await;
        user.call(Method::POST, "group/light", &Value::Null).await.ok::<Value>();
        let insert = world.server().state().db.dialect().pick(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
             INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             SELECT (SELECT MAX(id) FROM groups WHERE app_id <> 'sentc_int'), 'member ' || i, 0, 4, i, 0 FROM n",
            "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             SELECT (SELECT MAX(id) FROM groups WHERE app_id <> 'sentc_int'), 'member ' || i, 0, 4, i, 0 FROM generate_series(1, 50000) i",
        );
        assert_eq!(world.execute(insert).await, 50_000);
        let path = format!("app/{}", app.app_id);
        owner.delete(&format!("{path}/reset")).await.done();
        // What is left of the old content is seen by nobody.
        let refusal = user.get("user/user_keys/keys/0/none").await.refusal();
        assert!([(401, 204), (400, 100)].contains(&refusal), "{refusal:?}");
        let is_disabled = async || {
            let details: Value = owner.get(&path).await.ok();
            !details["details"]["disabled_ts"].is_null()
        };
        while is_disabled().await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let rows = "SELECT COUNT(*) FROM groups WHERE app_id = $1";
        assert_eq!(world.count(rows, &[app.app_id.as_str()]).await, 0);
        tokio::time::sleep(keyfold_server::app::PROPAGATION).await;
        client.call(Method::POST, "register", None, &register_body("alice")).await.ok::<Value>();
    }

    async fn the_rank_in_the_group_that_owns_an_app_decides(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let group: Value = ada.call(Method::POST, "group", &json!({"name": "Team"})).await.ok();
        let group = group["group_id"].as_str().unwrap();
        let mut body = app_body("shared");
        body["file_options"] = json!({"file_storage": 1, "storage_url": "https://example.com/deleted", "auth_token": "callback-token"});
        let app: AppRegisterOutput = ada.call(Method::POST, &format!("app/{group}"), &body).await.ok();
        let path = format!("app/{}", app.app_id);
        let file_options = body["file_options"].clone();
        let stranger = Owner::new(&world, "eve@example.com").await;
        stranger.get(&path).await.refused(401, 200);
        stranger.call(Method::POST, &format!("app/{group}"), &app_body("y")).await.refused(400, 310);
        for rank in 1..=4 {
            let member = Owner::new(&world, &format!("rank{rank}@example.com")).await;
            ada.put(&format!("group/{group}/invite/{}", member.id), &json!({"rank": rank})).await.done();
            let details: Value = member.get(&path).await.ok();
            assert_eq!(details["details"]["group_name"], "Team");
            assert_eq!(details["file_options"]["auth_token"].is_null(), rank > 2, "rank {rank} sees the callback token");
            let keys: Vec<JwtData> = member.get(&format!("{path}/jwt")).await.ok();
            assert_eq!(keys[0].sign_key.expose().is_empty(), rank > 2, "rank {rank} sees the sign key");
            assert_eq!(keys[0].verify_key.len(), 132);
            let new: Option<JwtRegister> = match member.patch(&format!("{path}/new_jwt_keys")).await {
                answer if answer.status == 200 => Some(answer.ok()),
                answer => { answer.refused(400, 203); None }
            };
            assert_eq!(new.is_some(), rank <= 2);
            let managed = [
                member.put(&path, &json!({"identifier": "renamed"})).await,
                member.put(&format!("{path}/options"), &AppOptions::lax()).await,
                member.put(&format!("{path}/file_options"), &file_options).await,
                member.put(&format!("{path}/group_options"), &body["group_options"]).await,
                member.patch(&format!("{path}/token_renew")).await,
                member.delete(&format!("{path}/jwt/{}", new.map_or("x".into(), |key| key.jwt_id.to_string()))).await,
            ];
            for answer in managed {
                assert_eq!(answer.refusal(), if rank <= 2 { (200, 0) } else { (400, 203) }, "rank {rank}");
            }
            if rank > 1 {
                member.delete(&format!("{path}/reset")).await.refused(400, 203);
                member.delete(&path).await.refused(400, 203);
                member.put(&format!("{path}/owner"), &json!({"group_id": null})).await.refused(400, 203);
                member.call(Method::POST, &format!("app/{group}"), &app_body("y")).await.refused(400, 301);
            }
            assert_eq!(member.get(&format!("group/{group}/apps/0/none")).await.ok::<Value>().as_array().unwrap().len(), 1);
            assert_eq!(member.get("apps/0/none").await.ok::<Value>().as_array().unwrap().len(), 1);
            ada.delete(&format!("group/{group}/kick/{}", member.id)).await.done();
            member.get(&path).await.refused(401, 200);
            member.put(&path, &json!({"identifier": "renamed"})).await.refused(401, 200);
        }
    }

    async fn an_app_moves_between_its_owner_and_groups(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::new(&world, "bob@example.com").await;
        let app = new_app(&ada, "x").await;
        let owner_path = format!("app/{}/owner", app.app_id);
        let group: Value = bob.call(Method::POST, "group", &json!({})).await.ok();
        let group = group["group_id"].as_str().unwrap();
        ada.put(&owner_path, &json!({"group_id": group})).await.refused(400, 310);
        bob.put(&format!("group/{group}/invite/{}", ada.id), &json!({"rank": 2})).await.done();
        ada.put(&owner_path, &json!({"group_id": group})).await.refused(400, 301);
        bob.put(&format!("group/{group}/change_rank"), &json!({"changed_user_id": ada.id, "new_rank": 1})).await.done();
        ada.put(&owner_path, &json!({"group_id": "no-uuid"})).await.refused(400, 1);
        bob.get(&format!("app/{}", app.app_id)).await.refused(401, 200);
        ada.put(&owner_path, &json!({"group_id": group})).await.done();
        bob.get(&format!("app/{}", app.app_id)).await.ok::<Value>();
        bob.put(&owner_path, &json!({"group_id": null})).await.done();
        ada.get(&format!("app/{}", app.app_id)).await.refused(401, 200);
        // Clients notice nothing.
        ask(&world, app.public_token.expose()).await.ok::<Value>();
    }

    async fn nobody_but_the_owner_reaches_an_app_and_nobody_the_installations_own(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::new(&world, "bob@example.com").await;
        let app = new_app(&ada, "x").await;
        for path in [format!("app/{}", app.app_id), format!("app/{}", world.app.id)] {
            bob.get(&path).await.refused(401, 200);
            bob.put(&path, &json!({"identifier": "mine"})).await.refused(401, 200);
            bob.delete(&path).await.refused(401, 200);
            bob.get(&format!("{path}/jwt")).await.refused(401, 200);
        }
        ada.get("app/sentc_int").await.refused(400, 1);
        // Before the body is looked at.
        bob.put(&format!("app/{}/options", app.app_id), &json!("no options")).await.refused(401, 200);
    }
}
