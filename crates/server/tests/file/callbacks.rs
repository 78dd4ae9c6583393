//! Apps that store their files themselves, and how they are told what may go.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use keyfold_protocol::app::FileOptions;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::{FailedDelivery, FileMeta};
use tokio::net::TcpListener;

use crate::api::Files;
use crate::support::{Engine, User};

/// The backend of an app: takes messages, and answers as it was told.
struct Backend {
    url: String,
    received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    status: Arc<Mutex<u16>>,
}

impl Backend {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/deleted", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let status = Arc::new(Mutex::new(200));
        let (messages, answer) = (received.clone(), status.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (messages, answer) = (messages.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (messages, answer) = (messages.clone(), answer.clone());
                    async move {
                        assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/deleted"));
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        messages.lock().unwrap().push((parts.headers, body));
                        let status = *answer.lock().unwrap();
                        let mut response = Response::new(Full::new(Bytes::new()));
                        *response.status_mut() = status.try_into().unwrap();
                        response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
                        Ok::<_, Infallible>(response)
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, received, status }
    }

    fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// The parts that each message names.
    fn parts(&self) -> Vec<Vec<String>> {
        let received = self.received.lock().unwrap();
        received.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

async fn start(engine: Engine, allow_private: bool, attempts: u32) -> (Files, Backend) {
    let files = Files::start_with(engine, |config| {
        config.storage.callbacks.allow_private_targets = allow_private;
        config.storage.callbacks.attempts = attempts;
        config.limits.job_interval = std::time::Duration::from_millis(50);
    })
    .await;
    let backend = Backend::start().await;
    set_url(&files, &backend.url).await;
    (files, backend)
}

async fn set_url(files: &Files, url: &str) {
    files
        .set_options(FileOptions {
            file_storage: 1,
            storage_url: Some(url.to_owned()),
            auth_token: Some(SecretText::new("callback token")),
            ..FileOptions::none()
        })
        .await;
}

/// Registers a file with parts that the app stores.
async fn own_file(files: &Files, owner: &User, parts: usize) -> (String, Vec<String>) {
    let file = files.register(owner).await;
    let mut ids = Vec::new();
    for sequence in 1..=parts {
        let path = format!("file/part/{}/{sequence}/{}/{}", file.session_id, sequence == parts, owner.id());
        let answer = files.backend(Method::PATCH, &path).await.ok();
        ids.push(answer["part_id"].as_str().unwrap().to_owned());
    }
    (file.file_id.into_string(), ids)
}

async fn failed(files: &Files) -> Vec<FailedDelivery> {
    serde_json::from_value(files.backend(Method::GET, "file/callback/failed/0/none").await.ok()).unwrap()
}

async fn an_app_is_told_which_of_its_parts_may_go_and_by_whom(engine: Engine) {
    let (files, backend) = start(engine, true, 20).await;
    let alice = files.world.user().await;
    let (file, parts) = own_file(&files, &alice, 3).await;
    let meta: FileMeta = alice.get(&format!("file/{file}")).await.ok();
    assert!(meta.part_list.iter().all(|part| part.extern_storage));
    files.download(&parts[0], None).await.refused(400, 500);
    // A part that the app takes back is not reported.
    files.backend(Method::DELETE, &format!("file/part/{}", parts[2])).await.done();
    alice.delete(&format!("file/{file}")).await.done();
    files.world.jobs_done().await;
    assert_eq!(backend.parts(), [parts[..2].to_vec()]);

    let public_key = files.get("file/callback/key").await.ok();
    let public_key = Base64::decode_vec(public_key.as_str().unwrap().strip_prefix("whpk_").unwrap()).unwrap();
    let received = backend.received.lock().unwrap();
    let (headers, body) = &received[0];
    assert_eq!(headers["x-sentc-app-token"], "callback token");
    assert_eq!(headers["content-type"], "application/json");
    let text = |name: &str| headers[name].to_str().unwrap();
    let signed =
        [text("webhook-id"), ".", text("webhook-timestamp"), ".", std::str::from_utf8(body).unwrap()]
            .concat();
    let signature = Base64::decode_vec(text("webhook-signature").strip_prefix("v1a,").unwrap()).unwrap();
    UnparsedPublicKey::new(&ED25519, &public_key).verify(signed.as_bytes(), &signature).unwrap();
}

async fn many_parts_are_reported_five_hundred_at_a_time(engine: Engine) {
    let (files, backend) = start(engine, true, 20).await;
    let alice = files.world.user().await;
    let (file, parts) = own_file(&files, &alice, 502).await;
    let first: FileMeta = alice.get(&format!("file/{file}")).await.ok();
    assert_eq!(first.part_list.len(), 500);
    let rest = files.get(&format!("file/{file}/part_fetch/500")).await.ok();
    assert_eq!(rest.as_array().unwrap().len(), 2);
    alice.delete(&format!("file/{file}")).await.done();
    files.world.jobs_done().await;
    assert_eq!(backend.parts().iter().map(Vec::len).collect::<Vec<_>>(), [500, 2]);
    assert_eq!(backend.parts().concat(), parts);
}

async fn a_message_is_repeated_until_it_is_taken(engine: Engine) {
    let (files, backend) = start(engine, true, 20).await;
    let alice = files.world.user().await;
    let (file, parts) = own_file(&files, &alice, 1).await;
    backend.answer(500);
    alice.delete(&format!("file/{file}")).await.done();
    files.world.until(async || backend.count() == 1).await;
    files
        .world
        .until(async || files.world.metric("keyfold_storage_deliveries_failed_total").await == 1)
        .await;
    backend.answer(204);
    assert_eq!(backend.count(), 1, "without a pause");
    files.world.clock().advance(60_000);
    files.world.jobs_done().await;
    assert_eq!(backend.parts(), [parts.clone(), parts]);
    let received = backend.received.lock().unwrap();
    assert_eq!(
        received[0].0["webhook-id"], received[1].0["webhook-id"],
        "the app could not tell it is the same"
    );
}

async fn a_message_that_is_given_up_can_be_sent_again(engine: Engine) {
    let (files, backend) = start(engine, true, 2).await;
    let alice = files.world.user().await;
    let (file, parts) = own_file(&files, &alice, 1).await;
    backend.answer(302);
    alice.delete(&format!("file/{file}")).await.done();
    for attempt in 1..=2 {
        files.world.until(async || backend.count() == attempt).await;
        files
            .world
            .until(async || {
                files.world.count("SELECT COUNT(*) FROM jobs WHERE lease_until IS NOT NULL", &[]).await == 0
            })
            .await;
        files.world.clock().advance(60_000);
    }
    files.world.jobs_done().await;
    let dead = failed(&files).await;
    assert_eq!((dead.len(), dead[0].attempts, dead[0].error.as_str()), (1, 2, "the answer was 302"));
    assert_eq!(dead[0].part_ids.iter().map(|id| id.as_str()).collect::<Vec<_>>(), parts);
    files.tidy().await;
    assert_eq!(files.world.metric("keyfold_storage_deliveries_dead").await, 1);
    let other = files.another_app().await;
    other.backend(Method::POST, &format!("file/callback/{}", dead[0].delivery_id)).await.done();
    assert_eq!(failed(&files).await.len(), 1, "another app has had it sent again");
    backend.answer(200);
    files.backend(Method::POST, &format!("file/callback/{}", dead[0].delivery_id)).await.done();
    files.world.jobs_done().await;
    assert_eq!(backend.count(), 3);
    assert!(failed(&files).await.is_empty());
}

async fn an_app_is_told_of_its_parts_after_it_was_deleted(engine: Engine) {
    let (files, backend) = start(engine, true, 20).await;
    let alice = files.world.user().await;
    let (_, parts) = own_file(&files, &alice, 2).await;
    files.operator().delete(&files.world.app.id).await.unwrap();
    files.world.jobs_done().await;
    assert_eq!(backend.parts(), [parts]);
    assert_eq!(backend.received.lock().unwrap()[0].0["x-sentc-app-token"], "callback token");
    let kept = "SELECT COUNT(*) FROM app_file_options WHERE app_id = $1";
    assert_eq!(files.world.count(kept, &[files.world.app.id.as_str()]).await, 0);
    assert_eq!(files.world.count("SELECT COUNT(*) FROM storage_deliveries", &[]).await, 0);
}

async fn no_message_goes_into_the_network_of_the_server(engine: Engine) {
    let (files, backend) = start(engine, false, 1).await;
    let alice = files.world.user().await;
    let port = backend.url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    for (url, error) in [
        (backend.url.clone(), "the storage url must begin with https://"),
        (
            format!("https://127.0.0.1:{port}/deleted"),
            "the storage url leads to an address that is not public",
        ),
        (
            format!("https://localhost:{port}/deleted"),
            "the storage url leads to an address that is not public",
        ),
    ] {
        set_url(&files, &url).await;
        let (file, _) = own_file(&files, &alice, 1).await;
        alice.delete(&format!("file/{file}")).await.done();
        files.world.jobs_done().await;
        assert_eq!(failed(&files).await.last().unwrap().error, error, "{url}");
    }
    assert_eq!(backend.count(), 0);
}

async fn the_callback_token_is_encrypted_at_rest_and_survives_a_new_root_key(engine: Engine) {
    let (files, _) = start(engine, true, 20).await;
    let sealed = "SELECT COUNT(*) FROM app_file_options WHERE app_id = $1 AND sealed_auth_token IS NOT NULL";
    assert_eq!(files.world.count(sealed, &[files.world.app.id.as_str()]).await, 1);
    let state = files.world.state();
    let new = keyfold_server::RootKey::new(2, &[9; 32]).unwrap();
    keyfold_server::installation::rotate_root_key(&state.db, &state.root_key, &new).await.unwrap();
    let operator = keyfold_server::app::Administration::new(&state.db, &new, state.now());
    let shown = operator.show(&files.world.app.id).await.unwrap().file_options;
    assert_eq!(shown.auth_token, Some(SecretText::new("callback token")));
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Engine::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Engine::Postgres).await; })+
        }
    };
}

on_both!(
    an_app_is_told_which_of_its_parts_may_go_and_by_whom,
    many_parts_are_reported_five_hundred_at_a_time,
    a_message_is_repeated_until_it_is_taken,
    a_message_that_is_given_up_can_be_sent_again,
    an_app_is_told_of_its_parts_after_it_was_deleted,
    no_message_goes_into_the_network_of_the_server,
    the_callback_token_is_encrypted_at_rest_and_survives_a_new_root_key,
);
