//! How much an app may store.

use keyfold_server::Quota;

use crate::api::{Files, register_body};
use crate::support::Engine;

async fn limited(engine: Engine) -> Files {
    Files::start_with(engine, |config| {
        config.storage.quota = Quota { files: Some(2), bytes: Some(10) };
    })
    .await
}

async fn an_app_stores_no_more_than_it_may(files: Files) {
    let alice = files.world.user().await;
    let first = files.register(&alice).await;
    files.upload(&alice, first.session_id.as_str(), 1, false, "123456").await.done();
    files.upload(&alice, first.session_id.as_str(), 2, true, "12345").await.refused(400, 522);
    files.upload(&alice, first.session_id.as_str(), 2, true, "1234").await.done();
    let usage = files.usage().await;
    assert_eq!((usage.files, usage.bytes, usage.max_files, usage.max_bytes), (1, 10, Some(2), Some(10)));
    let second = files.register(&alice).await;
    files.upload(&alice, second.session_id.as_str(), 1, true, "1").await.refused(400, 522);
    alice.post("file", &register_body("None", None)).await.refused(400, 522);
    files.tidy().await;
    assert_eq!(files.stored(), 2, "a refused part was kept");
    // Another app has its own.
    let other = files.another_app().await;
    let bob = other.world.user().await;
    other.file(&bob, &[b"1234567890"]).await;
    // What is deleted makes room.
    alice.delete(&format!("file/{}", first.file_id)).await.done();
    files.world.jobs_done().await;
    assert_eq!((files.usage().await.files, files.usage().await.bytes), (1, 0));
    files.upload(&alice, second.session_id.as_str(), 1, true, "1234567890").await.done();
}

async fn the_operator_gives_an_app_limits_of_its_own(files: Files) {
    let alice = files.world.user().await;
    let quota = Quota { files: Some(3), bytes: None };
    files.operator().set_file_quota(&files.world.app.id, quota).await.unwrap();
    for _ in 0..3 {
        files.register(&alice).await;
    }
    alice.post("file", &register_body("None", None)).await.refused(400, 522);
    assert_eq!((files.usage().await.max_files, files.usage().await.max_bytes), (Some(3), Some(10)));
}

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_app_stores_no_more_than_it_may() {
        super::an_app_stores_no_more_than_it_may(limited(Engine::Sqlite).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_operator_gives_an_app_limits_of_its_own() {
        super::the_operator_gives_an_app_limits_of_its_own(limited(Engine::Sqlite).await).await;
    }
}

mod postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_app_stores_no_more_than_it_may() {
        super::an_app_stores_no_more_than_it_may(limited(Engine::Postgres).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_operator_gives_an_app_limits_of_its_own() {
        super::the_operator_gives_an_app_limits_of_its_own(limited(Engine::Postgres).await).await;
    }
}
