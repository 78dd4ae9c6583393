//! Secrets leave no traces: not through traits, and not in memory that is given back.
//!
//! The second part watches every block of memory when it is freed. Blocks are zeroed when they are handed out, so that
//! looking at all of their bytes is sound.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

#[path = "support/stored.rs"]
mod stored;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use keyfold_crypto::password::{Cost, DerivedKeys};
use keyfold_crypto::{
    Device, GeneratedKey, GroupKeys, Login, PrivateKey, SearchKey, Secret, SecretBytes, SecretText,
    SigningKey, SortKey, Suite, SymmetricKey, UserKeys, Verification, group,
};

/// Fails to compile if a type implements a trait: then both implementations fit and neither can be chosen.
macro_rules! assert_not_implemented {
    ($trait:path: $($Type:ty),+ $(,)?) => {
        const _: () = {
            $({
                trait Ambiguous<A> {
                    fn here() {}
                }
                impl<T: ?Sized> Ambiguous<()> for T {}
                struct Implemented;
                impl<T: ?Sized + $trait> Ambiguous<Implemented> for T {}
                let _ = <$Type as Ambiguous<_>>::here;
            })+
        };
    };
}

macro_rules! assert_secret {
    ($($Type:ty),+ $(,)?) => {
        assert_not_implemented!(std::fmt::Debug: $($Type),+);
        assert_not_implemented!(std::fmt::Display: $($Type),+);
        assert_not_implemented!(serde::Serialize: $($Type),+);
        assert_not_implemented!(Clone: $($Type),+);
    };
}

assert_secret!(
    Secret<32>,
    SecretBytes,
    SecretText,
    SymmetricKey,
    PrivateKey,
    SigningKey,
    SearchKey,
    SortKey,
    DerivedKeys,
    Login,
    keyfold_crypto::login::StoredLogin,
    Device,
    GroupKeys,
    UserKeys,
    keyfold_crypto::rotation::PendingKey,
    keyfold_crypto::AtRestKey,
);

const fn assert_shareable<T: Send + Sync>() {}

const _: () = {
    assert_shareable::<SymmetricKey>();
    assert_shareable::<PrivateKey>();
    assert_shareable::<SigningKey>();
    assert_shareable::<SearchKey>();
    assert_shareable::<SortKey>();
    assert_shareable::<Device>();
    assert_shareable::<UserKeys>();
    assert_shareable::<Login>();
};

#[test]
fn a_symmetric_key_leaves_nothing_behind() {
    let watch = Watch::take_turn();
    watch.start();
    drop(SymmetricKey::import(KEY_EXPORT).unwrap());
    let key = SymmetricKey::import(KEY_EXPORT).unwrap();
    drop(key.export().unwrap());
    let (_, generated) = GeneratedKey::generate(&key, &Suite::STD).unwrap();
    drop(generated);
    drop(key);
    watch.assert_nothing_left();
}

#[test]
fn a_secret_leaves_nothing_behind() {
    let watch = Watch::take_turn();
    watch.start();
    drop(Secret::<32>::from_slice(&PATTERN).unwrap());
    drop(SecretBytes::new(PATTERN.to_vec()));
    drop(SecretText::new(String::from_utf8(PATTERN.to_vec()).unwrap()));
    watch.assert_nothing_left();
}

#[test]
fn key_pairs_leave_nothing_behind() {
    let watch = Watch::take_turn();
    let [private, sign, search] = ["Ecies", "Ed25519", "HmacSha256"]
        .map(|tag| format!(r#"{{"{tag}":{{"key":"{PATTERN_BASE64}","key_id":"id"}}}}"#));
    watch.start();
    let key = PrivateKey::import(&private).unwrap();
    let public = key.public_key().unwrap();
    drop(key.decrypt(&public.encrypt(b"data").unwrap()).unwrap());
    drop(key.export().unwrap());
    drop(key);
    let key = SigningKey::import(&sign).unwrap();
    key.sign(b"data").unwrap();
    drop(key.export().unwrap());
    drop(key);
    let key = SearchKey::import(&search).unwrap();
    drop(key.query("text"));
    drop(key.export().unwrap());
    drop(key);
    watch.assert_nothing_left();
}

#[test]
fn opening_and_giving_away_a_group_key_leaves_nothing_behind() {
    let watch = Watch::take_turn();
    let user = stored::User::register("watched", &Suite::STD);
    let keys = &user.keys.group;
    let (body, _) = group::create(keys.public_key().unwrap(), None, &Suite::STD).unwrap();
    // A group whose key is the pattern, as if the random generator had drawn it.
    let group_key = SymmetricKey::import(KEY_EXPORT).unwrap();
    let opened = GroupKeys::open(
        &stored::group_key(&body, "g", user.keys.id()),
        keys.private_key().unwrap(),
        Verification::Ignore,
    )
    .unwrap();
    let export = opened.private_key().unwrap().export().unwrap();
    let fields: serde_json::Value = serde_json::from_str(export.expose()).unwrap();
    let half = |name: &str| {
        <base64ct::Base64 as base64ct::Encoding>::decode_vec(
            fields["EciesKyberHybrid"][name].as_str().unwrap(),
        )
        .unwrap()
    };
    let mut object = stored::group_key(&body, "g", user.keys.id());
    let raw = [half("x"), half("k")].concat();
    object.encrypted_private_group_key =
        keyfold_protocol::encoding::Base64Text::encode(&group_key.encrypt(&raw, b"").unwrap());
    object.encrypted_group_key = keyfold_protocol::encoding::Base64Text::encode(
        &keys.public_key().unwrap().encrypt(&PATTERN).unwrap(),
    );

    watch.start();
    let opened = GroupKeys::open(&object, keys.private_key().unwrap(), Verification::Ignore).unwrap();
    opened.private_key().unwrap();
    drop(
        keyfold_crypto::member::MemberKeys::encrypt([&opened.key], keys.public_key().unwrap(), None).unwrap(),
    );
    let rotation =
        keyfold_crypto::rotation::start(&opened.key, keys.public_key().unwrap(), None, &Suite::STD).unwrap();
    drop(rotation);
    drop(opened);
    drop(group_key);
    watch.assert_nothing_left();
}

#[test]
fn keys_derived_from_a_password_leave_nothing_behind() {
    let watch = Watch::take_turn();
    let user = stored::User::register("derived", &Suite::STD);
    let keys = stored::device_keys(&user.registration.device, "derived");
    let identifier = keyfold_protocol::encoding::DeviceIdentifier::parse("derived").unwrap();
    // The stored login of a second factor carries the encryption key; here it is the pattern.
    let stored = format!(r#"{{"Argon2":"{PATTERN_BASE64}"}}"#);
    watch.start();
    let login = Login::restore(&identifier, &stored, PATTERN_BASE64, "ARGON-2-SHA256").unwrap();
    drop(login.export());
    drop(login.done_login());
    assert!(login.open_device(&keys).is_err(), "the pattern is not the password");
    drop(login);
    let answer = stored::prepare(&user.registration.device);
    drop(Login::derive("password", &identifier, &answer, Cost::LEGACY).unwrap());
    watch.assert_nothing_left();
}

#[test]
fn the_watch_notices_what_is_not_wiped() {
    let watch = Watch::take_turn();
    watch.start();
    drop(PATTERN.to_vec());
    assert_eq!(watch.left(), 1);
    drop(PATTERN_BASE64.to_owned());
    assert_eq!(watch.left(), 2);
}

const PATTERN: [u8; 32] = *b"a pattern that stands for a key!";
const PATTERN_BASE64: &str = "YSBwYXR0ZXJuIHRoYXQgc3RhbmRzIGZvciBhIGtleSE=";
const KEY_EXPORT: &str = r#"{"Aes":{"key":"YSBwYXR0ZXJuIHRoYXQgc3RhbmRzIGZvciBhIGtleSE=","key_id":"id"}}"#;

static WATCHING: AtomicBool = AtomicBool::new(false);
static LEFT: AtomicUsize = AtomicUsize::new(0);
static TURN: Mutex<()> = Mutex::new(());

/// Counts freed blocks that contain the pattern. One at a time: the allocator is everybody's.
struct Watch(#[allow(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Watch {
    /// First thing in a test, so that none frees its own texts while another one watches.
    fn take_turn() -> Self {
        Self(TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn start(&self) {
        LEFT.store(0, Ordering::SeqCst);
        WATCHING.store(true, Ordering::SeqCst);
    }

    fn left(&self) -> usize {
        LEFT.load(Ordering::SeqCst)
    }

    fn assert_nothing_left(&self) {
        assert_eq!(self.left(), 0, "memory was given back with the secret in it");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHING.store(false, Ordering::SeqCst);
    }
}

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.load(Ordering::Relaxed) {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let base64 = &PATTERN_BASE64.as_bytes()[..PATTERN_BASE64.len() - 4];
            if bytes.windows(16).any(|window| window == &PATTERN[..16])
                || bytes.windows(base64.len()).any(|window| window == base64)
            {
                LEFT.fetch_add(1, Ordering::SeqCst);
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}
