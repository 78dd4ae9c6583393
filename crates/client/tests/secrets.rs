//! What the crate tells those who listen to `tracing`. A program of its own: there is one listener per process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use keyfold::{Client, Mfa};
use keyfold_testkit::{Engine, TestServer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const PASSWORD: &str = "a password of twelve words would be better";

/// Writes down everything that it hears.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<String>>);

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "keyfold" || metadata.target().starts_with("keyfold::")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = self.0.lock().unwrap();
        text.push_str(span.metadata().name());
        span.record(&mut Writer(&mut text));
        text.push('\n');
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Writer(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Writer(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn no_secret_is_told_to_tracing() {
    let listener = Listener::default();
    tracing::subscriber::set_global_default(listener.clone()).unwrap();
    let server = TestServer::start(Engine::Sqlite);
    let client = Client::builder(server.public_token()).base_url(server.url()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = alice.group(&alice.create_group().await.unwrap()).await.unwrap();
    let content = group.encrypt_string("the moon is made of cheese").unwrap();
    group.decrypt_string(&content).await.unwrap();
    group.rotate_keys().await.unwrap();
    let (before, refresh_token) = (alice.jwt().await.unwrap(), alice.refresh_token().unwrap());
    client.login("alice", "another password").await.unwrap_err();
    alice.change_password(PASSWORD, "a new password", Mfa::None).await.unwrap();
    let (key, sealed) = group.generate_key().unwrap();
    let key = key.export().unwrap();
    let key: serde_json::Value = serde_json::from_str(key.expose()).unwrap();
    group.open_generated_key(&sealed).await.unwrap();

    let heard = listener.0.lock().unwrap().clone();
    for span in ["login", "register", "create_group", "rotate_keys", "change_password"] {
        assert!(heard.contains(span), "{span}");
    }
    assert!(heard.contains("/api/v1/done_login"), "requests are told");
    for secret in [
        PASSWORD,
        "another password",
        "a new password",
        "the moon",
        before.expose(),
        refresh_token.expose(),
        alice.jwt().await.unwrap().expose(),
        key["Aes"]["key"].as_str().unwrap(),
        server.public_token(),
        "Bearer",
        "encrypted_group_key",
    ] {
        assert!(!heard.contains(secret));
    }
}
