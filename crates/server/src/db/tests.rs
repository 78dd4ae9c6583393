//! Behaviour of transactions on SQLite; the integration tests run the rules on both engines.

use std::sync::Arc;

use super::{DatabaseConfig, Db, DbError};
use crate::error::ApiError;
use keyfold_protocol::error::ErrorCode;

async fn open(directory: &tempfile::TempDir) -> Db {
    Db::open(&DatabaseConfig::Sqlite { path: directory.path().join("test.db") }).await.unwrap()
}

async fn put(db: &Db, name: &'static str, outcome: Result<(), ErrorCode>) -> Result<(), ApiError> {
    db.write((name, outcome), |tx, (name, outcome)| {
        Box::pin(async move {
            tx.execute(
                "INSERT INTO server_facts (name, value) VALUES ($1, $2)",
                params![*name, b"value".as_slice()],
            )
            .await?;
            outcome.map_err(ApiError::from)
        })
    })
    .await
}

async fn names(db: &Db) -> Vec<String> {
    db.read((), |tx, ()| {
        Box::pin(async move {
            Ok(tx.query("SELECT name FROM server_facts ORDER BY name", params![], |row| row.col()).await?)
        })
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing_and_does_not_disturb_others() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    let (kept, refused, taken) = tokio::join!(
        put(&db, "kept", Ok(())),
        put(&db, "refused", Err(ErrorCode::NoAccess)),
        put(&db, "kept", Ok(()))
    );
    assert!(kept.is_ok() && taken.is_err());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::NoAccess);
    assert_eq!(names(&db).await, ["kept"]);
}

#[tokio::test]
async fn a_panic_inside_a_transaction_does_not_stop_the_writer() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    let panicked: Result<(), ApiError> = db.write((), |_, ()| Box::pin(async { panic!("a defect") })).await;
    assert!(panicked.is_err());
    put(&db, "after", Ok(())).await.unwrap();
    assert_eq!(names(&db).await, ["after"]);
}

#[tokio::test]
async fn a_transaction_that_waits_for_something_else_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    let waited = db
        .write((), |_, ()| {
            Box::pin(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    let written = db
        .read((), |tx, ()| {
            Box::pin(async move { Ok(tx.execute("DELETE FROM server_facts", params![]).await?) })
        })
        .await;
    assert!(written.is_err());
}

#[tokio::test]
async fn text_with_a_null_character_is_refused_on_every_engine() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    assert_eq!(put(&db, "a\0b", Ok(())).await.unwrap_err().code(), ErrorCode::Input);
}

#[tokio::test]
async fn many_writers_at_once_are_all_served() {
    let directory = tempfile::tempdir().unwrap();
    let db = Arc::new(open(&directory).await);
    let tasks: Vec<_> = (0..500)
        .map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(number, |tx, number| {
                    Box::pin(async move {
                        let name = format!("{number:04}");
                        tx.execute(
                            "INSERT INTO server_facts (name, value) VALUES ($1, $2)",
                            params![name, b"".as_slice()],
                        )
                        .await?;
                        Ok(())
                    })
                })
                .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(names(&db).await.len(), 500);
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    db.write((), |tx, ()| {
        Box::pin(async move {
            tx.execute(
                "INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)",
                params![999_i64, b"".as_slice()],
            )
            .await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    db.close().await;
    let config = DatabaseConfig::Sqlite { path: directory.path().join("test.db") };
    assert!(matches!(Db::open(&config).await, Err(DbError::NewerSchema { found: 999, .. })));
}

#[tokio::test]
async fn a_closed_database_answers_with_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(&directory).await;
    put(&db, "before", Ok(())).await.unwrap();
    db.close().await;
    assert_eq!(put(&db, "after", Ok(())).await.unwrap_err().code(), ErrorCode::DatabaseUnavailable);
}

#[tokio::test]
async fn a_second_statement_needs_a_transaction() {
    async fn count(tx: &mut super::Tx) -> Result<Option<i64>, DbError> {
        tx.query_opt("SELECT count(*) FROM server_facts", params![], |row| row.col()).await
    }
    let directory = tempfile::tempdir().unwrap();
    let database = keyfold_testkit::postgres::fresh_database();
    let postgres = Db::open(&DatabaseConfig::postgres(database.url(), 1)).await.unwrap();
    for db in [open(&directory).await, postgres] {
        let single = db.read_single((), |tx, ()| Box::pin(async move { Ok(count(tx).await?) }));
        assert!(single.await.unwrap().is_some());
        let two = db.read_single((), |tx, ()| {
            Box::pin(async move {
                count(tx).await?;
                Ok(count(tx).await?)
            })
        });
        assert!(two.await.is_err());
        // The connection is as it was.
        assert!(db.read((), |tx, ()| Box::pin(async move { Ok(count(tx).await?) })).await.unwrap().is_some());
    }
}
