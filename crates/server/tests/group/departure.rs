//! The end of very large groups, and of users in very many groups.

use keyfold_protocol::group::GroupUserListItem;
use keyfold_protocol::id::GroupId;
use keyfold_server::random::{opaque_id, ordered_id};
use serde_json::{Value, json};

use crate::support::{User, World, at, on_both_databases};

on_both_databases!(
    a_very_large_group_is_gone_at_once_and_its_rows_soon,
    a_user_in_very_many_groups_is_gone_at_once_and_leaves_no_group_without_an_admin,
);

/// More than a few transactions of the job.
const MANY: usize = 3_500;

async fn a_very_large_group_is_gone_at_once_and_its_rows_soon(world: World) {
    let [alice, bob] = world.users().await;
    let source = alice.create_group().await;
    let group = alice.create_group().await;
    let child = alice.create_child(&group).await;
    let connected = alice.create_connected(&group).await;
    bob.patch(&at(&group, "/join_req")).await.done();
    let body = alice.keys_for(&child, &bob.keys.public, None).await;
    alice.put(&at(&child, &format!("/invite/{}", bob.id())), &body).await.ok::<Value>();
    insert_members(&world, &group).await;
    insert_members(&world, &child).await;
    alice.delete(&at(&group, "")).await.done();
    // Whatever the job has done by now, nobody sees anything of them.
    for gone in [&group, &child] {
        alice.get(&at(gone, "")).await.refused(400, 310);
        alice.get(&at(gone, "/public_key")).await.refused(400, 304);
        bob.patch(&at(gone, "/join_req")).await.refused(400, 310);
        bob.patch(&at(gone, "/invite")).await.refused(400, 307);
    }
    alice.via(&group).get(&at(&connected, "")).await.refused(400, 310);
    for path in ["group/invite/0/none", "group/joins/0/none"] {
        assert_eq!(bob.get(path).await.ok::<Vec<Value>>(), Vec::<Value>::new(), "{path}");
    }
    let groups: Vec<Value> = alice.get("group/all/0/none").await.ok();
    assert_eq!(groups.len(), 1, "the other group stays");
    assert_eq!(alice.rank_in(&source).await, 0);
    world.jobs_done().await;
    for table in
        ["group_members", "group_member_keys", "group_keys", "pending_key_rotations", "group_invites"]
    {
        for gone in [&group, &child] {
            assert_eq!(rows(&world, table, gone).await, 0, "{table}");
        }
    }
    let left = "SELECT count(*) FROM groups WHERE id IN ($1, $2)";
    assert_eq!(world.count(left, &[group.as_str(), child.as_str()]).await, 0);
    let memberships = "SELECT count(*) FROM group_members WHERE member_id = $1";
    assert_eq!(world.count(memberships, &[group.as_str()]).await, 0, "nor a member of other groups");
}

async fn a_user_in_very_many_groups_is_gone_at_once_and_leaves_no_group_without_an_admin(world: World) {
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 3).await;
    insert_groups(&world, &alice, &bob).await;
    let path = format!("user/forced/delete/{}", alice.id());
    world.backend(hyper::Method::DELETE, &path, &Value::Null).await.done();
    alice.get("group/all/0/none").await.refused(400, 100);
    world.jobs_done().await;
    for table in ["group_members", "group_member_keys"] {
        let sql = match table {
            "group_members" => "SELECT count(*) FROM group_members WHERE member_id = $1",
            _ => "SELECT count(*) FROM group_member_keys WHERE member_id = $1",
        };
        assert_eq!(world.count(sql, &[alice.id()]).await, 0, "{table}");
    }
    let without_admin = "SELECT count(*) FROM groups g WHERE g.kind = 0
        AND NOT EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.id AND m.member_rank <= 1)";
    assert_eq!(world.count(without_admin, &[]).await, 0);
    let wrong_count = "SELECT count(*) FROM groups WHERE kind = 0 AND member_count <> 1";
    assert_eq!(world.count(wrong_count, &[]).await, 0);
    let members: Vec<GroupUserListItem> = bob.get(&at(&group, "/member/0/none")).await.ok();
    assert!(members.is_empty());
    bob.put(&at(&group, "/change_rank"), &json!({"changed_user_id": opaque_id(), "new_rank": 2}))
        .await
        .refused(400, 300);
}

async fn rows(world: &World, table: &str, group: &GroupId) -> i64 {
    let sql = match table {
        "group_members" => "SELECT count(*) FROM group_members WHERE group_id = $1",
        "group_member_keys" => "SELECT count(*) FROM group_member_keys WHERE group_id = $1",
        "group_keys" => "SELECT count(*) FROM group_keys WHERE group_id = $1",
        "pending_key_rotations" => "SELECT count(*) FROM pending_key_rotations WHERE group_id = $1",
        _ => "SELECT count(*) FROM group_invites WHERE group_id = $1",
    };
    world.count(sql, &[group.as_str()]).await
}

/// Members with a copy of the key, whose users do not matter.
async fn insert_members(world: &World, group: &GroupId) {
    let group = group.as_str().to_owned();
    let work = world.state().db.write(group, |tx, group| {
        Box::pin(async move {
            for _ in 0..MANY {
                let member = opaque_id();
                tx.execute(
                    "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
                     VALUES ($1, $2, 0, 4, 1, 1)",
                    keyfold_server::db::params![group, member],
                )
                .await?;
                tx.execute(
                    "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
                        encrypted_group_key_alg, encrypted_group_key)
                     SELECT id, $2, group_id, 1, 1, 'k', '-', '' FROM group_keys WHERE group_id = $1",
                    keyfold_server::db::params![group, member],
                )
                .await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
}

/// Groups that one user has created and another one is a plain member of.
async fn insert_groups(world: &World, creator: &User, member: &User) {
    let data = (world.app.id.clone(), creator.id.clone(), member.id.clone());
    let work = world.state().db.write(data, |tx, (app, creator, member)| {
        Box::pin(async move {
            for _ in 0..MANY {
                let group = ordered_id();
                tx.execute(
                    "INSERT INTO groups (id, app_id, kind, is_connected, accepts_invites, created_at, member_count)
                     VALUES ($1, $2, 0, 0, 1, 1, 2)",
                    keyfold_server::db::params![group, app],
                )
                .await?;
                for (user, rank) in [(creator.as_str(), 0_i32), (member.as_str(), 4)] {
                    tx.execute(
                        "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
                         VALUES ($1, $2, 0, $3, 1, 1)",
                        keyfold_server::db::params![group, user, rank],
                    )
                    .await?;
                }
            }
            Ok(())
        })
    });
    work.await.unwrap();
}
