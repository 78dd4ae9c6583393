use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use keyfold::{BoxFuture, Login, MemoryStorage, Mfa, Refresh, SecretText, Storage, StorageError};
use zeroize::Zeroizing;

use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn a_changed_password_replaces_the_old_one_and_keeps_the_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    let text = group.encrypt_string("kept").unwrap();
    assert_eq!(code(alice.change_password("wrong", "new", Mfa::None).await), "server_112");
    alice.change_password(PASSWORD, "new", Mfa::None).await.unwrap();
    assert_eq!(code(world.client().login("alice", PASSWORD).await), "server_112");
    assert_eq!(alice.client().restore().await.unwrap().unwrap().id(), alice.id(), "the session goes on");
    let again = world.client().login_forced("alice", "new").await.unwrap();
    let same = again.group(group.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "kept");
}

/// The refresh token that an app's backend keeps, of the session before, has ended with the old password.
#[tokio::test]
async fn after_a_changed_password_the_backend_needs_the_new_refresh_token() {
    let world = World::start();
    let (backend, later) = (world.client(), Arc::new(AtomicU64::new(0)));
    let kept = Arc::new(Mutex::new(None::<SecretText>));
    let (asked, ahead) = (Arc::clone(&kept), Arc::clone(&later));
    let renew = Refresh::function(move |old: String| {
        let (backend, token) = (backend.clone(), asked.lock().unwrap().clone().unwrap());
        async move { backend.refresh_jwt(&SecretText::new(old), &token).await.map(|new| new.expose().to_owned()) }
    });
    let clock = move || world_time() + ahead.load(Ordering::SeqCst);
    let client = world.builder().refresh(renew).clock(clock).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    *kept.lock().unwrap() = alice.refresh_token();
    alice.change_password(PASSWORD, "new", Mfa::None).await.unwrap();
    alice.jwt().await.unwrap();

    let day = 24 * 60 * 60 * 1000;
    later.store(day, Ordering::SeqCst);
    let error = alice.jwt().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.ends_with("(114)"), "{cause}");
    assert_eq!(error.code(), "client_423");
    assert_ne!(alice.refresh_token(), *kept.lock().unwrap());
    *kept.lock().unwrap() = alice.refresh_token();
    alice.create_group().await.unwrap();
}

fn world_time() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

#[tokio::test]
async fn a_reset_password_needs_no_old_one_and_keeps_the_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    let text = group.encrypt_string("kept").unwrap();
    alice.reset_password("new").await.unwrap();
    assert_eq!(code(world.client().login("alice", PASSWORD).await), "server_112");
    let again = world.client().login_forced("alice", "new").await.unwrap();
    assert_eq!(again.group(group.id()).await.unwrap().decrypt_string(&text).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_renamed_device_logs_in_and_acts_under_its_new_name() {
    let world = World::start();
    let alice = world.user("alice").await;
    world.user("bob").await;
    assert_eq!(code(alice.update_identifier("bob").await), "server_101");
    alice.update_identifier("alicia").await.unwrap();
    assert_eq!(alice.identifier(), "alicia");
    alice.change_password(PASSWORD, "new", Mfa::None).await.unwrap();
    world.client().login_forced("alicia", "new").await.unwrap();
    assert!(alice.client().user("alice").await.unwrap().is_none());
    assert_eq!(alice.client().restore().await.unwrap().unwrap().identifier(), "alicia");
}

#[tokio::test]
async fn a_deleted_account_is_gone_here_and_on_the_server() {
    let world = World::start();
    let alice = world.user("alice").await;
    assert_eq!(code(alice.delete("wrong", Mfa::None).await), "server_112");
    alice.delete(PASSWORD, Mfa::None).await.unwrap();
    assert_eq!(code(world.client().login("alice", PASSWORD).await), "server_100");
    assert!(alice.client().restore().await.unwrap().is_none());
    assert_eq!(code(alice.create_group().await), "client_422");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password() {
    let world = World::start();
    let alice = world.user("alice").await;
    let secret = alice.register_otp(PASSWORD, Mfa::None).await.unwrap();
    assert!(alice.has_mfa());
    assert_eq!(secret.recovery_keys().len(), 6);
    assert!(secret.url("Keyfold", "alice").starts_with("otpauth://totp/Keyfold:alice?secret="));

    let client = world.client();
    assert_eq!(code(client.login_forced("alice", PASSWORD).await), "client_10000");
    let Login::Mfa(pending) = client.login("alice", PASSWORD).await.unwrap() else { panic!("needs a code") };
    assert_eq!(code(pending.with_totp("000000").await), "server_902");
    let keys = secret.recovery_keys();
    let again = pending.with_recovery_key(keys[0]).await.unwrap();
    assert!(again.has_mfa());
    let Login::Mfa(pending) = client.login("alice", PASSWORD).await.unwrap() else { panic!("needs a code") };
    assert_eq!(code(pending.with_recovery_key(keys[0]).await), "server_901");

    assert_eq!(code(alice.change_password(PASSWORD, "new", Mfa::None).await), "client_10000");
    alice.change_password(PASSWORD, "new", Mfa::RecoveryKey(keys[1])).await.unwrap();
    let left = alice.otp_recovery_keys("new", Mfa::RecoveryKey(keys[2])).await.unwrap();
    assert_eq!(left.len(), 3);
    alice.disable_otp("new", Mfa::RecoveryKey(keys[3])).await.unwrap();
    assert!(!alice.has_mfa());
    client.login_forced("alice", "new").await.unwrap();
}

/// What an authenticator app shows now.
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

#[tokio::test]
async fn a_second_factor_is_replaced_and_its_old_codes_end() {
    let world = World::start();
    let alice = world.user("alice").await;
    let first = alice.register_otp(PASSWORD, Mfa::None).await.unwrap();
    let client = world.client();
    let Login::Mfa(pending) = client.login("alice", PASSWORD).await.unwrap() else { panic!("needs a code") };
    assert_eq!(pending.with_totp(&totp(first.secret())).await.unwrap().id(), alice.id());

    // A code is good for one use: the recovery key stands in for the next one.
    let recovery_key = Mfa::RecoveryKey(first.recovery_keys()[0]);
    let second = alice.reset_otp(PASSWORD, recovery_key).await.unwrap();
    let Login::Mfa(pending) = client.login("alice", PASSWORD).await.unwrap() else { panic!("needs a code") };
    assert_eq!(code(pending.with_recovery_key(first.recovery_keys()[1]).await), "server_901");
    pending.with_totp(&totp(second.secret())).await.unwrap();
}

#[tokio::test]
async fn a_login_that_waits_for_a_code_can_be_kept_as_text() {
    let world = World::start();
    let alice = world.user("alice").await;
    let secret = alice.register_otp(PASSWORD, Mfa::None).await.unwrap();
    let client = world.client();
    let Login::Mfa(pending) = client.login("alice", PASSWORD).await.unwrap() else { panic!("needs a code") };
    let stored = pending.export();
    assert_eq!(format!("{stored:?}"), "StoredMfaLogin(redacted)");
    let restored = world.client().restore_mfa_login(&stored).unwrap();
    let user = restored.with_recovery_key(secret.recovery_keys()[0]).await.unwrap();
    assert_eq!(user.id(), alice.id());
}

/// A storage that can be full.
#[derive(Clone, Default)]
struct Disk {
    inner: MemoryStorage,
    is_full: Arc<AtomicBool>,
}

impl Storage for Disk {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        self.inner.get(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        if self.is_full.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StorageError::unavailable("the disk is full")) });
        }
        self.inner.set(key, value)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        self.inner.delete(key)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        self.inner.clear()
    }
}

#[tokio::test]
async fn a_full_disk_does_not_cost_a_new_second_factor() {
    let world = World::start();
    let disk = Disk::default();
    let client = world.builder().storage(disk.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    disk.is_full.store(true, Ordering::SeqCst);

    let first = alice.register_otp(PASSWORD, Mfa::None).await.unwrap();
    assert!(alice.has_mfa());
    let second = alice.reset_otp(PASSWORD, Mfa::Totp(&totp(first.secret()))).await.unwrap();
    let keys = second.recovery_keys();
    alice.disable_otp(PASSWORD, Mfa::RecoveryKey(keys[0])).await.unwrap();
    assert!(!alice.has_mfa());
    world.client().login_forced("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_identifier_that_could_not_be_stored_is_stored_by_the_same_call_again() {
    let world = World::start();
    let disk = Disk::default();
    let client = world.builder().storage(disk.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    disk.is_full.store(true, Ordering::SeqCst);
    assert_eq!(code(alice.update_identifier("alicia").await), "client_420");
    disk.is_full.store(false, Ordering::SeqCst);
    alice.update_identifier("alicia").await.unwrap();
    assert_eq!(alice.identifier(), "alicia");
    drop(alice);
    let restored = client.restore().await.unwrap().unwrap();
    assert_eq!(restored.identifier(), "alicia");
    assert!(client.user("alice").await.unwrap().is_none());
    restored.change_password(PASSWORD, "new", Mfa::None).await.unwrap();
}
