//! Large contents go through the cipher that a client was given.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64ct::{Base64, Encoding};
use keyfold::{BoxFuture, BulkCipher, Cause, DecryptOptions, EncryptOptions, SymmetricKey, User};

use crate::world::{PASSWORD, World, code, group_of};

/// Counts how often it is asked.
#[derive(Clone, Default)]
struct Counting {
    sealed: Arc<AtomicUsize>,
    opened: Arc<AtomicUsize>,
}

impl Counting {
    /// Calls since this was asked before.
    fn calls(&self) -> (usize, usize) {
        (self.sealed.swap(0, Ordering::Relaxed), self.opened.swap(0, Ordering::Relaxed))
    }
}

impl BulkCipher for Counting {
    fn seal<'a>(&'a self, key: &'a [u8], plaintext: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, Cause>> {
        self.sealed.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(imported(key).encrypt(plaintext, &[])?) })
    }

    fn open<'a>(&'a self, key: &'a [u8], blob: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, Cause>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(imported(key).decrypt(blob, &[]).ok()) })
    }
}

fn imported(key: &[u8]) -> SymmetricKey {
    let key = Base64::encode_string(key);
    SymmetricKey::import(&format!(r#"{{"Aes":{{"key":"{key}","key_id":""}}}}"#)).unwrap()
}

/// A new user with such a cipher.
async fn with_cipher(world: &World, identifier: &str) -> (User, Counting) {
    let cipher = Counting::default();
    let client = world.builder().bulk_cipher(cipher.clone()).build().unwrap();
    client.register(identifier, PASSWORD).await.unwrap();
    let user = client.login_forced(identifier, PASSWORD).await.unwrap();
    cipher.calls();
    (user, cipher)
}

fn large() -> Vec<u8> {
    (0..100_000_u32).map(|place| place.to_le_bytes()[0]).collect()
}

#[tokio::test]
async fn a_large_content_of_a_group_is_left_to_the_cipher_of_the_platform() {
    let world = World::start();
    let (alice, cipher) = with_cipher(&world, "alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let data = large();

    for options in [EncryptOptions::new(), EncryptOptions::new().signed()] {
        let raw = group.encrypt_raw_bulk(&data, options).await.unwrap();
        assert_eq!(cipher.calls(), (1, 0));
        let content = raw.to_envelope().unwrap();
        assert_eq!(same.decrypt(&content).await.unwrap(), data);
        assert_eq!(group.decrypt(&content).await.unwrap(), data);
        assert_eq!(cipher.calls(), (0, 1));
        assert_eq!(group.decrypt_sync(&content).unwrap(), data);
        assert_eq!(group.decrypt(&same.encrypt_with(&data, options).unwrap()).await.unwrap(), data);
        assert_eq!(cipher.calls(), (0, 1));
    }
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    let signed = group.encrypt_raw_bulk(&data, EncryptOptions::new().signed()).await.unwrap();
    assert_eq!(same.decrypt_with(&signed.to_envelope().unwrap(), by_alice).await.unwrap(), data);
    assert_eq!(group.decrypt_with(&signed.to_envelope().unwrap(), by_alice).await.unwrap(), data);
}

#[tokio::test]
async fn a_large_content_for_a_user_is_left_to_the_cipher_of_the_platform() {
    let world = World::start();
    let (alice, cipher) = with_cipher(&world, "alice").await;
    let bob = world.user("bob").await;
    let data = large();

    for options in [EncryptOptions::new(), EncryptOptions::new().signed()] {
        let content = alice.encrypt_with(&data, bob.id(), options).await.unwrap();
        // Two algorithms are nested.
        assert_eq!(cipher.calls(), (2, 0));
        assert_eq!(bob.decrypt(&content).await.unwrap(), data);
        let answer = bob.encrypt_with(&data, alice.id(), options).await.unwrap();
        assert_eq!(alice.decrypt(&answer).await.unwrap(), data);
        assert_eq!(cipher.calls(), (0, 2));
        assert_eq!(alice.decrypt_sync(&answer).unwrap(), data);
        assert_eq!(cipher.calls(), (0, 0));
    }
    let text = "ä".repeat(50_000);
    let signed = EncryptOptions::new().signed();
    let content = alice.encrypt_string_with(&text, alice.id(), signed).await.unwrap();
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    assert_eq!(alice.decrypt_string_with(&content, by_alice).await.unwrap(), text);
    assert_eq!(cipher.calls(), (2, 2));
}

#[tokio::test]
async fn small_contents_and_additional_data_are_not_left_to_the_cipher_of_the_platform() {
    let world = World::start();
    let (alice, cipher) = with_cipher(&world, "alice").await;
    let group = group_of(&alice).await;
    let small = [7; 1000];
    let content = group.encrypt_raw_bulk(&small, EncryptOptions::new().signed()).await.unwrap();
    assert_eq!(group.decrypt(&content.to_envelope().unwrap()).await.unwrap(), small);
    let content = alice.encrypt(&small, alice.id()).await.unwrap();
    assert_eq!(alice.decrypt(&content).await.unwrap(), small);

    let data = large();
    let bound = group.encrypt_raw_bulk(&data, EncryptOptions::new().aad(b"invoice 17")).await.unwrap();
    let options = DecryptOptions::new().aad(b"invoice 17");
    assert_eq!(group.decrypt_raw(&bound.head, &bound.payload, options).await.unwrap(), data);
    assert_eq!(cipher.calls(), (0, 0));
}

#[tokio::test]
async fn a_large_content_that_was_changed_is_refused_as_ever() {
    let world = World::start();
    let (alice, cipher) = with_cipher(&world, "alice").await;
    let (bob, _) = with_cipher(&world, "bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let by_bob = DecryptOptions::new().signed_by(bob.id());
    let data = large();
    let signed = EncryptOptions::new().signed();

    for options in [EncryptOptions::new(), signed] {
        let mut of_group = group.encrypt_raw_bulk(&data, options).await.unwrap();
        *of_group.payload.last_mut().unwrap() ^= 1;
        let opened = group.decrypt_raw(&of_group.head, &of_group.payload, DecryptOptions::new()).await;
        assert_eq!(code(opened), "client_14");
        let mut for_alice = alice.encrypt_raw(&data, alice.id(), options).await.unwrap();
        *for_alice.payload.last_mut().unwrap() ^= 1;
        let opened = alice.decrypt_raw(&for_alice.head, &for_alice.payload, DecryptOptions::new()).await;
        assert_eq!(code(opened), "client_14");
    }

    let unsigned = group.encrypt_raw_bulk(&data, EncryptOptions::new()).await.unwrap();
    assert_eq!(code(group.decrypt_with(&unsigned.to_envelope().unwrap(), by_bob).await), "client_401");
    let unsigned = alice.encrypt(&data, alice.id()).await.unwrap();
    assert_eq!(code(alice.decrypt_with(&unsigned, by_bob).await), "client_401");

    let verify_key = world.client().verify_key(bob.id(), &bob.newest_key_id().unwrap()).await.unwrap();
    let with_bobs = DecryptOptions::new().signed_with(&verify_key);
    let of_group = group.encrypt_raw_bulk(&data, signed).await.unwrap();
    let for_alice = alice.encrypt_raw(&data, alice.id(), signed).await.unwrap();
    cipher.calls();
    assert_eq!(code(group.decrypt_raw(&of_group.head, &of_group.payload, with_bobs).await), "client_20");
    assert_eq!(code(alice.decrypt_raw(&for_alice.head, &for_alice.payload, with_bobs).await), "client_20");

    let mut of_bob = bob.encrypt_raw(&data, alice.id(), signed).await.unwrap();
    *of_bob.payload.first_mut().unwrap() ^= 1;
    let opened = alice.decrypt_raw(&of_bob.head, &of_bob.payload, by_bob).await;
    assert_eq!(code(opened), "client_22");
    assert_eq!(cipher.calls(), (0, 0));
}
