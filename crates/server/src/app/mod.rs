//! Apps: the tenants of a server. Each has a public and a secret token, options, and keys for its access tokens.
//!
//! One file per flow: [`create`](self::create()), `settings`, `tokens`, `jwt_keys`, `listing`, `deletion`. What they do inside of a transaction
//! is a function on `&mut Tx`, so that a handler can check the rights of its caller in the same transaction; [`change`] runs it and returns when
//! every server acts accordingly. [`Administration`] is the same for the operator, who needs no rights.

mod administration;
mod cache;
mod change;
mod create;
pub(crate) mod deletion;
pub(crate) mod jwt_keys;
pub(crate) mod listing;
pub(crate) mod routes;
mod seed;
pub(crate) mod settings;
mod store;
pub(crate) mod tokens;

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::id::{AppId, GroupId, JwtKeyId, UserId};

use crate::hash::Hash;

pub use administration::Administration;
pub(crate) use cache::AppCache;
pub use change::{PROPAGATION, change};
pub use create::{CreatedApp, NewApp, PreparedApp, create};
pub use jwt_keys::{CreatedJwtKey, ListedJwtKey, MAX_JWT_KEYS, PrivateKeys};
pub(crate) use listing::exists;
pub use listing::{AppDetails, ListedApp, Page, list};
pub use seed::{DEVELOPMENT_PUBLIC_TOKEN, DEVELOPMENT_SECRET_TOKEN, seed_development_app};
pub(crate) use tokens::hash_token;
pub use tokens::{AppTokens, PUBLIC_TOKEN_BYTES, SECRET_TOKEN_BYTES};

/// An app as requests see it.
#[derive(Debug)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: FileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
    /// Keys for access tokens, newest first: the first signs, all verify.
    pub(crate) jwt_keys: Vec<JwtKey>,
    pub(crate) public_token_hash: Hash,
    pub(crate) secret_token_hash: Hash,
    pub(crate) disabled: bool,
}

/// A stored key for access tokens.
#[derive(Debug)]
pub(crate) struct JwtKey {
    pub(crate) id: JwtKeyId,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
}

/// Whose app it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The operator of the server, who made it on the command line.
    Operator,
    /// A customer.
    Customer(UserId),
    /// A group of customers.
    Group(GroupId),
}
