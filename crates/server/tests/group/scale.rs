//! What large groups cost: how often the database is asked, by which way it finds what is asked for, and who has to wait.
//!
//! Statements are counted between the server and PostgreSQL; they are the same on SQLite.

use std::time::Duration;

use keyfold_protocol::group::{GroupCreateOutput, GroupData, KeyRotationStartOutput};
use keyfold_protocol::id::GroupId;
use keyfold_server::DatabaseConfig;
use keyfold_testkit::StatementCount;
use serde_json::{Value, json};

use crate::crash::add_members;
use crate::support::{Engine, User, World, at, on_both_databases};

on_both_databases! {
    a_small_rotation_does_not_wait_for_a_large_one,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_keys_is_read_in_as_many_statements_as_a_single_key() {
    let (world, count) = counted().await;
    let alice = world.user().await;
    let group = alice.create_group().await;
    let fetch = at(&group, "");
    let with_one = statements(&count, &alice, &fetch).await;
    for _ in 0..50 {
        alice.rotate(&group).await;
    }
    assert_eq!(alice.get(&fetch).await.ok::<GroupData>().keys.len(), 50);
    assert_eq!(statements(&count, &alice, &fetch).await, with_one);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_without_keys_is_not_searched_for_keys() {
    let (world, count) = counted().await;
    let alice = world.user().await;
    let (keyed, light) = (alice.create_group().await, alice.create_light().await);
    let with_keys = statements(&count, &alice, &at(&keyed, "")).await;
    let without = statements(&count, &alice, &at(&light, "")).await;
    assert!(without < with_keys, "{without} statements without keys, {with_keys} with keys");
    // Whoever has the keys already asks for what has changed.
    let check = statements(&count, &alice, &at(&keyed, "/update_check")).await;
    assert!(check < with_keys, "{check} statements for a check, {with_keys} for the group");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ancestor_at_any_distance_is_found_in_one_statement() {
    let (world, count) = counted().await;
    let [alice, bob] = world.users().await;
    let root = alice.create_light().await;
    alice.add_light(&root, &bob, 4).await;
    let mut deepest = root.clone();
    for _ in 0..32 {
        deepest =
            alice.post(&at(&deepest, "/child/light"), &Value::Null).await.ok::<GroupCreateOutput>().group_id;
    }
    let near = statements(&count, &bob, &at(&root, "/light")).await;
    let far = statements(&count, &bob, &at(&deepest, "/light")).await;
    assert_eq!(near, far);
    assert_eq!(bob.actor().access_by(&deepest).await, json!({"Parent": root.as_str()}));
}

/// Counts the rows that PostgreSQL says it has looked at by going through a whole table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_group_is_never_searched_row_by_row() {
    let world = World::start_with(Engine::Postgres, |config| {
        config.limits.job_interval = Duration::from_secs(3_600);
    })
    .await;
    let [alice, bob] = world.users().await;
    let group = alice.create_group().await;
    alice.add(&group, &bob, 4).await;
    add_members(&world, group.as_str()).await;
    fill(&world, &group, &bob).await;
    // While the tables were small, they were gone through. Another server asks from here on, when the figures of the first are complete.
    let now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
    let now = world.count(now, &[]).await.to_string();
    let first = world;
    let world = first.beside().await;
    let (alice, bob) = (alice.at(&world), bob.at(&world));
    first.clone().shutdown().await;
    let of_the_first = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND extract(epoch FROM backend_start) * 1000000 < CAST(CAST($1 AS TEXT) AS BIGINT)";
    world.until(async || world.count(of_the_first, &[&now]).await == 0).await;
    let before = scans(&world).await;
    let pages = [
        (&alice, at(&group, "")),
        (&bob, at(&group, "")),
        (&bob, at(&group, "/update_check")),
        (&bob, at(&group, "/key_rotation")),
        (&bob, at(&group, "/keys/1/none")),
        (&alice, at(&group, "/member/0/none")),
        (&alice, at(&group, "/member/1/user-5000")),
        (&alice, at(&group, "/join_req/0/none")),
        (&alice, at(&group, "/children/0/none")),
        (&bob, "group/all/0/none".to_owned()),
        (&bob, "group/invite/0/none".to_owned()),
    ];
    // The figures of a connection arrive when it is used again after a second.
    world
        .until(async || {
            for (user, page) in &pages {
                user.get(page).await.ok::<Value>();
            }
            let now = scans(&world).await;
            now.iter().zip(&before).all(|(now, before)| now.by_index > before.by_index + 20)
        })
        .await;
    for (table, (now, before)) in TABLES.iter().zip(scans(&world).await.iter().zip(&before)) {
        assert_eq!(now.whole, before.whole, "{table} was gone through from end to end");
    }
}

async fn a_small_rotation_does_not_wait_for_a_large_one(world: World) {
    let [alice, bob] = world.users().await;
    let (large, small) = (alice.create_group().await, alice.create_group().await);
    alice.add(&small, &bob, 4).await;
    add_members(&world, large.as_str()).await;
    let (large_body, small_body) =
        (alice.actor().rotation_body(&large).await, alice.actor().rotation_body(&small).await);
    let start = async |group: &GroupId, body: &Value| {
        alice.post(&at(group, "/key_rotation"), body).await.ok::<KeyRotationStartOutput>().key_id
    };
    let long = start(&large, &large_body).await;
    let short = start(&small, &small_body).await;
    let runs = "SELECT count(*) FROM group_keys WHERE id = $1 AND encrypted_ephemeral_key IS NOT NULL";
    world.until(async || world.count(runs, &[short.as_str()]).await == 0).await;
    assert_eq!(world.count(runs, &[long.as_str()]).await, 1, "the large one was not larger");
    assert!(bob.has_update(&small).await);
    world.jobs_done_within(Duration::from_secs(300)).await;
}

/// A server whose words to PostgreSQL are counted, and that does nothing by itself.
async fn counted() -> (World, StatementCount) {
    let mut count = StatementCount::default();
    let world = World::start_with(Engine::Postgres, |config| {
        let DatabaseConfig::Postgres(postgres) = &mut config.database else { panic!("PostgreSQL it is") };
        (postgres.url, count) = StatementCount::start(&postgres.url);
        config.limits.job_interval = Duration::from_secs(3_600);
    })
    .await;
    (world, count)
}

/// Statements of a request. The fewest of some attempts: now and then the server confirms what it knows of apps.
async fn statements(count: &StatementCount, user: &User, path: &str) -> usize {
    user.world.jobs_done().await;
    let mut fewest = usize::MAX;
    for _ in 0..5 {
        let (statements, answer) = count.during(user.get(path)).await;
        answer.ok::<Value>();
        fewest = fewest.min(statements.iter().filter(|text| !asks_for_changed_apps(text)).count());
    }
    fewest
}

/// Asked when the last answer is older than a moment, which on a slow machine each request finds.
fn asks_for_changed_apps(text: &str) -> bool {
    text.contains("FROM app_revision")
}

const TABLES: [&str; 4] = ["group_members", "group_member_keys", "pending_key_rotations", "group_invites"];

/// Keys, rotations and requests as old large groups have them, and what the planner has to know of them.
async fn fill(world: &World, group: &GroupId, bob: &User) {
    let keys = "INSERT INTO group_keys (id, group_id, created_at, previous_key_id, group_key_alg, keypair_encrypt_alg, ephemeral_alg,
            public_key, encrypted_private_key, encrypted_group_key_by_ephemeral)
        SELECT 'key-' || CAST(n AS TEXT), k.group_id, k.created_at + n, k.id, '-', '-', '-', '', '', 'AAAA'
        FROM generate_series(1, 40) n, group_keys k WHERE k.group_id = $1";
    let copies = "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
        SELECT k.id, m.member_id, m.group_id, k.created_at, 1, 'key', '-', 'AAAA'
        FROM group_members m JOIN group_keys k ON k.group_id = m.group_id WHERE m.group_id = $1 AND k.id IN ('key-1', 'key-2')";
    let waiting = "INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, encrypted_ephemeral_key)
        SELECT k.id, m.member_id, m.group_id, k.created_at, 'key', 'AAAA'
        FROM group_members m JOIN group_keys k ON k.group_id = m.group_id WHERE m.group_id = $1 AND k.id = 'key-30'";
    let asking = "INSERT INTO group_invites (group_id, member_id, kind, member_kind, member_rank, created_at)
        SELECT $1, 'guest-' || CAST(n AS TEXT), 1, 0, 4, n FROM generate_series(1, 5000) n";
    for sql in [keys, copies, waiting, asking] {
        world.execute(sql, vec![group.as_str().to_owned()]).await;
    }
    let invitations =
        "INSERT INTO group_invites (group_id, member_id, kind, member_kind, member_rank, created_at)
        SELECT id, $1, 0, 0, 4, 1 FROM groups WHERE kind = 1 LIMIT 500";
    world.execute(invitations, vec![bob.id().to_owned()]).await;
    world.execute("ANALYZE", vec![]).await;
}

struct Scans {
    whole: i64,
    by_index: i64,
}

async fn scans(world: &World) -> Vec<Scans> {
    let mut found = Vec::new();
    for table in TABLES {
        let whole = "SELECT seq_scan FROM pg_stat_user_tables WHERE CAST(relname AS TEXT) = $1";
        let by_index = "SELECT idx_scan FROM pg_stat_user_tables WHERE CAST(relname AS TEXT) = $1";
        found.push(Scans {
            whole: world.count(whole, &[table]).await,
            by_index: world.count(by_index, &[table]).await,
        });
    }
    found
}
