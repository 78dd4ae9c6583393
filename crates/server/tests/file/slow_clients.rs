//! Clients that take their time to keep something from others.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::Files;
use crate::bucket;
use crate::support::{Engine, User};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_trickles_does_not_keep_a_place_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let files = bucket::start_with(folder.path(), "secret", |storage| {
        storage.buffered_uploads = 1;
        storage.idle_timeout = Duration::from_millis(500);
        storage.slowest_buffered_upload = 1_024 * 1_024;
    })
    .await;
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let session = file.session_id.as_str();
    let stream = begin_upload(&files, &alice, session).await;
    let announced = "SELECT COUNT(*) FROM loose_blobs";
    files.world.until(async || files.world.count(announced, &[]).await == 1).await;
    // Never idle, and never done.
    let (mut answers, mut bytes) = stream.into_split();
    let trickle = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while bytes.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    });
    files.upload(&alice, session, 1, true, "quick").await.done();
    let mut answer = [0; 1_024];
    let length = answers.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.contains("\"err_code\":23"), "{answer}");
    trickle.abort();
}

/// The head of an upload of a whole part, and its first byte.
async fn begin_upload(files: &Files, owner: &User, session: &str) -> TcpStream {
    let mut stream = TcpStream::connect(files.world.address()).await.unwrap();
    let (token, jwt) = (files.world.app.public_token.expose(), &owner.jwt);
    let head = format!(
        "POST /api/v1/file/part/{session}/1/true HTTP/1.1\r\nhost: x\r\nx-sentc-app-token: {token}\r\n\
         authorization: Bearer {jwt}\r\ncontent-length: 5242880\r\n\r\nx"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_is_not_taken_does_not_keep_its_connection() {
    let files = Files::start_with(Engine::Sqlite, |config| {
        config.storage.idle_timeout = Duration::from_secs(1);
    })
    .await;
    let alice = files.world.user().await;
    let file = files.file(&alice, &[&vec![7; 5_242_880]]).await;
    let part = files.parts(&file).await.remove(0);
    let connections = || files.world.state().telemetry.connections.get();
    // Those of the requests so far are about to end.
    files.world.until(async || connections() == 0).await;
    // More than the buffers of any system take in.
    let mut stream = TcpStream::connect(files.world.address()).await.unwrap();
    let token = files.world.app.public_token.expose();
    let request =
        format!("GET /api/v1/file/part/{part} HTTP/1.1\r\nhost: x\r\nx-sentc-app-token: {token}\r\n\r\n");
    stream.write_all(request.repeat(8).as_bytes()).await.unwrap();
    files.world.until(async || connections() == 1).await;
    files.world.until(async || connections() == 0).await;
    let mut taken = Vec::new();
    // Cut off in the middle, in whatever way.
    let _ = stream.read_to_end(&mut taken).await;
    assert!(taken.len() < 8 * 5_242_880, "all of it was sent");
}
