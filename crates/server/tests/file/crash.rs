//! A server that is killed in the middle of uploads and of deletions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use keyfold_protocol::app::FileOptions;

use crate::api::Files;
use crate::support::{Engine, Place, User, World};

const PART: usize = 300_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_part_is_lost_and_none_is_left_behind_when_the_server_is_killed_on_sqlite() {
    kill_during_uploads_and_deletions(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_part_is_lost_and_none_is_left_behind_when_the_server_is_killed_on_postgres() {
    kill_during_uploads_and_deletions(Engine::Postgres).await;
}

async fn kill_during_uploads_and_deletions(engine: Engine) {
    let place = Place::new(engine);
    let files_of = |world: &World| Files::of(world.clone(), place.folder.join("files"));
    let world = World::start_at(&place, None).await;
    let files = files_of(&world);
    files.set_options(FileOptions::server_storage()).await;
    let alice = world.user().await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(files.register(&alice).await);
    }
    let app = world.app.clone();
    world.shutdown().await;

    // Killed while eight uploads run.
    let (mut server, address) = place.spawn();
    let elsewhere = files_of(&World::elsewhere(address, app.clone()));
    let done = Arc::new(AtomicUsize::new(0));
    let uploads: Vec<_> = sessions
        .iter()
        .map(|file| {
            let (files, alice) = (elsewhere.clone(), alice.clone());
            let (session, done) = (file.session_id.as_str().to_owned(), done.clone());
            tokio::spawn(async move { upload_until_refused(&files, &alice, &session, &done).await })
        })
        .collect();
    while done.load(Ordering::SeqCst) < 40 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let mut acknowledged = Vec::new();
    for upload in uploads {
        acknowledged.push(upload.await.unwrap());
    }

    let world = World::start_at(&place, Some(app.clone())).await;
    let files = files_of(&world);
    let alice = alice.at(&world);
    for (file, count) in sessions.iter().zip(&acknowledged) {
        files.upload(&alice, file.session_id.as_str(), count + 1, true, content(count + 1)).await;
        let parts = "SELECT COUNT(*) FROM file_parts WHERE file_id = $1";
        let parts = world.count(parts, &[file.file_id.as_str()]).await;
        assert!(parts > *count, "{count} parts were acknowledged, {parts} are left");
        let ids: Vec<String> = part_ids(&files, &alice, file.file_id.as_str()).await;
        for (index, id) in ids.iter().enumerate() {
            let raw = files.download(id, Some(&alice.jwt)).await;
            assert!(raw.bytes == content(i64::try_from(index + 1).unwrap()), "part {index} is not whole");
        }
    }
    // What had a name but no row is found by its time.
    world.clock().advance(3 * 60 * 60 * 1_000);
    files.tidy().await;
    let rows = world.count("SELECT COUNT(*) FROM file_parts", &[]).await;
    let stored = files.stored() - crate::api::contents(&files.storage().join("uploads")).len();
    assert_eq!(i64::try_from(stored).unwrap(), rows);
    world.shutdown().await;

    // Killed while the files are deleted.
    let (mut server, address) = place.spawn();
    let elsewhere = files_of(&World::elsewhere(address, app.clone()));
    let alice = alice.at(&elsewhere.world);
    for file in &sessions {
        alice.delete(&format!("file/{}", file.file_id)).await.done();
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let world = World::start_at(&place, Some(app)).await;
    let files = files_of(&world);
    world.jobs_done().await;
    let left = crate::api::contents(files.storage());
    assert!(left.iter().all(|path| path.parent().unwrap().ends_with("uploads")), "{left:?}");
    assert_eq!(world.count("SELECT COUNT(*) FROM files", &[]).await, 0);
    world.shutdown().await;
}

/// Uploads one part after the other; how many were acknowledged.
async fn upload_until_refused(files: &Files, owner: &User, session: &str, done: &AtomicUsize) -> i64 {
    let bearer = format!("Bearer {}", owner.jwt);
    for sequence in 1_i64.. {
        let path = format!("file/part/{session}/{sequence}/false");
        let headers = [("authorization", bearer.as_str())];
        match files.try_raw(hyper::Method::POST, &path, &headers, content(sequence)).await {
            Some(raw) => raw.done(),
            None => return sequence - 1,
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
    unreachable!("the server is killed before")
}

async fn part_ids(files: &Files, owner: &User, file: &str) -> Vec<String> {
    let bearer = format!("Bearer {}", owner.jwt);
    let path = format!("file/{file}/part_fetch/0");
    let list = files.raw(hyper::Method::GET, &path, &[("authorization", &bearer)], "").await.ok();
    list.as_array().unwrap().iter().map(|part| part["part_id"].as_str().unwrap().to_owned()).collect()
}

fn content(sequence: i64) -> Bytes {
    vec![u8::try_from(sequence % 251).unwrap(); PART].into()
}
