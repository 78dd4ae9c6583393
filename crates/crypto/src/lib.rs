//! Sans-I/O cryptographic core of Keyfold: suites, keys, login, groups, rotation, content.

mod at_rest;
mod encoding;
mod error;
mod export;
mod keys;
pub mod password;
mod policy;
pub(crate) mod primitives;
mod safety_number;
pub mod searchable;
mod secret;
pub mod server;
pub mod sortable;
mod suite;
#[cfg(test)]
mod vectors;
mod wire;

pub use at_rest::AtRestKey;
pub use error::Error;
pub use keys::{PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, SymmetricKey, VerifyingKey};
pub use policy::{Policy, Strength};
pub use secret::{Secret, SecretBytes, SecretText};
pub use suite::Suite;
