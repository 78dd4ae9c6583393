//! Users, their devices, login and keys.
//!
//! A user is a group whose members are devices; an identifier (name, e-mail address) belongs to a device. `routes` reads and writes
//! HTTP, the other files hold the rules, one file per flow, and `store` the SQL.
//!
//! What is visible to the crate is what the accounts of customers, who are users as well, are built from.

pub(crate) mod account;
pub(crate) mod authentication;
pub(crate) mod credentials;
pub(crate) mod deletion;
mod devices;
pub(crate) mod forced;
pub(crate) mod login;
mod lookup;
pub(crate) mod registration;
mod rotation;
mod routes;
pub(crate) mod second_factor;
pub(crate) mod session;
mod store;

pub(crate) use routes::endpoints;

use keyfold_protocol::encoding::DeviceIdentifier;

use crate::hash::{Hash, sha256};

/// What is stored and compared of an identifier: the hash of its bytes, nothing trimmed, folded or normalised.
fn identifier_hash(identifier: &DeviceIdentifier) -> Hash {
    sha256(identifier.as_str().as_bytes())
}
