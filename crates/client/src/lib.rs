//! Keyfold SDK for Rust: end-to-end encryption for apps.
//!
//! Users, their devices, and groups whose members share keys. Everything is encrypted and decrypted here; the server
//! stores public and encrypted keys and decides who may do what. Passwords and clear keys never leave this machine.
//!
//! ```no_run
//! # async fn example() -> Result<(), keyfold::Error> {
//! use keyfold::Client;
//! let client = Client::builder("5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").base_url("http://127.0.0.1:3002").build()?;
//! let bob_id = client.register("bob", "bob's password").await?;
//! client.register("alice", "alice's password").await?;
//! let alice = client.login_forced("alice", "alice's password").await?;
//! let group = alice.group(&alice.create_group().await?).await?;
//! group.invite_auto(&bob_id, None).await?;
//! let text = group.encrypt_string("only for the two of us")?;
//! let bob = client.login_forced("bob", "bob's password").await?;
//! assert_eq!(bob.group(group.id()).await?.decrypt_string(&text).await?, "only for the two of us");
//! # Ok(())
//! # }
//! ```
//!
//! # The way through
//!
//! [`Client`] → [`User`] → [`Group`]. All three are handles: cheap to clone, `Send + Sync` on native targets, with shared
//! state behind them.
//!
//! | to do this | use |
//! |---|---|
//! | register, log in, find somebody's key | [`Client`] |
//! | go on after a restart | [`Client::restore`], with a [`Storage`] that outlives the process |
//! | groups, devices, account, second factor | [`User`] |
//! | encrypt to a user | [`User::encrypt`], [`User::decrypt`] |
//! | members, keys, contents of a group | [`Group`] |
//! | signatures, additional data | [`EncryptOptions`], [`DecryptOptions`] |
//! | upload and download files | [`NewFile`], [`File`], see [`mod@file`] |
//! | keep keys of the app's own | [`Group::generate_key`], [`Group::store_key`] |
//! | search and sort encrypted values | [`Group::search_key`], [`Group::sort_key`] |
//! | read a list | [`Pages`] |
//! | leave requests to the app's own backend | the functions called `prepare_…` and `done_…` |
//! | insist on signed or strong keys | [`Policy`], [`ClientBuilder::require_signatures`], [`ClientBuilder::minimum_algorithm`] |
//! | notice that somebody's keys have changed | [`Client::known_verify_keys`], [`User::verify_safety_number`] |
//! | users and groups without encryption | [`ClientBuilder::light`] |
//! | share accounts with clients up to version 0.15 | [`ClientBuilder::password_cost`] |
//!
//! # What happens by itself
//!
//! - Access tokens are renewed before they run out, by one request however many calls wait for it. A request that is
//!   refused because its token just ended is sent once more. [`Refresh`] says who renews.
//! - Keys that are missing are fetched. Key rotations that others started are finished when a group is used after five
//!   minutes, or when a content needs the new key.
//! - Parents of a group, and groups through which it is reached, are loaded with it.
//! - Public keys of others are remembered for [five minutes](ClientBuilder::public_key_max_age).
//!
//! - An invitation that came too late, because somebody has made a new key meanwhile, is repeated with that key; so is a rotation
//!   of the user's own keys, when another device was faster.
//! - A part of a file that does not get through is sent again, once the server has been asked whether it has arrived.
//!
//! Nothing else is repeated: after an [`Error::Network`] the app knows that the server may or may not have acted. Everything can
//! be called again: what is done already says so (`server_101`, `server_302`), and a member whose invitation broke off in the
//! middle gets all keys by [`Group::re_invite`].
//!
//! # Errors
//!
//! One type, [`Error`], with a [code](Error::code) that is the same in every language that Keyfold speaks, and questions that apps
//! ask: [`is_network`](Error::is_network), [`is_wrong_password`](Error::is_wrong_password),
//! [`is_session_over`](Error::is_session_over).
//!
//! # Without `async`
//!
//! The feature `blocking` adds a module of the same name with handles that wait.
//!
//! # Secrets
//!
//! The crate tells [`tracing`](https://docs.rs/tracing) which requests it sends and which operations they are part of, and
//! never a password, a token, a key or a content. The key of a `FileStorage` comes from the app: on a desktop best from the
//! system's keyring, which the feature `system-keyring` asks (`StorageKey::from_system_keyring`), on a server, where there is
//! none, from wherever its other secrets are.
//!
//! # Platforms
//!
//! On native targets requests go through `HttpTransport`, which needs a tokio runtime; nothing else does. On
//! `wasm32-unknown-unknown` they go through the host's `fetch`. Another [`Transport`] or [`Storage`] can be handed in.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
#[cfg(all(feature = "blocking", not(target_family = "wasm")))]
#[cfg_attr(docsrs, doc(cfg(feature = "blocking")))]
pub mod blocking;
mod bulk;
mod cancel;
mod client;
mod clock;
mod content;
mod directory;
mod error;
mod export;
pub mod file;
mod group;
mod keyring;
mod lock;
mod pages;
mod platform;
mod records;
mod rotations;
#[cfg(test)]
mod scripted;
mod session;
pub mod storage;
mod stored;
mod stored_key;
pub mod transport;
mod trust;
mod user;

pub use bulk::BulkCipher;
pub use cancel::CancelToken;
pub use client::{Client, ClientBuilder, Login, PendingMfa, StoredMfaLogin};
pub use content::{DecryptOptions, EncryptOptions, RawContent};
pub use directory::{GroupPublicKey, UserPublicKey};
pub use error::{ChangedVerifyKey, Error, Refusal, UnreadableAnswer, UnreadableRecord};
pub use export::{ExportedGroupKeys, ExportedIdentity, ExportedUserKeys};
pub use file::{Download, File, NewFile, Progress, Upload};
pub use group::Group;
pub use keyfold_crypto as crypto;
pub use keyfold_crypto::password::Cost as PasswordCost;
pub use keyfold_crypto::{
    GeneratedKey, Head, Policy, PublicKey, SearchKey, SortKey, Strength, Suite, SymmetricKey, VerifyingKey,
};
pub use keyfold_protocol as protocol;
pub use keyfold_protocol::encoding::SecretText;
pub use keyfold_protocol::id::{
    DeviceId, FileId, GroupId, KeyId, KeySessionId, MemberId, StoredKeyId, UploadSessionId, UserId,
};
pub use pages::{Item, Pages, Position};
pub use platform::{BoxFuture, Cause, MaybeSend, MaybeSendSync};
pub use session::{Refresh, RenewalFuture};
#[cfg(not(target_family = "wasm"))]
pub use storage::{FileStorage, StorageKey};
pub use storage::{MemoryStorage, Storage, StorageError};
#[cfg(target_family = "wasm")]
pub use transport::FetchTransport;
#[cfg(not(target_family = "wasm"))]
pub use transport::HttpTransport;
pub use transport::{Transport, TransportError, TransportErrorKind};
pub use trust::{KeyChange, KnownVerifyKey, Signers};
pub use user::{Mfa, OtpSecret, User};

/// The examples of the README are compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
