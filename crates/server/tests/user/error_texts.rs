//! What an error says to whom: the client a documented code, the operator's log the rest, and the request's id leads from one to the other.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, OnceLock};

use hyper::Method;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Answer, World, on_both_databases};

on_both_databases! {
    async fn a_failing_database_is_named_in_the_log_and_nowhere_else(world: World) {
        let log = Log::listen();
        world.register("alice").await;
        world.execute("ALTER TABLE devices RENAME TO the_devices").await;
        let body = json!({"user_identifier": "alice"});
        let answer = world.call(Method::POST, "prepare_login", None, &body).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["err_msg"], "Database error");
        let line = log.line_of(&answer);
        assert!(line.contains("devices") && line.contains("request failed"), "{line}");
        let written = world.call(Method::POST, "register", None, &crate::support::register_body("bob")).await;
        assert_eq!((written.status, &written.json()["err_msg"]), (500, &json!("Database error")));
        assert!(log.line_of(&written).contains("devices"));
    }

    async fn a_body_that_cannot_be_read_is_refused_without_repeating_it(world: World) {
        let log = Log::listen();
        let headers = [("x-sentc-app-token", world.app.public_token.expose().to_owned())];
        for body in ["{\"user_identifier\": [\"top secret\"]}", "{\"top secret\": 1}", "top secret", "\"top secret\"", ""] {
            let answer = world.raw(Method::POST, "/api/v1/exists", &headers, body.into()).await;
            answer.refused(422, 11);
            assert_eq!(answer.json()["err_msg"], "Wrong input");
            assert!(log.line_of(&answer).contains("at line 1"), "{}", log.line_of(&answer));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_developer_is_told_what_is_wrong_with_a_body() {
    let world = World::start_with(crate::support::Engine::Sqlite, |config| config.development = true).await;
    let answer = world.call(Method::POST, "exists", None, &json!({})).await;
    answer.refused(422, 11);
    assert!(answer.json()["err_msg"].as_str().unwrap().contains("missing field `user_identifier`"));
}

/// What all servers of this program have logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn listen() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            tracing::subscriber::set_global_default(log.clone()).unwrap();
            log
        })
        .clone()
    }

    /// The line that names the request.
    fn line_of(&self, answer: &Answer) -> String {
        let id = answer.headers["x-request-id"].to_str().unwrap();
        let lines = self.0.lock().unwrap();
        lines.iter().find(|line| line.contains(id)).unwrap_or_else(|| panic!("no line about {id}")).clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("keyfold_server")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}
