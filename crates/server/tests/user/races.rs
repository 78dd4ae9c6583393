//! Two at the same moment: exactly one wins.

use std::sync::Arc;

use hyper::Method;
use keyfold_protocol::user::DoneLoginOutput;
use serde_json::{Value, json};

use crate::devices::{add, confirmation, prepare};
use crate::second_factor;
use crate::support::{Answer, PASSWORD, World, device_body, on_both_databases, register_body};

on_both_databases! {
    async fn of_many_registrations_of_one_identifier_one_wins(world: World) {
        let answers = at_once(8, async |_| world.call(Method::POST, "register", None, &register_body("alice")).await).await;
        expect_one(&answers, (400, 101));
        assert_eq!(world.count("SELECT count(*) FROM users", &[]).await, 1);
        assert_eq!(world.count("SELECT count(*) FROM devices", &[]).await, 1);
        assert_eq!(world.count("SELECT count(*) FROM groups", &[]).await, 1);
        world.login("alice").await;
    }

    async fn of_many_ways_to_claim_one_identifier_one_wins(world: World) {
        let alice = world.new_user("alice").await;
        let bob = world.new_user("bob").await;
        let prepared = prepare(&world, "shared").await;
        let confirmation = confirmation(&bob, &prepared);
        let answers = at_once(8, async |number| match number % 4 {
            0 => world.call(Method::POST, "register", None, &register_body("shared")).await,
            1 => world.call(Method::POST, "register_light", None, &device_body("shared")).await,
            2 => alice.call(Method::PUT, "user", &json!({"user_identifier": "shared"})).await,
            _ => bob.call(Method::PUT, "user/done_register_device", &confirmation).await,
        }).await;
        let winners: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.status == 200).map(|(number, _)| number % 4).collect();
        // Who has the name already may take it again.
        assert!(winners.len() == 1 || winners == [2, 2], "{winners:?}");
        let codes: Vec<_> = answers.iter().filter(|answer| answer.status != 200).map(Answer::refusal).collect();
        // A device that was confirmed does not wait any more.
        assert!(codes.iter().all(|code| matches!(code, (400, 101 | 100))), "{codes:?}");
        world.try_login("shared", PASSWORD).await.ok().unwrap();
    }

    async fn of_many_confirmations_of_one_device_one_wins(world: World) {
        let alice = Arc::new(world.new_user("alice").await);
        let bob = Arc::new(world.new_user("bob").await);
        let prepared = prepare(&world, "phone").await;
        let bodies = [confirmation(&alice, &prepared), confirmation(&bob, &prepared)];
        let answers = at_once(6, async |number| {
            let session = if number % 2 == 0 { &alice } else { &bob };
            session.call(Method::PUT, "user/done_register_device", &bodies[number % 2]).await
        }).await;
        expect_one(&answers, (400, 100));
        let owner = world.login("phone").await;
        let members = world.count("SELECT count(*) FROM group_members WHERE member_id = $1", &[owner.device_id()]).await;
        assert_eq!(members, 1);
    }

    async fn two_devices_cannot_delete_each_other(world: World) {
        let alice = world.new_user("alice").await;
        let phone = add(&alice, "phone").await;
        let paths = [format!("user/device/{}", phone.device_id()), format!("user/device/{}", alice.device_id())];
        let sessions = [&alice, &phone];
        let answers = at_once(2, async |number| sessions[number].delete(&paths[number]).await).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(Answer::refusal).collect::<Vec<_>>());
        assert_eq!(world.count("SELECT count(*) FROM devices", &[]).await, 1);
    }

    async fn of_many_logins_with_one_recovery_key_one_wins(world: World) {
        let alice = world.new_user("alice").await;
        let otp = second_factor::register(&alice).await;
        let login = world.derive("alice", PASSWORD).await;
        let body = login.second_factor(otp.recover[0].clone());
        let answers = at_once(6, async |_| world.call(Method::POST, "validate_recovery_otp", None, &body).await).await;
        expect_one(&answers, (400, 901));
    }

    async fn of_many_logins_with_one_code_one_wins(world: World) {
        let alice = world.new_user("alice").await;
        let otp = second_factor::register(&alice).await;
        let login = world.derive("alice", PASSWORD).await;
        let body = login.second_factor(second_factor::code(&world, &otp, 0).into());
        let answers = at_once(6, async |_| world.call(Method::POST, "validate_mfa", None, &body).await).await;
        expect_one(&answers, (402, 902));
    }

    async fn of_many_answers_to_one_challenge_one_begins_a_session(world: World) {
        world.register("alice").await;
        let login = world.derive("alice", PASSWORD).await;
        let DoneLoginOutput::Direct(keys) = world.call(Method::POST, "done_login", None, &login.done_login()).await.ok() else {
            panic!("no second factor was set");
        };
        let challenge = login.open_device(&keys.device_keys).unwrap().solve_challenge(&keys.challenge).unwrap();
        let body = login.verify_login(challenge);
        let answers = at_once(6, async |_| world.call(Method::POST, "verify_login", None, &body).await).await;
        expect_one(&answers, (401, 112));
        assert_eq!(world.count("SELECT count(*) FROM sessions", &[]).await, 1);
    }

    async fn of_many_rotations_from_one_key_one_wins(world: World) {
        let alice = world.new_user("alice").await;
        let key = &alice.user_keys[0].group.key;
        let body = keyfold_crypto::rotation::start_user(key, &alice.device.public_key, &keyfold_crypto::Suite::STD).unwrap();
        let answers = at_once(4, async |_| alice.call(Method::POST, "user/user_keys/rotation", &body).await).await;
        expect_one(&answers, (400, 311));
    }

    async fn of_many_password_changes_with_one_old_password_one_wins(world: World) {
        let alice = world.new_user("alice").await;
        let bodies: Vec<Value> = (0..3).map(|number| {
            let body = alice.login.change_password(&format!("password {number}"), &alice.device_keys).unwrap();
            serde_json::to_value(body).unwrap()
        }).collect();
        let answers = at_once(3, async |number| alice.call(Method::PUT, "user/update_pw", &bodies[number]).await).await;
        expect_one(&answers, (401, 112));
    }

    async fn a_device_that_is_added_during_a_rotation_is_not_missed(world: World) {
        let alice = world.new_user("alice").await;
        let prepared = prepare(&world, "phone").await;
        let body = confirmation(&alice, &prepared);
        let (confirmed, _) = tokio::join!(
            alice.call(Method::PUT, "user/done_register_device", &body),
            crate::keys::rotate(&alice),
        );
        // Either the device was there and has a share of the new key, or it came later and is refused for not bringing that key.
        if confirmed.json()["status"] == true {
            confirmed.ok::<Value>();
        } else {
            assert_eq!(confirmed.refusal(), (200, 304));
            let alice = world.login("alice").await;
            alice.call(Method::PUT, "user/done_register_device", &confirmation(&alice, &prepared)).await.ok::<Value>();
        }
        let phone = world.login("phone").await;
        let pending: Vec<Value> = phone.get("user/user_keys/rotation").await.ok();
        let public: Value = phone.get(&format!("user/{}/public_key", phone.user_id())).await.ok();
        let has_newest = phone.user_keys.iter().any(|key| public["public_key_id"] == key.id());
        let waits = pending.iter().any(|item| item["new_group_key_id"] == public["public_key_id"]);
        assert!(has_newest || waits, "the phone would never get the newest key");
    }
}

/// Sends several requests without waiting for an answer in between.
async fn at_once(number: usize, request: impl AsyncFn(usize) -> Answer) -> Vec<Answer> {
    futures_util::future::join_all((0..number).map(|index| request(index))).await
}

#[track_caller]
fn expect_one(answers: &[Answer], others: (u16, u64)) {
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let refusals: Vec<_> =
        answers.iter().filter(|answer| answer.status != 200).map(Answer::refusal).collect();
    assert_eq!(won, 1, "{refusals:?}");
    assert!(refusals.iter().all(|refusal| *refusal == others), "{refusals:?}");
}
