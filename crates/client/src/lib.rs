//! Keyfold SDK for Rust: end-to-end encryption for apps.

mod api;
mod client;
mod clock;
mod content;
mod directory;
mod error;
mod group;
mod keyring;
mod lock;
mod pages;
mod platform;
mod records;
#[cfg(test)]
mod scripted;
mod session;
pub mod storage;
mod stored;
pub mod transport;
mod user;

pub use client::{Client, ClientBuilder, Login, PendingMfa, StoredMfaLogin};
pub use content::{DecryptOptions, EncryptOptions, RawContent};
pub use directory::{GroupPublicKey, UserPublicKey};
pub use error::Error;
pub use group::Group;
pub use keyfold_crypto as crypto;
pub use keyfold_crypto::{Head, Policy, PublicKey, Strength, Suite, VerifyingKey};
pub use keyfold_protocol as protocol;
pub use keyfold_protocol::encoding::SecretText;
pub use keyfold_protocol::id::{DeviceId, GroupId, KeyId, KeySessionId, MemberId, UserId};
pub use pages::{Item, Pages, Position};
pub use platform::{BoxFuture, Cause, MaybeSendSync};
pub use session::{Refresh, RenewalFuture};
#[cfg(not(target_family = "wasm"))]
pub use storage::{FileStorage, StorageKey};
pub use storage::{MemoryStorage, Storage, StorageError};
#[cfg(target_family = "wasm")]
pub use transport::FetchTransport;
#[cfg(not(target_family = "wasm"))]
pub use transport::HttpTransport;
pub use transport::{Transport, TransportError, TransportErrorKind};
pub use user::{Mfa, OtpSecret, User};
