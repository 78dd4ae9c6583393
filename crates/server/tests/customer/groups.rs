//! Groups of customers.

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Owner, call, on_both_databases, start_with};
use crate::support::{Engine, World};

async fn group_of(owner: &Owner) -> String {
    let body = json!({"name": "Team", "des": "Makes things"});
    let created: Value = owner.call(Method::POST, "group", &body).await.ok();
    created["group_id"].as_str().unwrap().to_owned()
}

async fn add(owner: &Owner, group: &str, other: &Owner, rank: Value) -> crate::support::Answer {
    owner.put(&format!("group/{group}/invite/{}", other.id), &json!({"rank": rank})).await
}

async fn ask(owner: &Owner, group: &str, other: &Owner, rank: i32) -> crate::support::Answer {
    owner.put(&format!("group/{group}/invite/{}", other.id), &json!({"rank": rank, "ask": true})).await
}

async fn two_others(world: &World) -> [Owner; 2] {
    [Owner::unvalidated(world, "bob@example.com").await, Owner::unvalidated(world, "eve@example.com").await]
}

on_both_databases! {
    async fn a_group_is_made_shown_listed_and_renamed(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let group = group_of(&ada).await;
        let view: Value = ada.get(&format!("group/{group}")).await.ok();
        assert_eq!(view["data"]["group_name"], "Team");
        assert_eq!((&view["data"]["rank"], &view["apps"]), (&json!(0), &json!([])));
        ada.put(&format!("group/{group}/update"), &json!({"name": "Crew"})).await.done();
        let list: Value = ada.get("group/all/0/none").await.ok();
        assert_eq!((&list[0]["group_name"], &list[0]["des"]), (&json!("Crew"), &json!(null)));
        let next = format!("group/all/{}/{}", list[0]["time"], list[0]["id"].as_str().unwrap());
        assert_eq!(ada.get(&next).await.ok::<Value>(), json!([]));
        ada.get("group/all/never/none").await.refused(400, 13);
        ada.delete(&format!("group/{group}")).await.done();
        ada.get(&format!("group/{group}")).await.refused(400, 310);
        assert_eq!(world.count("SELECT COUNT(*) FROM customer_groups", &[]).await, 0);
    }

    async fn a_group_needs_a_validated_address_and_a_good_body(world: World) {
        let ada = Owner::unvalidated(&world, "ada@example.com").await;
        ada.call(Method::POST, "group", &json!({})).await.refused(400, 61);
        let bob = Owner::new(&world, "bob@example.com").await;
        bob.call(Method::POST, "group", &json!({"name": 7})).await.refused(422, 11);
        bob.call(Method::POST, "group", &json!({"name": "a".repeat(257)})).await.refused(422, 11);
        assert_eq!(world.count("SELECT COUNT(*) FROM groups WHERE kind = 0", &[]).await, 0, "a group was left behind");
    }

    async fn members_are_added_listed_and_removed(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let eve = Owner::unvalidated(&world, "eve@example.com").await;
        let group = group_of(&ada).await;
        bob.get(&format!("group/{group}")).await.refused(400, 310);
        add(&ada, &group, &bob, json!(null)).await.done();
        add(&ada, &group, &bob, json!(null)).await.refused(400, 302);
        assert_eq!(bob.get(&format!("group/{group}")).await.ok::<Value>()["data"]["rank"], json!(4));
        let members: Value = ada.get(&format!("group/{group}/member/0/none")).await.ok();
        assert_eq!(members["group_member"].as_array().unwrap().len(), 1);
        assert_eq!(members["group_member"][0]["user_id"], json!(bob.id));
        assert_eq!(members["customer_data"], json!([{
            "id": bob.id, "first_name": "Ada", "name": "Lovelace", "email": "bob@example.com",
        }]));
        eve.get(&format!("group/{group}/member/0/none")).await.refused(400, 310);
        let time = &members["group_member"][0]["joined_time"];
        let empty: Value = ada.get(&format!("group/{group}/member/{time}/{}", bob.id)).await.ok();
        assert_eq!(empty, json!({"group_member": [], "customer_data": []}));
        ada.delete(&format!("group/{group}/kick/{}", bob.id)).await.done();
        ada.delete(&format!("group/{group}/kick/{}", bob.id)).await.refused(400, 300);
        bob.get(&format!("group/{group}")).await.refused(400, 310);
        assert_eq!(bob.get("group/all/0/none").await.ok::<Value>(), json!([]));
    }

    async fn only_customers_can_be_added_and_only_with_a_rank_that_exists(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let user = world.new_user("alice").await;
        let group = group_of(&ada).await;
        for stranger in [user.user_id(), "0190a6a4-3b1c-7cde-8f01-23456789abcd"] {
            ada.put(&format!("group/{group}/invite/{stranger}"), &json!({})).await.refused(400, 100);
        }
        ada.put(&format!("group/{group}/invite/nobody"), &json!({})).await.refused(400, 1);
        for rank in [-1, 0, 5, 1_000] {
            add(&ada, &group, &bob, json!(rank)).await.refused(400, 301);
        }
        add(&ada, &group, &bob, json!(1)).await.done();
    }

    async fn a_rank_outside_of_1_to_4_is_never_given(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let group = group_of(&ada).await;
        add(&ada, &group, &bob, json!(2)).await.done();
        let change = async |owner: &Owner, who: &str, rank: i64| {
            let body = json!({"changed_user_id": who, "new_rank": rank});
            owner.put(&format!("group/{group}/change_rank"), &body).await
        };
        for rank in [-1, 0, 5] {
            change(&ada, &bob.id, rank).await.refused(400, 314);
        }
        change(&bob, &bob.id, 1).await.refused(400, 301);
        change(&ada, "0190a6a4-3b1c-7cde-8f01-23456789abcd", 2).await.refused(400, 300);
        change(&ada, &bob.id, 1).await.done();
        change(&bob, &ada.id, 4).await.refused(400, 314);
        bob.delete(&format!("group/{group}/kick/{}", ada.id)).await.refused(400, 315);
    }

    async fn every_change_of_a_group_asks_for_the_rank(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let group = group_of(&ada).await;
        for rank in [2, 3, 4] {
            let member = Owner::unvalidated(&world, &format!("rank{rank}@example.com")).await;
            let new = Owner::unvalidated(&world, &format!("new{rank}@example.com")).await;
            add(&ada, &group, &member, json!(rank)).await.done();
            member.put(&format!("group/{group}/update"), &json!({"name": "Mine"})).await.refused(400, 301);
            member.delete(&format!("group/{group}")).await.refused(400, 301);
            let promote = json!({"changed_user_id": member.id, "new_rank": 1});
            member.put(&format!("group/{group}/change_rank"), &promote).await.refused(400, 301);
            let added = add(&member, &group, &new, json!(4)).await;
            let kicked = member.delete(&format!("group/{group}/kick/{}", new.id)).await;
            if rank == 2 {
                added.done();
                kicked.done();
                add(&member, &group, &new, json!(1)).await.refused(400, 301);
            } else {
                added.refused(400, 301);
                kicked.refused(400, 301);
            }
        }
    }

    async fn a_customer_who_is_asked_first_decides_about_its_membership(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let group = group_of(&ada).await;
        let invite = format!("group/{group}/invite/{}", bob.id);
        let ask = json!({"rank": 2, "ask": true});
        ada.put(&invite, &ask).await.done();
        ada.put(&invite, &ask).await.refused(200, 302);

        // Nothing of either side is seen before the answer.
        assert_eq!(bob.get("group/all/0/none").await.ok::<Value>(), json!([]));
        bob.get(&format!("group/{group}")).await.refused(400, 310);
        let members: Value = ada.get(&format!("group/{group}/member/0/none")).await.ok();
        assert_eq!(members, json!({"group_member": [], "customer_data": []}));
        let waiting: Value = bob.get("group/invites/0/none").await.ok();
        assert_eq!((&waiting[0]["group_id"], &waiting[0]["rank"]), (&json!(group), &json!(2)));
        assert_eq!(ada.get("group/invites/0/none").await.ok::<Value>(), json!([]));

        bob.delete(&format!("group/{group}/invite")).await.done();
        bob.delete(&format!("group/{group}/invite")).await.refused(400, 307);
        bob.patch(&format!("group/{group}/invite")).await.refused(400, 307);
        ada.put(&invite, &ask).await.done();
        bob.patch(&format!("group/{group}/invite")).await.done();
        assert_eq!(bob.get(&format!("group/{group}")).await.ok::<Value>()["data"]["rank"], json!(2));
        assert_eq!(bob.get("group/invites/0/none").await.ok::<Value>(), json!([]));
    }

    async fn nobody_answers_an_invitation_of_somebody_else(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let [bob, eve] = two_others(&world).await;
        let group = group_of(&ada).await;
        ask(&ada, &group, &bob, 4).await.done();
        let answer = format!("group/{group}/invite");
        for stranger in [&eve, &ada] {
            stranger.patch(&answer).await.refused(400, 307);
            stranger.delete(&answer).await.refused(400, 307);
        }
        // Neither a token that has expired nor none at all, nor that of a user of an app.
        let user = world.new_user("alice").await;
        for (jwt, refusal) in [(None, (401, 31)), (Some(user.jwt.as_str()), (200, 35))] {
            for method in [Method::PATCH, Method::DELETE] {
                let answer = call(&world, method, &format!("customer/{answer}"), jwt, &Value::Null).await;
                assert_eq!(answer.refusal(), refusal, "{}", answer.json());
            }
        }
        eve.get(&format!("group/{group}")).await.refused(400, 310);
        bob.patch("group/no-uuid/invite").await.refused(400, 1);
        bob.patch(&answer).await.done();
        bob.patch(&answer).await.refused(400, 307);
        ask(&ada, &group, &bob, 4).await.refused(400, 302);
    }

    async fn an_invitation_is_listed_and_withdrawn_by_those_who_manage_members(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let [bob, eve] = two_others(&world).await;
        let group = group_of(&ada).await;
        add(&ada, &group, &eve, json!(3)).await.done();
        ask(&ada, &group, &bob, 2).await.done();
        let list = format!("group/{group}/invite/0/none");
        let withdraw = format!("group/{group}/invite/{}", bob.id);
        eve.get(&list).await.refused(400, 301);
        eve.delete(&withdraw).await.refused(400, 301);
        bob.get(&list).await.refused(400, 310);
        bob.delete(&withdraw).await.refused(400, 310);
        let waiting: Value = ada.get(&list).await.ok();
        assert_eq!((&waiting[0]["user_id"], &waiting[0]["rank"]), (&json!(bob.id), &json!(2)));
        let next = format!("group/{group}/invite/{}/{}", waiting[0]["time"], bob.id);
        assert_eq!(ada.get(&next).await.ok::<Value>(), json!([]));
        ada.delete(&withdraw).await.done();
        ada.delete(&withdraw).await.refused(400, 307);
        bob.patch(&format!("group/{group}/invite")).await.refused(400, 307);
        assert_eq!(ada.get(&list).await.ok::<Value>(), json!([]));
        // A withdrawn invitation is no ban.
        ask(&ada, &group, &bob, 3).await.done();
        bob.patch(&format!("group/{group}/invite")).await.done();
    }

    async fn who_is_asked_must_exist_and_gets_a_rank_that_exists(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let [bob, eve] = two_others(&world).await;
        let user = world.new_user("alice").await;
        let group = group_of(&ada).await;
        for stranger in [user.user_id(), "0190a6a4-3b1c-7cde-8f01-23456789abcd"] {
            ada.put(&format!("group/{group}/invite/{stranger}"), &json!({"ask": true})).await.refused(400, 100);
        }
        for rank in [-1, 0, 5, 1_000] {
            ask(&ada, &group, &bob, rank).await.refused(400, 301);
        }
        add(&ada, &group, &eve, json!(2)).await.done();
        ask(&eve, &group, &bob, 1).await.refused(400, 301);
        ask(&bob, &group, &bob, 4).await.refused(400, 310);
        assert_eq!(world.count("SELECT COUNT(*) FROM group_invites", &[]).await, 0);
    }

    async fn an_invitation_ends_with_its_group_and_with_the_customer(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let [bob, eve] = two_others(&world).await;
        let (group, other) = (group_of(&ada).await, group_of(&ada).await);
        ask(&ada, &group, &bob, 4).await.done();
        ask(&ada, &other, &bob, 4).await.done();
        ask(&ada, &other, &eve, 4).await.done();
        ada.delete(&format!("group/{group}")).await.done();
        bob.patch(&format!("group/{group}/invite")).await.refused(400, 307);
        assert_eq!(bob.get("group/invites/0/none").await.ok::<Value>().as_array().unwrap().len(), 1);
        bob.delete("").await.done();
        let of_bob = "SELECT COUNT(*) FROM group_invites WHERE member_id = $1";
        assert_eq!(world.count(of_bob, &[&bob.id]).await, 0);
        // Whoever is only invited keeps no group alive.
        ada.delete("").await.done();
        assert_eq!(world.count("SELECT COUNT(*) FROM group_invites", &[]).await, 0);
        assert_eq!(eve.get("group/invites/0/none").await.ok::<Value>(), json!([]));
        eve.patch(&format!("group/{other}/invite")).await.refused(400, 307);
    }

    async fn of_many_answers_to_one_invitation_one_counts(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let group = group_of(&ada).await;
        let path = format!("group/{group}/invite");
        let withdraw = format!("group/{group}/invite/{}", bob.id);
        for _ in 0..5 {
            ask(&ada, &group, &bob, 4).await.done();
            let (first, second, rejected, withdrawn) =
                tokio::join!(bob.patch(&path), bob.patch(&path), bob.delete(&path), ada.delete(&withdraw));
            let accepted = [&first, &second].iter().filter(|answer| answer.status == 200).count();
            let ended = [&rejected, &withdrawn].iter().filter(|answer| answer.status == 200).count();
            assert_eq!(accepted + ended, 1, "{accepted} accepted, {ended} ended");
            let member = bob.get(&format!("group/{group}")).await.status == 200;
            assert_eq!(member, accepted == 1);
            if member {
                bob.delete(&format!("group/{group}/leave")).await.done();
            }
        }
        assert_eq!(world.count("SELECT member_count FROM groups WHERE id = $1", &[&group]).await, 1);
    }

    async fn an_accepted_group_is_not_deleted_with_its_creator(world: World) {
        for round in 0..4 {
            let ada = Owner::new(&world, &format!("ada{round}@example.com")).await;
            let bob = Owner::unvalidated(&world, &format!("bob{round}@example.com")).await;
            let group = group_of(&ada).await;
            ask(&ada, &group, &bob, 4).await.done();
            let path = format!("group/{group}/invite");
            let (accepted, deleted) = tokio::join!(bob.patch(&path), ada.delete(""));
            deleted.done();
            let view = bob.get(&format!("group/{group}")).await;
            // Either it was accepted in time, and lives on with its member as admin, or there was nothing left to accept.
            match accepted.status {
                200 => assert_eq!(view.ok::<Value>()["data"]["rank"], json!(1)),
                _ => {
                    accepted.refused(400, 307);
                    view.refused(400, 310);
                }
            }
        }
    }

    async fn a_member_can_leave_but_the_last_admin_cannot(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let group = group_of(&ada).await;
        add(&ada, &group, &bob, json!(4)).await.done();
        ada.delete(&format!("group/{group}/leave")).await.refused(400, 308);
        bob.delete(&format!("group/{group}/leave")).await.done();
        bob.delete(&format!("group/{group}/leave")).await.refused(400, 310);
    }

    async fn a_group_outlives_its_creator_as_long_as_it_has_members(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let shared = group_of(&ada).await;
        let lonely = group_of(&ada).await;
        add(&ada, &shared, &bob, json!(3)).await.done();
        ada.delete("").await.done();
        assert_eq!(bob.get(&format!("group/{shared}")).await.ok::<Value>()["data"]["rank"], json!(1));
        assert_eq!(world.count("SELECT COUNT(*) FROM groups WHERE id = $1", &[&lonely]).await, 0);
    }

    async fn groups_of_users_are_no_groups_of_customers(world: World) {
        let ada = Owner::new(&world, "ada@example.com").await;
        let user = world.new_user("alice").await;
        let answer: Value = user.call(Method::POST, "group/light", &Value::Null).await.ok();
        let of_users = answer["group_id"].as_str().unwrap();
        ada.get(&format!("group/{of_users}")).await.refused(400, 310);
        let of_customers = group_of(&ada).await;
        user.get(&format!("group/{of_customers}")).await.refused(400, 310);
        let headers = [
            ("x-sentc-app-token", world.app.secret_token.expose().to_owned()),
            ("authorization", format!("Bearer {}", user.jwt)),
        ];
        let path = format!("/api/v1/group/forced/{}/{of_customers}/child/light", ada.id);
        world.raw(Method::POST, &path, &headers, Vec::new()).await.refused(400, 100);
        call(&world, Method::GET, "customer/group/no-uuid", Some(&ada.jwt), &Value::Null).await.refused(400, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_consent_is_needed_nobody_is_made_a_member_unasked() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = start_with(engine, |config| config.customers.group_consent = true).await;
        let ada = Owner::new(&world, "ada@example.com").await;
        let bob = Owner::unvalidated(&world, "bob@example.com").await;
        let group = group_of(&ada).await;
        for body in [json!({}), json!({"rank": 1, "ask": false})] {
            ada.put(&format!("group/{group}/invite/{}", bob.id), &body).await;
            bob.get(&format!("group/{group}")).await.refused(400, 310);
        }
        bob.patch(&format!("group/{group}/invite")).await.done();
        bob.get(&format!("group/{group}")).await.ok::<Value>();
    }
}
