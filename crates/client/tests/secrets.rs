//! What the crate tells those who listen to `tracing`. A program of its own: there is one listener per process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use keyfold::{Client, Login, Mfa};
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

    // A device: the text that carries its keys, and its own password.
    let phone = Client::builder(server.public_token()).base_url(server.url()).build().unwrap();
    let carried = phone.register_device_start("phone", "the password of the phone").await.unwrap();
    alice.register_device(&carried).await.unwrap();
    let on_phone = phone.login_forced("phone", "the password of the phone").await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&carried).unwrap();
    let device_token = answer["result"]["token"].as_str().unwrap();

    // A file: what is in it, and what it is called.
    let file = group.new_file().name("a love letter.txt").upload_bytes(b"I love cheese").await.unwrap();
    let same = on_phone.group(group.id()).await.unwrap().file(&file).await.unwrap();
    assert_eq!(same.download().bytes().await.unwrap(), b"I love cheese");
    let file_key = same.key().export().unwrap();
    let file_key: serde_json::Value = serde_json::from_str(file_key.expose()).unwrap();
    same.rename(Some("an invoice.txt")).await.unwrap();

    // What is searched for.
    let search_key = group.search_key().await.unwrap();
    let hash = search_key.query("a needle in a haystack");
    let search_key: serde_json::Value = serde_json::from_str(search_key.export().unwrap().expose()).unwrap();
    let sort_key: serde_json::Value =
        serde_json::from_str(group.sort_key().await.unwrap().export().unwrap().expose()).unwrap();

    // A second factor: its secret, a code, the recovery keys. From here on they are asked for.
    let otp = alice.register_otp("a new password", Mfa::None).await.unwrap();
    let recovery_keys = otp.recovery_keys();
    let left = Mfa::RecoveryKey(recovery_keys[0]);
    let shown = alice.otp_recovery_keys("a new password", left).await.unwrap();
    let Login::Mfa(pending) = client.login("alice", "a new password").await.unwrap() else {
        panic!("there is a second factor");
    };
    let code = totp(otp.secret());
    pending.with_totp("000000").await.unwrap_err();
    pending.with_totp(&code).await.unwrap();
    let kept = pending.export();
    client.restore_mfa_login(&kept).unwrap().with_recovery_key(recovery_keys[1]).await.unwrap();
    let renewed = alice.reset_otp("a new password", Mfa::RecoveryKey(recovery_keys[2])).await.unwrap();

    let heard = listener.0.lock().unwrap().clone();
    for span in ["login", "register", "create_group", "rotate_keys", "change_password", "register_device"] {
        assert!(heard.contains(span), "{span}");
    }
    for request in ["/api/v1/done_login", "/api/v1/validate_mfa", "/api/v1/file", "/api/v1/user/reset_otp"] {
        assert!(heard.contains(request), "requests are told: {request}");
    }
    for secret in
        otp.recovery_keys().into_iter().chain(renewed.recovery_keys()).chain(shown.iter().map(|s| &**s))
    {
        assert!(!heard.contains(secret), "a recovery key");
    }
    for secret in [
        "the password of the phone",
        device_token,
        carried.as_str(),
        "a love letter",
        "I love cheese",
        "an invoice",
        file_key["Aes"]["key"].as_str().unwrap(),
        "needle",
        hash.as_str(),
        search_key["HmacSha256"]["key"].as_str().unwrap(),
        sort_key["Ope16"]["key"].as_str().unwrap(),
        otp.secret(),
        renewed.secret(),
        code.as_str(),
        kept.master_key.as_str(),
        kept.auth_key.as_str(),
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

/// The code that an authenticator app shows.
fn totp(secret: &str) -> String {
    let totp = totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA256)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(totp_rs::Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    totp.generate(now.as_secs()).to_string()
}
