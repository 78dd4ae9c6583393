//! What is set for an app is in force on every server when the change is acknowledged.

use hyper::Method;
use keyfold_protocol::app::{Access, AppOption, AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;
use serde_json::{Value, json};

use crate::Operator;
use crate::support::{World, on_both_databases};

async fn ask(world: &World) -> (u16, u64) {
    world.call(Method::POST, "exists", None, &json!({"user_identifier": "alice"})).await.refusal()
}

/// A request without rate limit.
async fn keys(world: &World) -> (u16, u64) {
    let token = world.app.public_token.expose().to_owned();
    world.raw(Method::GET, "/api/v1/app/jwks", &[("x-sentc-app-token", token)], Vec::new()).await.refusal()
}

on_both_databases! {
    async fn a_changed_option_holds_on_every_server_at_once(world: World) {
        let second = world.restarted(|_| {}).await;
        let operator = Operator::beside(&world).await;
        let mut options = AppOptions::lax();
        for round in 0..10 {
            let access = if round % 2 == 0 { Access::Secret } else { Access::Public };
            let expected = if round % 2 == 0 { (400, 203) } else { (200, 0) };
            options.set(AppOption::UserExists, access);
            // Both servers have just been asked, and know the app as it was.
            ask(&world).await;
            ask(&second).await;
            operator.apps().set_options(&world.app.id, options.clone()).await.unwrap();
            assert_eq!((ask(&world).await, ask(&second).await), (expected, expected), "round {round}");
        }
    }

    async fn a_server_that_is_asked_all_the_time_is_not_behind_either(world: World) {
        let operator = Operator::beside(&world).await;
        let busy = world.clone();
        let traffic = tokio::spawn(async move { loop { keys(&busy).await; } });
        for round in 0..5 {
            let disabled = round % 2 == 0;
            operator.apps().set_disabled(&world.app.id, disabled).await.unwrap();
            let expected = if disabled { (401, 204) } else { (200, 0) };
            assert_eq!(keys(&world).await, expected, "round {round}");
            assert_eq!(keys(&world).await, expected, "the refusal is not shown once only");
        }
        traffic.abort();
    }

    async fn every_option_can_be_set_and_is_shown(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let mut options = AppOptions::closed();
        for (number, option) in AppOption::ALL.iter().enumerate() {
            options.set(*option, Access::from_number(i64::try_from(number % 3).unwrap()).unwrap());
        }
        apps.set_options(&world.app.id, options.clone()).await.unwrap();
        let groups = GroupOptions { max_key_rotation_month: 7, min_rank_key_rotation: 2 };
        apps.set_group_options(&world.app.id, groups.clone()).await.unwrap();
        let files = FileOptions {
            file_storage: 1,
            storage_url: Some("https://example.com/deleted".into()),
            auth_token: Some(SecretText::new("token")),
            ..FileOptions::none()
        };
        apps.set_file_options(&world.app.id, files.clone()).await.unwrap();
        apps.rename(&world.app.id, "Diary").await.unwrap();
        let shown = apps.show(&world.app.id).await.unwrap();
        assert_eq!((shown.options, shown.group_options, shown.file_options), (options, groups, files));
        assert_eq!(shown.app.name, "Diary");
    }

    async fn settings_that_make_no_sense_are_refused_and_change_nothing(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let before = apps.show(&world.app.id).await.unwrap();
        for (month, rank) in [(-1, 4), (1, -1), (1, 5)] {
            let options = GroupOptions { max_key_rotation_month: month, min_rank_key_rotation: rank };
            let refused = apps.set_group_options(&world.app.id, options).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NoAccess);
        }
        for (storage, url, token) in [
            (-2, None, None),
            (2, None, None),
            (1, None, None),
            (1, Some(""), None),
            (0, None, Some("x".repeat(51))),
        ] {
            let options =
                FileOptions {
                    file_storage: storage,
                    storage_url: url.map(String::from),
                    auth_token: token.map(SecretText::new),
                    ..FileOptions::none()
                };
            let refused = apps.set_file_options(&world.app.id, options).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NoAccess);
        }
        assert_eq!(apps.show(&world.app.id).await.unwrap(), before);
    }

    async fn an_unknown_app_is_not_found(world: World) {
        let operator = Operator::beside(&world).await;
        let apps = operator.apps();
        let nobody = AppId::from("0190a6a4-3b1c-7cde-8f01-23456789abcd");
        let outcomes = [
            apps.set_options(&nobody, AppOptions::lax()).await,
            apps.set_group_options(&nobody, GroupOptions::default()).await,
            apps.set_file_options(&nobody, FileOptions::none()).await,
            apps.set_disabled(&nobody, true).await,
            apps.rename(&nobody, "x").await,
            apps.reset(&nobody).await,
            apps.delete(&nobody).await,
            apps.renew_tokens(&nobody).await.map(drop),
            apps.add_jwt_key(&nobody).await.map(drop),
            apps.show(&nobody).await.map(drop),
        ];
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code(), ErrorCode::AppNotFound);
        }
    }

    async fn an_app_that_nobody_changes_is_not_read_again_by_every_request(world: World) {
        ask(&world).await;
        // Behind the back of the revision: only a server that reads the row anew would notice.
        world.execute("UPDATE apps SET disabled_at = 1").await;
        for _ in 0..20 {
            assert_eq!(ask(&world).await, (200, 0));
        }
        let answer: Value = world.backend(Method::POST, "exists", &json!({"user_identifier": "a"})).await.json();
        assert_eq!(answer["err_code"], 204, "the other token was not known yet");
    }
}
