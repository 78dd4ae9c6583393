//! A server that is killed in the middle of a rotation.

use keyfold_crypto::{PrivateKey, Suite};
use keyfold_protocol::group::KeyRotationStartOutput;
use keyfold_server::db::params;
use keyfold_server::random::{opaque_id, ordered_id};

use crate::support::{Engine, Place, UserRows, World, at, insert_user_rows};

const MEMBERS: usize = 10_000;

const PENDING: &str = "SELECT count(*) FROM pending_key_rotations WHERE key_id = $1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_survives_that_its_server_is_killed() {
    let place = Place::new(Engine::Sqlite);
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
    world.jobs_done().await;
    let members = i64::try_from(MEMBERS).unwrap();
    assert_eq!(world.count(PENDING, &[key.as_str()]).await, members, "exactly one row for each member");
    let served = "SELECT count(*) FROM group_members m
        JOIN pending_key_rotations p ON p.member_id = m.member_id AND p.key_id = $1 AND p.error IS NULL
        WHERE m.group_id = $2";
    assert_eq!(world.count(served, &[key.as_str(), group.as_str()]).await, members);
    let ephemeral = "SELECT count(*) FROM group_keys WHERE encrypted_ephemeral_key IS NOT NULL";
    assert_eq!(world.count(ephemeral, &[]).await, 0);
    // Both servers together did the work once.
    let by_the_second = world.metric("keyfold_key_rotation_shares_total").await;
    assert!(by_the_second > 0, "the first server was too fast to be killed in the middle");
    assert!(by_the_second < u64::try_from(MEMBERS).unwrap(), "the work of the first server was done again");
    let logged = "SELECT amount FROM action_log WHERE subject_id = $1 AND action = 6";
    assert_eq!(world.count(logged, &[group.as_str()]).await, members);
    world.shutdown().await;
}

/// Users with one and the same public key: the server does not look at that.
async fn add_members(world: &World, group: &str) {
    let (_, public) = PrivateKey::generate(&Suite::STD, "").unwrap();
    let (app, alg, public_key) =
        (world.app.id.clone(), public.algorithm().to_owned(), public.to_server_form());
    let data = (app, group.to_owned(), alg, public_key);
    let work = world.state().db.write(data, |tx, (app, group, alg, public_key)| {
        Box::pin(async move {
            for _ in 0..MEMBERS {
                let rows = UserRows {
                    app: app.clone(),
                    id: opaque_id(),
                    device: ordered_id(),
                    group: ordered_id(),
                    key: ordered_id(),
                    alg: alg.clone(),
                    public_key: public_key.clone(),
                };
                insert_user_rows(tx, &rows).await?;
                tx.execute(
                    "INSERT INTO group_members
                        (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
                     VALUES ($1, $2, 0, 4, 1, 1)",
                    params![group, rows.id],
                )
                .await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
}
