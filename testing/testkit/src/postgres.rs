//! Empty PostgreSQL databases, one per test.
//!
//! The server is the one `KEYFOLD_TEST_POSTGRES_URL` names (`cargo xtask test` sets it), else a cluster that this process
//! starts once, on first use, and that is removed when the process ends.

use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use keyfold_test_postgres::{Cluster, Durability, URL_VARIABLE};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// An empty database of its own for one test. Dropping it drops the database, connected clients or not.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
}

/// Creates an empty database on the test server.
///
/// Blocks for some ten milliseconds (and about two seconds when the server has to be started first).
///
/// # Panics
///
/// When there is no server to be had: PostgreSQL is not installed, or the URL in `KEYFOLD_TEST_POSTGRES_URL` leads nowhere.
#[must_use]
pub fn fresh_database() -> Database {
    let name = format!("keyfold_test_{}", Uuid::new_v4().simple());
    administrate(format!("CREATE DATABASE {name} TEMPLATE template0"));
    Database { url: with_database(server_url(), &name), name }
}

impl Database {
    /// Connection URL, with user and password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's bare name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        administrate(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// URL of the test server's administrative database.
///
/// # Panics
///
/// When the server has to be started and cannot.
#[must_use]
pub fn server_url() -> &'static str {
    static SERVER: OnceLock<(String, Option<Cluster>)> = OnceLock::new();
    let (url, _cluster) = SERVER.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => (url, None),
        _ => {
            let cluster = Cluster::start(Durability::Volatile).unwrap_or_else(|error| panic!("{error}"));
            (cluster.url().to_owned(), Some(cluster))
        }
    });
    url
}

/// `url` with its path replaced by `database`; the query part stays.
fn with_database(url: &str, database: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |at| at.saturating_add(3));
    let end = base.get(authority..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| authority + at);
    let server = base.get(..end).unwrap_or(base);
    match query {
        Some(query) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

/// Runs one statement as administrator and waits for it.
///
/// A thread of its own holds the one connection: tests may call from inside any runtime, or from `drop`, where nothing can be
/// awaited.
fn administrate(statement: String) {
    type Request = (String, mpsc::Sender<Result<(), String>>);
    static ADMINISTRATOR: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let requests = ADMINISTRATOR.get_or_init(|| {
        let url = server_url();
        let (sender, receiver) = mpsc::channel::<Request>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime for the database administrator");
            let mut connection = None;
            while let Ok((statement, reply)) = receiver.recv() {
                let outcome = runtime.block_on(execute(&mut connection, url, &statement));
                // A test that stopped waiting has failed already.
                let _ = reply.send(outcome);
            }
        });
        sender
    });
    let (reply, outcome) = mpsc::channel();
    let outcome = requests
        .send((statement.clone(), reply))
        .map_err(|error| error.to_string())
        .and_then(|()| outcome.recv().map_err(|error| error.to_string()))
        .and_then(|outcome| outcome);
    match outcome {
        Ok(()) => {}
        // A second panic while the first unwinds would abort the process and hide the first.
        Err(_) if std::thread::panicking() => {}
        Err(error) => panic!("`{statement}` failed on the test server: {error}"),
    }
}

async fn execute(connection: &mut Option<Client>, url: &str, statement: &str) -> Result<(), String> {
    if connection.as_ref().is_none_or(Client::is_closed) {
        let connect = tokio::time::timeout(Duration::from_secs(10), tokio_postgres::connect(url, NoTls));
        let (client, driver) =
            connect.await.map_err(|_| "no answer within 10 seconds".to_owned())?.map_err(describe)?;
        tokio::spawn(driver);
        *connection = Some(client);
    }
    match connection {
        Some(client) => client.batch_execute(statement).await.map_err(describe),
        None => Err("not connected".to_owned()),
    }
}

/// The error with its cause: tokio-postgres prints only "db error" by itself.
fn describe(error: tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(cause) => format!("{}: {}", cause.code().code(), cause.message()),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connect(url: &str) -> Client {
        let (client, driver) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(driver);
        client
    }

    #[tokio::test]
    async fn databases_are_empty_and_separate() {
        let (first, second) = (fresh_database(), fresh_database());
        connect(first.url()).await.batch_execute("CREATE TABLE only_here (id int)").await.unwrap();
        let tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'only_here'";
        let count = |row: tokio_postgres::Row| row.get::<_, i64>(0);
        assert_eq!(count(connect(first.url()).await.query_one(tables, &[]).await.unwrap()), 1);
        assert_eq!(count(connect(second.url()).await.query_one(tables, &[]).await.unwrap()), 0);
    }

    #[tokio::test]
    async fn dropping_a_database_removes_it_under_connected_clients() {
        let database = fresh_database();
        let _client = connect(database.url()).await;
        let name = database.name().to_owned();
        drop(database);
        let server = connect(server_url()).await;
        let found = server.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await.unwrap();
        assert!(found.is_none());
    }

    #[test]
    fn the_database_is_replaced_in_any_url() {
        for (url, expected) in [
            ("postgres://u:p@127.0.0.1:5432/postgres", "postgres://u:p@127.0.0.1:5432/d"),
            ("postgres://u@localhost", "postgres://u@localhost/d"),
            ("postgresql://h/x?sslmode=disable", "postgresql://h/d?sslmode=disable"),
        ] {
            assert_eq!(with_database(url, "d"), expected);
        }
    }
}
