//! Sans-I/O cryptographic core of Keyfold: suites, keys, login, groups, rotation, content.

mod encoding;
mod error;
pub(crate) mod primitives;
mod safety_number;
pub mod searchable;
mod secret;
pub mod sortable;
#[cfg(test)]
mod vectors;

pub use error::Error;
pub use secret::{Secret, SecretBytes, SecretText};
