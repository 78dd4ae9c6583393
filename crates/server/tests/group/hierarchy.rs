//! Child groups, connected groups, and the ways in through them.

use hyper::Method;
use keyfold_protocol::group::{GroupChildItem, GroupCreateOutput, ListGroupItem};
use serde_json::{Value, json};

use crate::support::{Engine, World, at, on_both_databases};

on_both_databases! {
    members_of_a_parent_reach_its_children_with_their_rank,
    a_direct_row_wins_over_an_inherited_one_until_its_member_leaves,
    the_nearest_of_several_ancestors_counts,
    a_connected_group_is_reached_through_its_member_group,
    through_a_member_group_the_weaker_of_both_ranks_counts,
    the_access_header_takes_member_groups_only,
    a_group_of_another_app_is_no_access_group,
    deleting_a_group_deletes_everything_below_it,
    light_children_and_connected_groups_need_no_body,
    keys_of_a_new_group_must_be_of_use_to_its_creator,
    a_parent_can_neither_be_removed_nor_ranked,
    access_through_a_parent_ends_with_the_membership_in_the_parent,
}

async fn members_of_a_parent_reach_its_children_with_their_rank(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    let grandchild = alice.create_child(&child).await;
    bob.get(&at(&grandchild, "")).await.refused(400, 310);
    alice.add(&root, &bob, 3).await;
    let text = alice.open(&grandchild).await.encrypt("for the family");
    let opened = bob.open(&grandchild).await;
    assert_eq!(opened.decrypt(&text).unwrap(), "for the family");
    assert_eq!(opened.data.rank, 3);
    assert_eq!(opened.data.parent_group_id.as_ref(), Some(&child));
    assert!(!opened.data.is_connected_group);
    assert_eq!(bob.actor().access_by(&grandchild).await, json!({"Parent": root.as_str()}));
    assert_eq!(opened.data.joined_time, bob.open(&root).await.data.joined_time);
    bob.post(&at(&child, "/child/light"), &Value::Null).await.refused(400, 301);
    // Inherited ranks follow the ancestor at once.
    alice.put(&at(&root, "/change_rank"), &json!({"changed_user_id": bob.id(), "new_rank": 1})).await.done();
    assert_eq!(bob.rank_in(&grandchild).await, 1);
    let children: Vec<GroupChildItem> = bob.get(&at(&root, "/children/0/none")).await.ok();
    assert_eq!(children.len(), 1);
    assert_eq!((&children[0].group_id, children[0].parent.as_ref()), (&child, Some(&root)));
    alice.delete(&at(&root, &format!("/kick/{}", bob.id()))).await.done();
    for group in [&root, &child, &grandchild] {
        bob.get(&at(group, "")).await.refused(400, 310);
    }
}

/// The way in is looked for anew with every request: what led into a child a moment ago leads nowhere when its group was left.
async fn access_through_a_parent_ends_with_the_membership_in_the_parent(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    let grandchild = alice.create_child(&child).await;
    alice.add(&root, &bob, 2).await;
    alice.add(&child, &bob, 3).await;
    for group in [&child, &grandchild] {
        assert_eq!(bob.rank_in(group).await, 3);
    }
    bob.delete(&at(&child, "/leave")).await.done();
    for group in [&child, &grandchild] {
        assert_eq!(bob.rank_in(group).await, 2);
        assert_eq!(bob.actor().access_by(group).await, json!({"Parent": root.as_str()}));
    }
    alice.delete(&at(&root, &format!("/kick/{}", bob.id()))).await.done();
    for group in [&root, &child, &grandchild] {
        bob.get(&at(group, "")).await.refused(400, 310);
        bob.get(&at(group, "/update_check")).await.refused(400, 310);
        bob.get(&at(group, "/member/0/none")).await.refused(400, 310);
    }
}

async fn a_direct_row_wins_over_an_inherited_one_until_its_member_leaves(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    alice.add(&root, &bob, 1).await;
    alice.add(&child, &bob, 4).await;
    assert_eq!(bob.actor().access_by(&child).await, json!("User"));
    assert_eq!(bob.rank_in(&child).await, 4);
    let text = bob.open(&child).await.encrypt("direct");
    bob.delete(&at(&child, "/leave")).await.done();
    assert_eq!(bob.actor().access_by(&child).await, json!({"Parent": root.as_str()}));
    assert_eq!(bob.rank_in(&child).await, 1);
    assert_eq!(bob.open(&child).await.decrypt(&text).unwrap(), "direct");
}

async fn the_nearest_of_several_ancestors_counts(world: World) {
    let [alice, bob] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    let grandchild = alice.create_child(&child).await;
    alice.add(&root, &bob, 1).await;
    alice.add(&child, &bob, 4).await;
    assert_eq!(bob.rank_in(&grandchild).await, 4);
    assert_eq!(bob.actor().access_by(&grandchild).await, json!({"Parent": child.as_str()}));
}

async fn a_connected_group_is_reached_through_its_member_group(world: World) {
    let [alice, bob, stranger] = world.users().await;
    let normal = alice.create_group().await;
    let connected = alice.create_connected(&normal).await;
    let below = alice.via(&normal).create_below(&connected, "child").await;
    alice.add(&normal, &bob, 2).await;
    // Without saying through which group, neither is a member.
    alice.get(&at(&connected, "")).await.refused(400, 310);
    bob.get(&at(&connected, "")).await.refused(400, 310);
    let text = alice.via(&normal).open(&connected).await.encrypt("connected");
    let opened = bob.via(&normal).open(&connected).await;
    assert_eq!(opened.decrypt(&text).unwrap(), "connected");
    assert!(opened.data.is_connected_group && opened.data.parent_group_id.is_none());
    assert_eq!(opened.data.rank, 2);
    assert_eq!(bob.via(&normal).access_by(&connected).await, json!({"GroupAsUser": normal.as_str()}));
    let opened = bob.via(&normal).open(&below).await;
    assert!(opened.data.is_connected_group);
    let expected =
        json!({"GroupAsUserAsParent": {"parent": connected.as_str(), "group_as_user": normal.as_str()}});
    assert_eq!(bob.via(&normal).access_by(&below).await, expected);
    stranger.via(&normal).get(&at(&connected, "")).await.refused(400, 310);
    alice
        .via(&normal)
        .call(Method::POST, &at(&connected, "/connected/light"), &Value::Null)
        .await
        .refused(400, 318);
    let groups: Vec<ListGroupItem> = bob.get(&at(&normal, "/all/0/none")).await.ok();
    assert_eq!(groups.len(), 1);
    assert_eq!((&groups[0].group_id, groups[0].rank, groups[0].parent.as_ref()), (&connected, 0, None));
}

async fn through_a_member_group_the_weaker_of_both_ranks_counts(world: World) {
    let [alice, bob, carol] = world.users().await;
    let normal = alice.create_group().await;
    let source = carol.create_group().await;
    let connected = carol.create_connected(&source).await;
    carol
        .via(&source)
        .call(
            Method::PUT,
            &at(&connected, &format!("/invite_group_auto/{}", normal.as_str())),
            &carol
                .via(&source)
                .keys_for(&connected, &world.public_key_of_group(&normal).await, Some(3))
                .await,
        )
        .await
        .ok::<Value>();
    alice.add(&normal, &bob, 4).await;
    assert_eq!(alice.via(&normal).rank_in(&connected).await, 3);
    assert_eq!(bob.via(&normal).rank_in(&connected).await, 4);
    // Members of a child of the member group are not members of the member group.
    let below = alice.create_child(&normal).await;
    alice.via(&below).get(&at(&connected, "")).await.refused(400, 310);
    // But whoever reaches the member group through its parent may act for it.
    let child_as_member = carol
        .via(&source)
        .call(
            Method::PUT,
            &at(&connected, &format!("/invite_group_auto/{}", below.as_str())),
            &carol.via(&source).keys_for(&connected, &world.public_key_of_group(&below).await, Some(2)).await,
        )
        .await;
    child_as_member.ok::<Value>();
    assert_eq!(bob.via(&below).rank_in(&connected).await, 4);
    let text = carol.via(&source).open(&connected).await.encrypt("two steps");
    assert_eq!(bob.via(&below).open(&connected).await.decrypt(&text).unwrap(), "two steps");
}

// Reading with the id of somebody else in the header must neither work nor leave anything behind for that other one.
async fn the_access_header_takes_member_groups_only(world: World) {
    let [alice, bob] = world.users().await;
    let normal = alice.create_group().await;
    let connected = alice.create_connected(&normal).await;
    let stranger = world.user().await;
    let public = bob.keys.public.clone();
    alice
        .via(&normal)
        .call(
            Method::PUT,
            &at(&connected, &format!("/invite_auto/{}", bob.id())),
            &alice.via(&normal).keys_for(&connected, &public, None).await,
        )
        .await
        .ok::<Value>();
    let bob_as_group = keyfold_protocol::id::GroupId::from(bob.id());
    stranger.via(&bob_as_group).get(&at(&connected, "")).await.refused(400, 310);
    bob.via(&bob_as_group).get(&at(&connected, "")).await.refused(400, 310);
    assert_eq!(bob.actor().access_by(&connected).await, json!("User"));
    // A parent is a member of its child, but not one to act for.
    let child = alice.create_child(&normal).await;
    alice.via(&normal).get(&at(&child, "")).await.refused(400, 310);
    for header in ["x", "", &normal.as_str().to_uppercase()] {
        alice
            .via(&keyfold_protocol::id::GroupId::from(header))
            .get(&at(&connected, ""))
            .await
            .refused(400, 1);
    }
    // The user group is none to act for either.
    alice.via(&alice.user_group).get(&at(&connected, "")).await.refused(400, 310);
}

async fn a_group_of_another_app_is_no_access_group(world: World) {
    let alice = world.user().await;
    let normal = alice.create_group().await;
    let connected = alice.create_connected(&normal).await;
    let other = world.another_app().await;
    let mallory = other.user().await;
    let foreign = mallory.create_group().await;
    let body = json!({"keys": [], "key_session": false});
    mallory.via(&normal).get(&at(&connected, "")).await.refused(400, 310);
    mallory.via(&foreign).get(&at(&connected, "")).await.refused(400, 310);
    alice
        .via(&normal)
        .call(Method::PUT, &at(&connected, &format!("/invite_group_auto/{}", foreign.as_str())), &body)
        .await
        .refused(400, 310);
    alice
        .via(&normal)
        .call(Method::PUT, &at(&connected, &format!("/invite_auto/{}/light", mallory.id())), &json!({}))
        .await
        .refused(400, 100);
    mallory.patch(&at(&connected, "/join_req")).await.refused(400, 310);
    mallory.patch(&at(&foreign, &format!("/join_req/{}", connected.as_str()))).await.refused(400, 310);
}

async fn deleting_a_group_deletes_everything_below_it(world: World) {
    let [alice, bob, carol] = world.users().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    let grandchild = alice.create_child(&child).await;
    alice.add(&grandchild, &bob, 4).await;
    let source = carol.create_group().await;
    let connected = carol.create_connected(&source).await;
    carol
        .via(&source)
        .call(
            Method::PUT,
            &at(&connected, &format!("/invite_group_auto/{}/light", child.as_str())),
            &json!({"rank": 1}),
        )
        .await
        .done();
    alice.via(&child).get(&at(&connected, "/light")).await.ok::<Value>();
    alice.delete(&at(&root, "")).await.done();
    for group in [&root, &child, &grandchild] {
        alice.get(&at(group, "")).await.refused(400, 310);
        bob.get(&at(group, "")).await.refused(400, 310);
        alice.post(&at(group, "/child/light"), &Value::Null).await.refused(400, 310);
        bob.patch(&at(group, "/join_req")).await.refused(400, 310);
    }
    alice.via(&child).get(&at(&connected, "/light")).await.refused(400, 310);
    let members: Vec<Value> = carol.via(&source).get(&at(&connected, "/member/0/none")).await.ok();
    assert!(members.is_empty(), "a member group that is gone is no member: {members:?}");
    for table in
        ["group_members", "group_member_keys", "group_keys", "group_hmac_keys", "group_sortable_keys"]
    {
        let sql = match table {
            "group_members" => {
                "SELECT count(*) FROM group_members WHERE group_id IN ($1, $2, $3) OR member_id IN ($1, $2, $3)"
            }
            "group_member_keys" => {
                "SELECT count(*) FROM group_member_keys WHERE group_id IN ($1, $2, $3) OR member_id IN ($1, $2, $3)"
            }
            "group_keys" => "SELECT count(*) FROM group_keys WHERE group_id IN ($1, $2, $3)",
            "group_hmac_keys" => "SELECT count(*) FROM group_hmac_keys WHERE group_id IN ($1, $2, $3)",
            _ => "SELECT count(*) FROM group_sortable_keys WHERE group_id IN ($1, $2, $3)",
        };
        let ids = [root.as_str(), child.as_str(), grandchild.as_str()];
        assert_eq!(world.count(sql, &ids).await, 0, "{table}");
    }
    let groups: Vec<ListGroupItem> = bob.get("group/all/0/none").await.ok();
    assert!(groups.is_empty());
}

async fn light_children_and_connected_groups_need_no_body(world: World) {
    let alice = world.user().await;
    let root = alice.create_light().await;
    let child = alice.post(&at(&root, "/child/light"), &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    let connected =
        alice.post(&at(&root, "/connected/light"), &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    assert_eq!(alice.actor().access_by(&child).await, json!({"Parent": root.as_str()}));
    assert_eq!(alice.via(&root).access_by(&connected).await, json!({"GroupAsUser": root.as_str()}));
}

async fn keys_of_a_new_group_must_be_of_use_to_its_creator(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    let (body, _) =
        keyfold_crypto::group::create(&bob.keys.public, None, &keyfold_crypto::Suite::STD).unwrap();
    alice.post("group", &body).await.refused(400, 304);
    alice.post(&at(&group, "/child"), &body).await.refused(400, 304);
    alice.post(&at(&group, "/connected"), &body).await.refused(400, 304);
    let mut unusable = serde_json::to_value(&body).unwrap();
    unusable["public_group_key"] = json!("no key");
    alice.post("group", &unusable).await.refused(422, 11);
    alice.post("group", &Value::Null).await.refused(422, 11);
    alice.post("group", &json!({"pad": "x".repeat(262_144)})).await.refused(413, 12);
    let children: Vec<Value> = alice.get(&at(&group, "/children/0/none")).await.ok();
    assert!(children.is_empty(), "a refused creation leaves nothing behind");
}

async fn a_parent_can_neither_be_removed_nor_ranked(world: World) {
    let alice = world.user().await;
    let root = alice.create_group().await;
    let child = alice.create_child(&root).await;
    alice.delete(&at(&child, &format!("/kick/{}", root.as_str()))).await.refused(400, 315);
    alice
        .put(&at(&child, "/change_rank"), &json!({"changed_user_id": root.as_str(), "new_rank": 2}))
        .await
        .refused(400, 314);
}

#[tokio::test]
async fn groups_do_not_nest_deeper_than_the_limit() {
    let world = World::start_with(Engine::Sqlite, |config| {
        config.limits.groups.depth = 2;
        config.limits.groups.children = 2;
    })
    .await;
    let alice = world.user().await;
    let root = alice.create_light().await;
    let mut deepest = root.clone();
    for _ in 0..2 {
        deepest =
            alice.post(&at(&deepest, "/child/light"), &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    }
    alice.post(&at(&deepest, "/child/light"), &Value::Null).await.refused(400, 322);
    alice.post(&at(&root, "/child/light"), &Value::Null).await.ok::<Value>();
    alice.post(&at(&root, "/child/light"), &Value::Null).await.refused(400, 322);
}
