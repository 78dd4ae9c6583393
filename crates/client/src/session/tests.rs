use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;
use crate::platform::BoxFuture;
use crate::scripted::{Scripted, access_token, access_token_of, refusal, success};
use crate::storage::{MemoryStorage, Storage, StorageError};
use crate::transport::{Response, TransportErrorKind};

/// A session whose clock is in the test's hand. Its first token, `old`, came at time 0.
struct World {
    session: Session,
    transport: Scripted,
    time: Arc<AtomicU64>,
    records: Records,
}

fn world(transport: Scripted) -> World {
    world_with(transport, Refresh::sdk())
}

fn world_with(transport: Scripted, refresh: Refresh) -> World {
    world_in(Arc::new(MemoryStorage::new()), transport, refresh)
}

fn world_in(storage: Arc<dyn Storage>, transport: Scripted, refresh: Refresh) -> World {
    let time = Arc::new(AtomicU64::new(0));
    let now = Arc::clone(&time);
    let records = Records::new(storage);
    let api = Api::new("https://api.test".to_owned(), "app".to_owned(), Arc::new(transport.clone()));
    let environment = Environment {
        api: Arc::new(api),
        refresh,
        clock: Clock::new(move || now.load(Ordering::SeqCst)),
        records: records.clone(),
    };
    let access = SecretText::new(access_token("old", 1_000_000));
    let session =
        Session::new(environment, "user".into(), "device".into(), access, SecretText::new("refresh"));
    World { session: session.unwrap(), transport, time, records }
}

impl World {
    fn set_time(&self, milliseconds: u64) {
        self.time.store(milliseconds, Ordering::SeqCst);
    }

    async fn ask(&self) -> Result<Value, Error> {
        self.session.call(Call::get(&["thing"])).await
    }
}

fn bearer_mark(request: &Request) -> String {
    request.header("authorization").and_then(|value| value.rsplit('.').next()).unwrap_or("none").to_owned()
}

/// Renews to `new`, and answers `/thing` with the mark of the token it was asked with.
fn renewing(request: &Request) -> Result<Response, TransportErrorKind> {
    if request.url.ends_with("/refresh") {
        return success(json!({
            "user_id": "user", "jwt": access_token("new", 2_000_000), "device_id": "device",
        }));
    }
    success(bearer_mark(request))
}

#[tokio::test]
async fn a_token_with_more_than_thirty_seconds_left_is_used_as_it_is() {
    let world = world(Scripted::new(renewing));
    world.set_time(269_999);
    assert_eq!(world.ask().await.unwrap(), "old");
    assert_eq!(world.transport.calls(), ["GET /thing"]);
}

#[tokio::test]
async fn a_token_is_renewed_thirty_seconds_before_its_end() {
    let world = world(Scripted::new(renewing));
    world.set_time(270_000);
    assert_eq!(world.ask().await.unwrap(), "new");
    assert_eq!(world.ask().await.unwrap(), "new");
    assert_eq!(world.transport.calls(), ["PUT /refresh", "GET /thing", "GET /thing"]);
    let renewal = &world.transport.requests()[0];
    assert_eq!(bearer_mark(renewal), "old", "the old token names the session");
    assert_eq!(*renewal.body, *br#"{"refresh_token":"refresh"}"#);
}

#[tokio::test]
async fn many_callers_at_once_share_one_renewal() {
    let world = world(Scripted::new(renewing));
    world.set_time(300_000);
    let answers = join_all((0..20).map(|_| world.ask())).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == "new"));
    let renewals = world.transport.calls().iter().filter(|call| *call == "PUT /refresh").count();
    assert_eq!((renewals, world.transport.calls().len()), (1, 21));
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_take_the_renewal_from_the_others() {
    let world = world(Scripted::new(renewing));
    world.set_time(300_000);
    let mut impatient = Box::pin(world.ask());
    let patient = world.ask();
    assert!((&mut impatient).now_or_never().is_none());
    let waiting = async {
        drop(impatient);
        patient.await
    };
    assert_eq!(waiting.await.unwrap(), "new");
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_request_sent_once_more() {
    for code in [30, 31] {
        let world = world(Scripted::new(move |request| {
            if bearer_mark(request) == "old" && request.url.ends_with("/thing") {
                return refusal(401, code);
            }
            renewing(request)
        }));
        assert_eq!(world.ask().await.unwrap(), "new");
        assert_eq!(world.transport.calls(), ["GET /thing", "PUT /refresh", "GET /thing"]);
    }
}

#[tokio::test]
async fn requests_refused_at_once_share_one_renewal() {
    let world = world(Scripted::new(|request| {
        if bearer_mark(request) == "old" && request.url.ends_with("/thing") {
            return refusal(401, 30);
        }
        renewing(request)
    }));
    let answers = join_all((0..5).map(|_| world.ask())).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == "new"));
    let renewals = world.transport.calls().iter().filter(|call| *call == "PUT /refresh").count();
    assert_eq!(renewals, 1);
}

#[tokio::test]
async fn a_request_is_not_sent_a_third_time() {
    let world = world(Scripted::new(|request| {
        if request.url.ends_with("/thing") { refusal(401, 30) } else { renewing(request) }
    }));
    assert_eq!(world.ask().await.unwrap_err().code(), "server_30");
    assert_eq!(world.transport.calls(), ["GET /thing", "PUT /refresh", "GET /thing"]);
}

#[tokio::test]
async fn other_refusals_and_network_trouble_are_not_repeated() {
    for (status, code) in [(401, 113), (400, 310), (401, 200), (400, 30)] {
        let world = world(Scripted::new(move |_| refusal(status, code)));
        assert_eq!(world.ask().await.unwrap_err().code(), format!("server_{code}"));
        assert_eq!(world.transport.calls().len(), 1, "{status}/{code}");
    }
    let world = world(Scripted::new(|_| Err(TransportErrorKind::Interrupted)));
    assert!(world.ask().await.unwrap_err().is_network());
    assert_eq!(world.transport.calls().len(), 1);
}

#[tokio::test]
async fn a_failed_renewal_reaches_all_who_wait_and_is_tried_anew_by_the_next() {
    let mut failures = 1;
    let world = world(Scripted::new(move |request| {
        if request.url.ends_with("/refresh") && failures > 0 {
            failures -= 1;
            return Err(TransportErrorKind::Timeout);
        }
        renewing(request)
    }));
    world.set_time(300_000);
    let answers = join_all((0..3).map(|_| world.ask())).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap_err().is_network()));
    assert_eq!(world.transport.calls(), ["PUT /refresh"]);
    assert_eq!(world.ask().await.unwrap(), "new");
}

#[tokio::test]
async fn an_ended_session_is_told_from_network_trouble() {
    let world = world(Scripted::new(|_| refusal(400, 114)));
    world.set_time(300_000);
    let error = world.ask().await.unwrap_err();
    assert!(error.is_session_over() && !error.is_network());
}

#[tokio::test]
async fn the_clock_of_the_server_does_not_matter() {
    // The token was issued at a time that is eleven days from that of this machine.
    let world = world(Scripted::new(renewing));
    world.set_time(1_000);
    assert_eq!(world.ask().await.unwrap(), "old");
}

#[tokio::test]
async fn a_token_of_somebody_else_is_refused() {
    let world = world(Scripted::new(|_| {
        success(json!({
            "user_id": "other", "jwt": access_token_of("other", "new", 2), "device_id": "device",
        }))
    }));
    world.set_time(300_000);
    assert_eq!(world.ask().await.unwrap_err().code(), "client_1101");
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused() {
    for text in ["", "a.b", "a.b.c", "e30.e30.e30", "e30.bm9wZQ.x", "a.b.c.d"] {
        let world = world(Scripted::new(move |_| {
            success(json!({ "user_id": "user", "jwt": text, "device_id": "device" }))
        }));
        world.set_time(300_000);
        assert_eq!(world.ask().await.unwrap_err().code(), "client_1100", "{text:?}");
    }
}

#[tokio::test]
async fn an_endpoint_of_the_app_gets_the_old_token_and_cookies_but_no_app_token() {
    let script = |request: &Request| {
        if request.url == "https://app.test/refresh" {
            return Ok(Response::new(200, format!("{}\n", access_token("new", 5))));
        }
        renewing(request)
    };
    let world = world_with(Scripted::new(script), Refresh::endpoint("https://app.test/refresh"));
    world.set_time(300_000);
    assert_eq!(world.ask().await.unwrap(), "new");
    let renewal = &world.transport.requests()[0];
    assert_eq!(bearer_mark(renewal), "old");
    assert!(renewal.with_cookies && renewal.header("x-sentc-app-token").is_none());
}

#[tokio::test]
async fn a_failing_endpoint_or_function_of_the_app_has_its_own_code() {
    let failing = Scripted::new(|_| Ok(Response::new(500, "oops")));
    let world = world_with(failing, Refresh::endpoint("https://app.test/refresh"));
    world.set_time(300_000);
    assert_eq!(world.ask().await.unwrap_err().code(), "client_423");

    let refresh = Refresh::function(|_| async { Err::<String, _>(std::io::Error::other("no cookie")) });
    let world = world_with(Scripted::new(renewing), refresh);
    world.set_time(300_000);
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.code(), "client_423");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no cookie");
}

#[tokio::test]
async fn a_function_of_the_app_gets_the_old_token() {
    let refresh = Refresh::function(|old: String| async move {
        assert!(old.ends_with(".old"));
        Ok::<_, std::io::Error>(access_token("new", 5))
    });
    let world = world_with(Scripted::new(renewing), refresh);
    world.set_time(300_000);
    assert_eq!(world.ask().await.unwrap(), "new");
    assert_eq!(world.transport.calls(), ["GET /thing"]);
}

#[tokio::test]
async fn the_refresh_token_is_stored_only_where_the_sdk_renews() {
    let refresh = Refresh::endpoint("https://app.test/refresh");
    for (refresh, stored) in [(Refresh::sdk(), true), (refresh, false)] {
        let world = world_with(Scripted::new(renewing), refresh);
        world.session.store().await.unwrap();
        let record: Value = world.records.get("session", "session_id_device").await.unwrap().unwrap();
        assert_eq!(record["refresh_token"].is_string(), stored);
        assert_eq!(world.session.refresh_token().unwrap().expose(), "refresh", "readable in any case");
    }
}

#[tokio::test]
async fn a_renewed_token_is_stored() {
    let world = world(Scripted::new(renewing));
    world.set_time(300_000);
    world.ask().await.unwrap();
    let record: Value = world.records.get("session", "session_id_device").await.unwrap().unwrap();
    assert!(record["jwt"].as_str().unwrap().ends_with(".new"));
    assert_eq!(record["received_at"], 300_000);
}

#[tokio::test]
async fn a_closed_session_neither_sends_nor_renews() {
    let world = world(Scripted::new(renewing));
    world.session.store().await.unwrap();
    world.session.close().await.unwrap();
    assert_eq!(world.ask().await.unwrap_err().code(), "client_422");
    assert!(world.transport.calls().is_empty());
    assert!(world.records.session(&"device".into()).await.unwrap().is_none());
}

#[tokio::test]
async fn answers_that_are_no_envelopes_have_their_codes() {
    for (body, code) in [
        ("<html>bad gateway</html>", "client_101"),
        ("", "client_101"),
        ("{}", "client_101"),
        (r#"{"status":true}"#, "client_102"),
        (r#"{"status":false}"#, "client_102"),
        (r#"{"status":true,"result":"tru"#, "client_101"),
    ] {
        let world = world(Scripted::new(move |_| Ok(Response::new(502, body))));
        assert_eq!(world.ask().await.unwrap_err().code(), code, "{body:?}");
    }
}

#[tokio::test]
async fn every_request_carries_the_app_token() {
    let world = world(Scripted::new(renewing));
    world.set_time(300_000);
    world.ask().await.unwrap();
    for request in world.transport.requests() {
        assert_eq!(request.header("x-sentc-app-token"), Some("app"), "{request:?}");
    }
}

#[test]
fn requests_and_answers_show_no_secrets_in_debug_output() {
    let mut request = Request::new(Method::Get, "https://api.test/");
    request.headers.push(bearer(&SecretText::new("token")));
    request.body = b"body".as_slice().into();
    assert_eq!(format!("{request:?}"), "GET https://api.test/ (4 bytes)");
    assert_eq!(format!("{:?}", Response::new(200, "secret")), "200 (6 bytes)");
}

/// Takes its time for the first write.
struct Delayed {
    inner: MemoryStorage,
    first: Mutex<Option<tokio::sync::oneshot::Receiver<()>>>,
}

impl Storage for Delayed {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        self.inner.get(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        let first = lock(&self.first).take();
        Box::pin(async move {
            if let Some(first) = first {
                first.await.unwrap();
            }
            self.inner.set(key, value).await
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        self.inner.delete(key)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        self.inner.clear()
    }
}

#[tokio::test]
async fn older_tokens_are_not_stored_over_newer_ones() {
    let (open, first) = tokio::sync::oneshot::channel();
    let storage = Delayed { inner: MemoryStorage::new(), first: Mutex::new(Some(first)) };
    let world = world_in(Arc::new(storage), Scripted::new(renewing), Refresh::sdk());
    let inner = &world.session.0;
    let newer = async {
        inner.tokens().access = SecretText::new("newer");
        let mut storing = std::pin::pin!(inner.store());
        assert!(futures_util::poll!(storing.as_mut()).is_pending());
        open.send(()).unwrap();
        storing.await
    };
    let (older, newer) = futures_util::join!(inner.store(), newer);
    older.and(newer).unwrap();
    let stored = world.records.session(&"device".into()).await.unwrap().unwrap();
    assert_eq!(stored.jwt.expose(), "newer");
}
