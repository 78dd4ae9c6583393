//! Keyfold SDK for Rust: end-to-end encryption for apps.

mod api;
mod clock;
mod error;
mod pages;
mod platform;
mod records;
mod session;
pub mod storage;
pub mod transport;

pub use error::Error;
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
