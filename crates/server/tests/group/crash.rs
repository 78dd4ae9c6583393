//! A server that is killed in the middle of a rotation.

use std::time::Duration;

use keyfold_crypto::{PrivateKey, Suite};
use keyfold_protocol::group::KeyRotationStartOutput;
use keyfold_server::db::params;
use keyfold_server::random::ordered_id;

use crate::support::{Engine, Place, World, at};

const MEMBERS: i64 = 10_000;

const PENDING: &str = "SELECT count(*) FROM pending_key_rotations WHERE key_id = $1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_survives_that_its_server_is_killed_on_sqlite() {
    kill_during_a_rotation(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_survives_that_its_server_is_killed_on_postgres() {
    kill_during_a_rotation(Engine::Postgres).await;
}

async fn kill_during_a_rotation(engine: Engine) {
    let place = Place::new(engine);
    let world = World::start_at(&place, None).await;
    let alice = world.user().await;
    let group = alice.create_group().await;
    add_members(&world, group.as_str()).await;
    let body = alice.actor().rotation_body(&group).await;
    let app = world.app.clone();
    world.shutdown().await;

    let (mut server, address) = place.spawn();
    let elsewhere = World::elsewhere(address, app.clone());
    let answer = elsewhere
        .call(hyper::Method::POST, &at(&group, "/key_rotation"), Some(&alice.jwt), None, &body)
        .await;
    let key = answer.ok::<KeyRotationStartOutput>().key_id;
    while elsewhere.metric("keyfold_key_rotation_shares_total").await == 0 {}
    server.kill().unwrap();
    server.wait().unwrap();

    let world = World::start_at(&place, Some(app)).await;
    world.jobs_done_within(Duration::from_secs(300)).await;
    assert_eq!(world.count(PENDING, &[key.as_str()]).await, MEMBERS, "exactly one row for each member");
    let served = "SELECT count(*) FROM group_members m
        JOIN pending_key_rotations p ON p.member_id = m.member_id AND p.key_id = $1 AND p.error IS NULL
        WHERE m.group_id = $2";
    assert_eq!(world.count(served, &[key.as_str(), group.as_str()]).await, MEMBERS);
    let ephemeral = "SELECT count(*) FROM group_keys WHERE encrypted_ephemeral_key IS NOT NULL";
    assert_eq!(world.count(ephemeral, &[]).await, 0);
    // Both servers together did the work once.
    let by_the_second = world.metric("keyfold_key_rotation_shares_total").await;
    assert!(by_the_second > 0, "the first server was too fast to be killed in the middle");
    assert!(by_the_second < MEMBERS.unsigned_abs(), "the work of the first server was done again");
    let logged = "SELECT amount FROM action_log WHERE subject_id = $1 AND action = 6";
    assert_eq!(world.count(logged, &[group.as_str()]).await, MEMBERS);
    world.shutdown().await;
}

/// Members with one and the same public key: the server does not look at that. Few statements for all of them, since ten thousand
/// round trips take longer than what is tested.
pub(crate) async fn add_members(world: &World, group: &str) {
    const USERS: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < CAST($1 AS BIGINT))
         INSERT INTO users (id, app_id, group_id, created_at)
         SELECT 'user-' || CAST(n AS TEXT), $2, 'user-group-' || CAST(n AS TEXT), 1 FROM numbers";
    const GROUPS: &str = "INSERT INTO groups (id, app_id, kind, user_id, is_connected, accepts_invites, created_at, current_key_id)
         SELECT u.group_id, u.app_id, 1, u.id, 0, 1, 1, $1 FROM users u WHERE u.id LIKE 'user-%'";
    const KEY: &str = "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, public_key, encrypted_private_key)
         VALUES ($1, 'user-group-1', 1, '-', $2, $3, '')";
    const MEMBERSHIPS: &str = "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
         SELECT $1, id, 0, 4, 1, 1 FROM users WHERE id LIKE 'user-%'";
    let (_, public) = PrivateKey::generate(&Suite::STD, "").unwrap();
    let (app, alg, public_key) =
        (world.app.id.clone(), public.algorithm().to_owned(), public.to_server_form());
    let data = (app, group.to_owned(), ordered_id(), alg, public_key);
    let work = world.state().db.write(data, |tx, (app, group, key, alg, public_key)| {
        Box::pin(async move {
            tx.execute(USERS, params![MEMBERS, app]).await?;
            tx.execute(GROUPS, params![key]).await?;
            tx.execute(KEY, params![key, alg, public_key]).await?;
            tx.execute(MEMBERSHIPS, params![group]).await?;
            Ok(())
        })
    });
    work.await.unwrap();
}
