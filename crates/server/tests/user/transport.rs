//! What holds for every request.

use std::time::Duration;

use hyper::Method;
use keyfold_protocol::app::AppOptions;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Engine, World};

on_both_engines!(
    unknown_paths_and_methods_are_404_in_the_envelope,
    preflight_is_answered_for_any_path_without_allowing_credentials,
    the_app_token_is_checked_first,
    bodies_are_read_whatever_their_content_type_says,
    deeply_nested_json_is_refused,
    the_root_leads_to_the_dashboard,
    health_and_metrics_name_routes_and_never_values,
    a_head_that_does_not_come_ends_the_connection,
    a_body_that_does_not_come_is_not_waited_for,
    more_connections_than_configured_wait_for_their_turn,
    a_connection_is_of_use_after_a_refusal_that_came_before_the_body,
    a_body_that_is_too_large_to_be_thrown_away_ends_the_connection,
    a_body_that_waits_for_leave_is_not_asked_for_after_a_refusal,
);

async fn world(engine: Engine) -> World {
    World::start(engine).await
}

async fn unknown_paths_and_methods_are_404_in_the_envelope(engine: Engine) {
    let world = world(engine).await;
    for (method, path) in [
        (Method::GET, "/api/v1/nothing"),
        (Method::GET, "/api/v1/register"),
        (Method::PATCH, "/api/v1/user"),
        (Method::POST, "/api/v1/exists/"),
        (Method::GET, "/api/v1//exists"),
        (Method::DELETE, "/"),
    ] {
        let answer = world.raw(method, path, &[], Vec::new()).await;
        answer.refused(404, 404);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    assert_eq!(world.raw(Method::HEAD, "/health", &[], Vec::new()).await.status, 404);
}

async fn preflight_is_answered_for_any_path_without_allowing_credentials(engine: Engine) {
    let world = world(engine).await;
    let answer = world.raw(Method::OPTIONS, "/api/v1/whatever", &[], Vec::new()).await;
    assert_eq!((answer.status, answer.bytes.len()), (200, 0));
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["access-control-allow-methods"], "GET, POST, PUT, DELETE, OPTIONS, PATCH");
    assert_eq!(answer.headers["access-control-max-age"], "86400");
    let headers = answer.headers["access-control-allow-headers"].to_str().unwrap();
    for header in ["x-sentc-app-token", "x-sentc-group-access-id", "Authorization", "Content-Type"] {
        assert!(headers.contains(header), "{header}");
    }
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
}

async fn the_app_token_is_checked_first(engine: Engine) {
    let world = world(engine).await;
    let call = async |token: Option<&str>| {
        let headers: Vec<_> =
            token.map(|token| ("x-sentc-app-token", token.to_owned())).into_iter().collect();
        world.raw(Method::POST, "/api/v1/exists", &headers, b"no json".to_vec()).await.refusal()
    };
    assert_eq!(call(None).await, (401, 200));
    assert_eq!(call(Some("AAAA")).await, (401, 200));
    assert_eq!(call(Some("not base64!")).await, (401, 201));
    assert_eq!(call(Some(world.app.public_token.expose())).await, (422, 11));
    assert_eq!(
        call(Some(world.app.secret_token.expose().trim_end_matches('='))).await,
        (422, 11),
        "padding is optional"
    );
    let other = world.another_app(AppOptions::lax()).await;
    world.execute("UPDATE apps SET disabled_at = 1").await;
    let headers = [("x-sentc-app-token", other.app.public_token.expose().to_owned())];
    assert_eq!(other.raw(Method::POST, "/api/v1/exists", &headers, Vec::new()).await.refusal(), (401, 204));
}

async fn bodies_are_read_whatever_their_content_type_says(engine: Engine) {
    let world = world(engine).await;
    let headers = [
        ("x-sentc-app-token", world.app.public_token.expose().to_owned()),
        ("content-type", "text/plain".to_owned()),
    ];
    let body = json!({"user_identifier": "alice"}).to_string().into_bytes();
    world.raw(Method::POST, "/api/v1/exists", &headers, body).await.ok::<Value>();
    for broken in ["", "{", "[]", "{}", "null", r#"{"user_identifier":1}"#, r#"{"user_identifier":null}"#] {
        world.raw(Method::POST, "/api/v1/exists", &headers, broken.into()).await.refused(422, 11);
    }
    let invalid_utf8 = b"{\"user_identifier\":\"\xff\"}".to_vec();
    world.raw(Method::POST, "/api/v1/exists", &headers, invalid_utf8).await.refused(422, 11);
}

async fn deeply_nested_json_is_refused(engine: Engine) {
    let world = world(engine).await;
    let headers = [("x-sentc-app-token", world.app.public_token.expose().to_owned())];
    let body = "[".repeat(200_000).into_bytes();
    world.raw(Method::POST, "/api/v1/exists", &headers, body).await.refused(422, 11);
}

async fn the_root_leads_to_the_dashboard(engine: Engine) {
    let world = world(engine).await;
    let answer = world.raw(Method::GET, "/", &[], Vec::new()).await;
    assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (301, "/dashboard"));
}

async fn health_and_metrics_name_routes_and_never_values(engine: Engine) {
    let world = world(engine).await;
    world.raw(Method::GET, "/health", &[], Vec::new()).await.ok::<Value>();
    world.call(Method::GET, "user/somebody-private/public_key", None, &Value::Null).await.refused(400, 100);
    world.raw(Method::GET, "/api/v1/a-secret-in-a-path", &[], Vec::new()).await.refused(404, 404);
    let metrics = world.raw(Method::GET, "/metrics", &[], Vec::new()).await;
    let text = String::from_utf8(metrics.bytes.to_vec()).unwrap();
    assert!(text.contains(r#"keyfold_http_requests_total{method="GET",route="/api/v1/user/{user_id}/public_key",status="400",code="100"} 1"#), "{text}");
    assert!(!text.contains("somebody-private") && !text.contains("a-secret-in-a-path"));
}

async fn a_head_that_does_not_come_ends_the_connection(engine: Engine) {
    let short = Duration::from_millis(200);
    let world = World::start_with(engine, |config| config.limits.header_timeout = short).await;
    let mut stream = connect(&world).await;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow").await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(!answer.contains(" 200 "), "{answer}");
}

async fn a_body_that_does_not_come_is_not_waited_for(engine: Engine) {
    let short = Duration::from_millis(200);
    let world = World::start_with(engine, |config| config.limits.request_timeout = short).await;
    let mut stream = connect(&world).await;
    let token = world.app.public_token.expose();
    let head = format!(
        "POST /api/v1/exists HTTP/1.1\r\nhost: x\r\nx-sentc-app-token: {token}\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_some(&mut stream).await;
    assert!(answer.contains(" 500 ") && answer.contains("\"status\":false"), "{answer}");
}

async fn more_connections_than_configured_wait_for_their_turn(engine: Engine) {
    let world = World::start_with(engine, |config| config.limits.connections = 2).await;
    let health = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = connect(&world).await;
    let mut second = connect(&world).await;
    for stream in [&mut first, &mut second] {
        stream.write_all(health).await.unwrap();
        assert!(read_some(stream).await.contains(" 200 "));
    }
    let mut third = connect(&world).await;
    third.write_all(health).await.unwrap();
    assert_eq!(world.server().state().telemetry.connections.get(), 2);
    drop(first);
    assert!(read_some(&mut third).await.contains(" 200 "));
}

async fn a_connection_is_of_use_after_a_refusal_that_came_before_the_body(engine: Engine) {
    let world = world(engine).await;
    let mut stream = connect(&world).await;
    let body = vec![b'x'; 200_000];
    let chunked = [b"30d40\r\n", body.as_slice(), b"\r\n0\r\n\r\n"].concat();
    for (framing, body) in [("content-length: 200000", &body), ("transfer-encoding: chunked", &chunked)] {
        for token in ["", "x-sentc-app-token: AAAA\r\n"] {
            let head = format!("POST /api/v1/exists HTTP/1.1\r\nhost: x\r\n{token}{framing}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let answer = read_some(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("\"err_code\":200"), "{answer}");
            assert!(!answer.contains("connection: close"), "{answer}");
            // The body comes when its refusal is known already.
            let (first, second) = body.split_at(70_000);
            stream.write_all(first).await.unwrap();
            stream.flush().await.unwrap();
            stream.write_all(second).await.unwrap();
        }
    }
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let answer = read_some(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

async fn a_body_that_is_too_large_to_be_thrown_away_ends_the_connection(engine: Engine) {
    let world = world(engine).await;
    let mut stream = connect(&world).await;
    let head = "POST /api/v1/exists HTTP/1.1\r\nhost: x\r\ncontent-length: 262145\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    // One that does not say how large it is, is thrown away up to the same size.
    let mut stream = connect(&world).await;
    let head = "POST /api/v1/exists HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(read_some(&mut stream).await.starts_with("HTTP/1.1 401 "));
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 65_536], b"\r\n"].concat();
    let endless = async { while stream.write_all(&chunk).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), endless).await.unwrap();
}

async fn a_body_that_waits_for_leave_is_not_asked_for_after_a_refusal(engine: Engine) {
    let world = world(engine).await;
    let mut stream = connect(&world).await;
    let head =
        "POST /api/v1/exists HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.server().address()).await.unwrap()
}

/// An answer that fits into one packet.
async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4_096];
    let length = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
