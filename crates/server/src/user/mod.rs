//! Users, their devices, login and keys.
//!
//! A user is a group whose members are devices; an identifier (name, e-mail address) belongs to a device. `routes` reads and writes
//! HTTP, the other files hold the rules, one file per flow, and `store` the SQL.

mod account;
mod authentication;
mod credentials;
mod deletion;
mod devices;
mod forced;
mod login;
mod lookup;
mod registration;
mod rotation;
mod routes;
mod second_factor;
pub(crate) mod session;
mod store;

pub(crate) use routes::endpoints;

use keyfold_protocol::encoding::DeviceIdentifier;

use crate::hash::{Hash, sha256};

/// What is stored and compared of an identifier: the hash of its bytes, nothing trimmed, folded or normalised.
fn identifier_hash(identifier: &DeviceIdentifier) -> Hash {
    sha256(identifier.as_str().as_bytes())
}
