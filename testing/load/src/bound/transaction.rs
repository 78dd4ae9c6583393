//! Transactions that write one row.

use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;
use tokio_postgres::NoTls;

use super::Bench;
use crate::closed_loop::per_second;

/// Rows per second: on SQLite `together` of them to each commit (what a server can do at best that commits for several clients
/// at once), on PostgreSQL on `together` connections.
pub(super) fn measure(bench: &Bench<'_>, bytes: usize, together: usize) -> Result<f64> {
    match bench.storage.url() {
        None => sqlite(bench, bytes, together),
        Some(url) => postgres(url, bytes, together, bench.time),
    }
}

/// On the disk of the server's database, with the server's settings.
fn sqlite(bench: &Bench<'_>, bytes: usize, together: usize) -> Result<f64> {
    let file = bench.storage.folder().join("bare.db");
    let connection = Connection::open(&file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, content TEXT) STRICT")?;
    let content = "x".repeat(bytes);
    let (mut rows, started) = (0_usize, Instant::now());
    while started.elapsed() < bench.time {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..together {
            connection.prepare_cached("INSERT INTO bare (content) VALUES (?1)")?.execute([&content])?;
        }
        connection.execute_batch("COMMIT")?;
        rows += together;
    }
    Ok(per_second(rows, started.elapsed()))
}

fn postgres(url: &str, bytes: usize, connections: usize, time: Duration) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (client, driver) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(driver);
            clients.push(client);
        }
        if let Some(client) = clients.first() {
            let sql = "CREATE TABLE IF NOT EXISTS bare (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content TEXT)";
            client.batch_execute(sql).await?;
        }
        let started = Instant::now();
        let tasks: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let content = "x".repeat(bytes);
                tokio::spawn(async move {
                    let insert = client.prepare("INSERT INTO bare (content) VALUES ($1)").await?;
                    let mut rows = 0_usize;
                    while started.elapsed() < time {
                        client.execute(&insert, &[&content]).await?;
                        rows += 1;
                    }
                    Ok::<_, tokio_postgres::Error>(rows)
                })
            })
            .collect();
        let mut rows = 0;
        for task in tasks {
            rows += task.await??;
        }
        Ok(per_second(rows, started.elapsed()))
    })
}
