//! A server that is killed, and what it had promised.
//!
//! The server runs in a process of its own: this test binary, called once more. `kill -9` gives it no chance to finish anything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyfold_crypto::Suite;
use keyfold_crypto::device::register_user;
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::user::RegisterInput;
use keyfold_server::app::{DEVELOPMENT_PUBLIC_TOKEN, DEVELOPMENT_SECRET_TOKEN, seed_development_app};
use keyfold_server::{Config, DatabaseConfig, RootKey, Server};
use keyfold_testkit::postgres::fresh_database;

const SQLITE_VARIABLE: &str = "KEYFOLD_CRASH_TEST_SQLITE";
const POSTGRES_VARIABLE: &str = "KEYFOLD_CRASH_TEST_POSTGRES";

/// Not a test by itself: the process that is killed.
#[test]
fn serve_until_killed() {
    let database = match (std::env::var(SQLITE_VARIABLE), std::env::var(POSTGRES_VARIABLE)) {
        (Ok(path), _) => DatabaseConfig::Sqlite { path: path.into() },
        (_, Ok(url)) => DatabaseConfig::postgres(url, 6),
        _ => return,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let server = Server::start(config(database)).await.unwrap();
        let state = server.state();
        seed_development_app(&state.db, &state.root_key, state.now()).await.unwrap();
        // The parent looks for this line.
        println!("listening {}", server.address());
        std::future::pending::<()>().await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_user_is_lost_when_the_server_is_killed_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyfold.db");
    kill_during_registrations(SQLITE_VARIABLE, path.to_str().unwrap(), || DatabaseConfig::Sqlite {
        path: path.clone(),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_user_is_lost_when_the_server_is_killed_on_postgresql() {
    let database = fresh_database();
    kill_during_registrations(POSTGRES_VARIABLE, database.url(), || {
        DatabaseConfig::postgres(database.url(), 4)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_server_needs_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyfold.db");
    let process = Process::start(SQLITE_VARIABLE, path.to_str().unwrap());
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    // What the process has made itself. The pages of the program and its debug information, which a release does not have, are not of interest.
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 10 * 1_024, "{kib} KiB");
}

/// Kills the server in the middle of many registrations, three times on the same database.
async fn kill_during_registrations(variable: &str, value: &str, database: impl Fn() -> DatabaseConfig) {
    const EACH: usize = 60;
    let body = Arc::new(register_user(&name("template"), "password", &Suite::STD).unwrap());
    let mut acknowledged = Vec::new();
    for round in 0..3_usize {
        let process = Process::start(variable, value);
        let base = format!("http://{}/api/v1", process.address);
        let done = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..8_usize)
            .map(|client| {
                tokio::spawn(register_until_refused(
                    base.clone(),
                    body.clone(),
                    format!("{round}-{client}"),
                    done.clone(),
                ))
            })
            .collect();
        while done.load(Ordering::SeqCst) < EACH {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        process.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }
    let server = Server::start(config(database())).await.unwrap();
    let http = client();
    let base = format!("http://{}/api/v1", server.address());
    for identifier in &acknowledged {
        let body = serde_json::json!({"user_identifier": identifier}).to_string();
        let path = format!("{base}/user/forced/login");
        let (status, answer) = post(&http, &path, DEVELOPMENT_SECRET_TOKEN, body).await.unwrap();
        assert_eq!(status, 200, "{identifier} was acknowledged and is lost: {answer}");
        assert_eq!(answer["result"]["verify"]["user_keys"].as_array().unwrap().len(), 1);
    }
    let count = async |sql: &'static str| {
        let db = &server.state().db;
        let count = db.read((), move |tx, ()| {
            Box::pin(async move { Ok(tx.query_opt(sql, &[], |row| row.col::<i64>()).await?.unwrap_or(-1)) })
        });
        count.await.unwrap()
    };
    let users = count("SELECT count(*) FROM users").await;
    assert!(users >= i64::try_from(acknowledged.len()).unwrap());
    for sql in [
        "SELECT count(*) FROM devices",
        "SELECT count(*) FROM groups",
        "SELECT count(*) FROM group_members",
        "SELECT count(*) FROM group_keys",
        "SELECT count(*) FROM group_member_keys",
        "SELECT count(*) FROM group_hmac_keys",
        "SELECT count(*) FROM group_sortable_keys",
    ] {
        assert_eq!(count(sql).await, users, "half an account: {sql}");
    }
    server.shutdown().await;
}

/// Registers one user after the other; those that were acknowledged.
async fn register_until_refused(
    base: String,
    template: Arc<RegisterInput>,
    prefix: String,
    done: Arc<AtomicUsize>,
) -> Vec<String> {
    let http = client();
    let mut acknowledged = Vec::new();
    for number in 0_usize.. {
        let identifier = format!("{prefix}-{number}");
        let mut body = RegisterInput::clone(&template);
        body.device.device_identifier = name(&identifier);
        let body = serde_json::to_string(&body).unwrap();
        match post(&http, &format!("{base}/register"), DEVELOPMENT_PUBLIC_TOKEN, body).await {
            Some((200, _)) => acknowledged.push(identifier),
            Some((status, answer)) => panic!("{status} {answer}"),
            None => break,
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(variable: &str, value: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve_until_killed", "--nocapture"])
            .env(variable, value)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening ").map(|(_, address)| address.to_owned()))
            .expect("the server prints its address");
        Self { child, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone when the test got as far as killing it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(database: DatabaseConfig) -> Config {
    let mut config =
        Config::new("127.0.0.1:0".parse().unwrap(), database, RootKey::new(1, &[7; 32]).unwrap());
    config.development = true;
    config
}

fn name(identifier: &str) -> DeviceIdentifier {
    DeviceIdentifier::parse(identifier).unwrap()
}

fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

/// `None` when the server is gone.
async fn post(
    http: &Client<HttpConnector, Full<Bytes>>,
    uri: &str,
    token: &str,
    body: String,
) -> Option<(u16, serde_json::Value)> {
    let request = Request::builder().method(Method::POST).uri(uri).header("x-sentc-app-token", token);
    let response = http.request(request.body(Full::new(body.into())).unwrap()).await.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).ok()?))
}
