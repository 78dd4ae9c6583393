//! Through what a caller reaches a group, and that nobody else does.

use hyper::Method;
use keyfold_protocol::group::{GroupCreateOutput, GroupUserListItem, NewMemberOutput};
use serde_json::{Value, json};

use crate::support::{World, on_both_databases};

on_both_databases! {
    the_creator_reads_the_group_with_all_its_keys,
    an_added_member_reads_what_the_creator_wrote,
    nobody_but_members_gets_anything,
    a_deleted_group_is_gone_at_once,
    the_public_key_needs_no_membership,
    light_groups_have_members_and_no_keys,
    a_session_carries_the_keys_that_did_not_fit,
}

async fn the_creator_reads_the_group_with_all_its_keys(world: World) {
    let alice = world.user().await;
    let group = alice.create_group().await;
    let answer: Value = alice.get(&format!("group/{}", group.as_str())).await.ok();
    assert_eq!(answer["parent_group_id"], Value::Null);
    assert_eq!(answer["rank"], 0);
    assert_eq!(answer["access_by"], "User");
    assert_eq!(answer["key_update"], false);
    assert_eq!(answer["is_connected_group"], false);
    assert_eq!(answer["created_time"], answer["joined_time"]);
    let key = &answer["keys"][0];
    assert_eq!(key["user_public_key_id"], alice.keys.public.id());
    assert_eq!(key["key_pair_id"], key["group_key_id"]);
    assert_eq!(key["keypair_sign_id"], key["group_key_id"]);
    for omitted in [
        "signed_by_user_id",
        "signed_by_user_sign_key_id",
        "group_key_sig",
        "encrypted_sign_key",
        "verify_key",
        "keypair_sign_alg",
        "public_key_sig",
    ] {
        assert!(key.get(omitted).is_none(), "{omitted}");
    }
    for (list, id) in [
        ("hmac_keys", "encrypted_hmac_encryption_key_id"),
        ("sortable_keys", "encrypted_sortable_encryption_key_id"),
    ] {
        assert_eq!(answer[list].as_array().unwrap().len(), 1);
        assert_eq!(answer[list][0][id], key["group_key_id"]);
    }
    let opened = alice.open(&group).await;
    assert_eq!(opened.decrypt(&opened.encrypt("hello")).unwrap(), "hello");
    let one: Value = alice.get(&format!("group/{}/key/{}", group.as_str(), opened.ids()[0])).await.ok();
    assert_eq!(&one, key);
    alice.get(&format!("group/{}/key/{}", group.as_str(), alice.keys.public.id())).await.refused(200, 304);
    let page: Vec<Value> = alice.get(&format!("group/{}/keys/0/none", group.as_str())).await.ok();
    assert_eq!(page.len(), 1);
    let after: Vec<Value> =
        alice.get(&format!("group/{}/keys/{}/{}", group.as_str(), key["time"], opened.ids()[0])).await.ok();
    assert!(after.is_empty());
    let light: Value = alice.get(&format!("group/{}/light", group.as_str())).await.ok();
    assert!(light.get("keys").is_none() && light["rank"] == 0);
}

async fn an_added_member_reads_what_the_creator_wrote(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let text = alice.open(&group).await.encrypt("for both");
    bob.get(&format!("group/{}", group.as_str())).await.refused(400, 310);
    alice.add(&group, &bob, 4).await;
    let opened = bob.open(&group).await;
    assert_eq!(opened.decrypt(&text).unwrap(), "for both");
    assert_eq!(opened.data.rank, 4);
    let members: Vec<GroupUserListItem> =
        alice.get(&format!("group/{}/member/0/none", group.as_str())).await.ok();
    assert_eq!(members.len(), 1);
    assert_eq!((members[0].user_id.as_str(), members[0].rank, members[0].user_type), (bob.id(), 4, 0));
}

async fn nobody_but_members_gets_anything(world: World) {
    let [alice, bob, stranger] = world.users().await;
    let other_tenant = world.another_app().await.user().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    let id = group.as_str();
    let expired = alice.with_jwt(world.sign_jwt(alice.id(), alice.device.as_str(), -120));
    for path in [
        "",
        "/light",
        "/update_check",
        "/update_check_light",
        "/keys/0/none",
        "/key/x",
        "/member/0/none",
        "/children/0/none",
        "/all/0/none",
        "/invite/0/none",
        "/joins/0/none",
        "/join_req/0/none",
        "/key_rotation",
    ] {
        let path = format!("group/{id}{path}");
        stranger.get(&path).await.refused(400, 310);
        other_tenant.get(&path).await.refused(400, 310);
        expired.get(&path).await.refused(401, 30);
        world.call(Method::GET, &path, None, None, &Value::Null).await.refused(401, 31);
        // A token of one app says nothing in another.
        other_tenant
            .world
            .call(Method::GET, &path, Some(&alice.jwt), None, &Value::Null)
            .await
            .refused(200, 35);
    }
    for (method, path) in [
        (Method::DELETE, ""),
        (Method::DELETE, "/leave"),
        (Method::PATCH, "/change_invite"),
        (Method::POST, "/child/light"),
        (Method::POST, "/connected/light"),
    ] {
        let path = format!("group/{id}{path}");
        stranger.actor().call(method.clone(), &path, &Value::Null).await.refused(400, 310);
        other_tenant.actor().call(method.clone(), &path, &Value::Null).await.refused(400, 310);
        expired.actor().call(method, &path, &Value::Null).await.refused(401, 30);
    }
    alice.delete(&format!("group/{id}/kick/{}", bob.id())).await.done();
    for path in ["", "/light", "/update_check", "/keys/0/none", "/member/0/none", "/key_rotation"] {
        bob.get(&format!("group/{id}{path}")).await.refused(400, 310);
    }
    for id in ["x", "00000000-0000-1000-8000-000000000000", &alice.id().to_uppercase()] {
        alice.get(&format!("group/{id}")).await.refused(400, 1);
    }
    // The group of a user's devices is none for this part of the interface.
    alice.get(&format!("group/{}", alice.user_group.as_str())).await.refused(400, 310);
}

async fn a_deleted_group_is_gone_at_once(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 2).await;
    let path = format!("group/{}", group.as_str());
    bob.delete(&path).await.refused(400, 301);
    alice.delete(&path).await.done();
    for user in [&alice, &bob] {
        user.get(&path).await.refused(400, 310);
    }
    world.call(Method::GET, &format!("{path}/public_key"), None, None, &Value::Null).await.refused(400, 304);
}

async fn the_public_key_needs_no_membership(world: World) {
    let [alice] = world.users().await;
    let group = alice.create_group().await;
    let key = world.public_key_of_group(&group).await;
    assert_eq!(key.id(), alice.open(&group).await.ids()[0]);
    let light = alice.post("group/light", &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    for id in [light.as_str(), alice.user_group.as_str(), "0190a6a4-3b1c-7cde-8f01-23456789abcd"] {
        world
            .call(Method::GET, &format!("group/{id}/public_key"), None, None, &Value::Null)
            .await
            .refused(400, 304);
    }
    let path = format!("group/{}/public_key", group.as_str());
    world.another_app().await.call(Method::GET, &path, None, None, &Value::Null).await.refused(400, 304);
}

async fn light_groups_have_members_and_no_keys(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.post("group/light", &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    let path = format!("group/{}", group.as_str());
    alice.put(&format!("{path}/invite_auto/{}/light", bob.id()), &Value::Null).await.refused(422, 11);
    alice.put(&format!("{path}/invite_auto/{}/light", bob.id()), &json!({"rank": 3})).await.done();
    let full: Value = bob.get(&path).await.ok();
    for list in ["keys", "hmac_keys", "sortable_keys"] {
        assert_eq!(full[list], json!([]));
    }
    assert_eq!(full["rank"], 3);
    let check: Value = bob.get(&format!("{path}/update_check")).await.ok();
    assert_eq!(check, json!({"key_update": false, "rank": 3}));
    let check: Value = bob.get(&format!("{path}/update_check_light")).await.ok();
    assert_eq!(check, json!({"rank": 3}));
}

async fn a_session_carries_the_keys_that_did_not_fit(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let mut body = alice.keys_for(&group, &bob.keys.public, Some(4)).await;
    let keys = body["keys"].clone();
    body["key_session"] = json!(true);
    let path = format!("group/{}", group.as_str());
    let added: NewMemberOutput = alice.put(&format!("{path}/invite_auto/{}", bob.id()), &body).await.ok();
    let session = added.session_id.unwrap();
    for url in ["invite", "join_req"] {
        alice.put(&format!("{path}/{url}/session/{}", session.as_str()), &keys).await.done();
    }
    bob.put(&format!("{path}/invite/session/{}", session.as_str()), &keys).await.refused(400, 306);
    alice.put(&format!("{path}/invite/session/{}", group.as_str()), &keys).await.refused(400, 306);
    alice.put(&format!("{path}/invite/session/{}", session.as_str()), &json!([])).await.refused(400, 303);
    assert_eq!(bob.open(&group).await.keys.len(), 1);
}
