//! Contents in a bucket, against a server that speaks the protocol of S3.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use keyfold_server::{StorageBackend, StorageConfig};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

use crate::api::{Files, contents};
use crate::support::Engine;

/// Serves a folder as buckets; the address.
async fn serve(folder: &Path) -> String {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("access", "secret"));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

async fn start(folder: &Path, secret: &str) -> Files {
    start_with(folder, secret, |_| {}).await
}

pub(crate) async fn start_with(
    folder: &Path,
    secret: &str,
    configure: impl FnOnce(&mut StorageConfig),
) -> Files {
    std::fs::create_dir(folder.join("bucket")).unwrap();
    let endpoint = serve(folder).await;
    Files::start_with(Engine::Sqlite, |config| {
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        config.storage = StorageConfig::new(StorageBackend::Bucket {
            url: "s3://bucket/files".into(),
            options: vec![
                option("aws_endpoint", &endpoint),
                option("aws_region", "us-east-1"),
                option("aws_access_key_id", "access"),
                option("aws_secret_access_key", secret),
                option("allow_http", "true"),
            ],
        });
        configure(&mut config.storage);
    })
    .await
}

/// Objects of the bucket, without what the server in the test keeps beside them.
fn objects(folder: &Path) -> usize {
    contents(&folder.join("bucket/files")).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_into_a_bucket_and_comes_back_and_is_deleted_there() {
    let folder = tempfile::tempdir().unwrap();
    let files = start(folder.path(), "secret").await;
    let alice = files.world.user().await;
    let large: Vec<u8> = (0..5_242_880_u32).map(|byte| (byte % 251) as u8).collect();
    let file = files.file(&alice, &[&large, b"", b"small"]).await;
    let parts = files.parts(&file).await;
    assert_eq!(objects(folder.path()), 3);
    assert!(files.download(&parts[0], None).await.bytes == large);
    assert_eq!(files.download(&parts[1], None).await.bytes, "");
    assert_eq!(files.download(&parts[2], None).await.bytes, "small");
    let range = [("range", "bytes=5242870-")];
    let raw = files.raw(hyper::Method::GET, &format!("file/part/{}", parts[0]), &range, "").await;
    assert!(raw.status == 206 && raw.bytes == large[5_242_870..]);
    alice.delete(&format!("file/{file}")).await.done();
    files.world.jobs_done().await;
    assert_eq!(objects(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_the_bucket_refuses_becomes_no_part() {
    let folder = tempfile::tempdir().unwrap();
    let files = start(folder.path(), "wrong").await;
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.upload(&alice, file.session_id.as_str(), 1, true, "x").await.refused(400, 23);
    assert_eq!(files.world.count("SELECT COUNT(*) FROM file_parts", &[]).await, 0);
}
