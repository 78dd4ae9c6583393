//! Sans-I/O cryptographic core of Keyfold: suites, keys, login, groups, rotation, content.
//!
//! No HTTP, no clock, no storage: functions take what a server answered and return what to send next, in the wire types
//! of `keyfold-protocol`. Nothing here panics on any input, and secrets are wiped when they are dropped.
//!
//! # Overview
//!
//! | to do this | use |
//! |---|---|
//! | choose what new keys are made with | [`Suite`] |
//! | say what to insist on | [`Policy`] (keys of others), [`Verification`] (signatures) |
//! | register a user, a device | [`device::register_user`], [`device::register_device`], [`device::generate_credentials`] |
//! | log in | [`Login::derive`] → [`Login::done_login`] → [`Login::open_device`], [`Device::solve_challenge`] → [`Login::verify_login`] → [`UserKeys::open`], [`SearchKey::open`] |
//! | keep a login while a second factor is asked for | [`Login::export`], [`Login::restore`], [`Login::second_factor`] |
//! | change or reset a password | [`Login::change_password`], [`Device::reset_password`] |
//! | create a group, a child group, a connected group | [`group::create`] |
//! | read the keys of a group | [`GroupKeys::open`], [`SearchKey::open`], [`SortKey::open`], [`group::SignedSince`] |
//! | give keys to a new member or device | [`PublicKey::accept`], [`member::MemberKeys`], [`member::confirm_device`] |
//! | remember the keys of other users | [`KnownUser`] |
//! | rotate keys | [`rotation::start`], [`rotation::start_user`]; [`rotation::order`], [`rotation::PendingKey`] |
//! | encrypt content | `encrypt_content`, `encrypt_raw`, `encrypt_text` of [`SymmetricKey`] and [`PublicKey`]; in place [`SymmetricKey::encrypt_content_in_place`] |
//! | decrypt content | [`Head`] says which key; then `decrypt_content`, `decrypt_raw`, `decrypt_text` of [`SymmetricKey`] and [`PrivateKey`] |
//! | keys for an application | [`GeneratedKey`] |
//! | files | [`file::FileEncryptor`], [`file::FileDecryptor`], [`file::FileKey`] |
//! | search, sort | [`SearchKey`], [`SortKey`], [`searchable`], [`sortable`] |
//! | encrypt a value with a password | [`password::new_value_key`], [`password::value_key`] |
//! | what a server may know | [`server`] |
//!
//! # Keys
//!
//! One type per kind of key: [`SymmetricKey`], [`PrivateKey`] and [`PublicKey`], [`SigningKey`] and [`VerifyingKey`],
//! [`SearchKey`], [`SortKey`]. A key knows its id and its algorithm, so reading never asks which algorithm to use. Every kind
//! has `export` and `import` for storage; public ones also `export_data` and `import_data`, the form with algorithm and
//! signature. Public keys are cheap to clone. Secret ones cannot be cloned, put them behind an `Arc`.
//!
//! A key just generated has a placeholder for an id; `with_id` gives it the one that the server chose.
//!
//! # A group, from creation to a message
//!
//! ```
//! use keyfold_crypto::{PrivateKey, Suite, Verification, group};
//!
//! let (_, user_public_key) = PrivateKey::generate(&Suite::STD, "user key id")?;
//! // `body` goes to the server, which stores it and says the group's id.
//! let (body, keys) = group::create(&user_public_key, None, &Suite::STD)?;
//! let text = keys.key.encrypt_text("hello", "", None)?;
//! assert_eq!(keys.key.decrypt_text(&text, "", Verification::Ignore)?, "hello");
//! # Ok::<(), keyfold_crypto::Error>(())
//! ```

// Shared with the integration tests, which know this crate by its name.
#[cfg(test)]
extern crate self as keyfold_crypto;

mod at_rest;
pub mod content;
pub mod device;
mod encoding;
mod error;
mod export;
pub mod file;
mod generated_key;
pub mod group;
mod keys;
mod known_user;
pub mod login;
pub mod member;
pub mod password;
mod policy;
pub(crate) mod primitives;
pub mod rotation;
mod safety_number;
pub mod searchable;
mod secret;
pub mod server;
pub mod sortable;
#[cfg(test)]
#[path = "../tests/support/stored.rs"]
mod stored;
mod suite;
mod user_group;
#[cfg(test)]
mod vectors;
mod verification;
mod wire;

pub use at_rest::AtRestKey;
pub use content::Head;
pub use device::Device;
pub use error::Error;
pub use generated_key::GeneratedKey;
pub use group::GroupKeys;
pub use keys::{PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, SymmetricKey, VerifyingKey};
pub use known_user::{KnownUser, Recognition};
pub use login::Login;
pub use policy::{Policy, Strength};
pub use secret::{Secret, SecretBytes, SecretText};
pub use suite::Suite;
pub use user_group::UserKeys;
pub use verification::Verification;
