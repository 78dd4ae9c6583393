//! Files: records with an ordered list of parts, for everybody, for a group or for one user.
//!
//! The server never sees what a part holds. Its content lies in the storage of this server ([`crate::storage`]) or with the app itself.
//!
//! # How a part comes and goes
//!
//! A content is written between two transactions. The first writes its name into `loose_blobs`, the second takes the name out and makes
//! it a part. Whatever happens in between, the name is in the table, and [`janitor`] removes the content when its time is over. A deleted file is
//! marked, and nobody reaches it from then on; [`deletion_job`] removes contents first and rows afterwards, so that no row is gone while its
//! content is still there. For contents that lie with the app, it writes a message into `storage_deliveries` in the transaction that
//! removes their rows, and [`delivery`] sends it until the app has answered.
//!
//! | module | content |
//! |---|---|
//! | [`access`] | who may read what |
//! | [`register`], [`fetch`], [`change`] | the life of a file |
//! | [`upload`], [`download`], [`external`] | parts: here, and with the app |
//! | [`deletion`], [`deletion_job`], [`delivery`], [`janitor`] | their end |
//! | [`archive`] | contents in backups |
//! | [`options`], [`usage`] | where an app's files are, and how much of them there may be |
//! | `routes` | HTTP |
//! | `store` | SQL |

pub(crate) mod access;
pub mod archive;
pub(crate) mod change;
pub(crate) mod deletion;
pub(crate) mod deletion_job;
pub(crate) mod delivery;
pub(crate) mod download;
pub(crate) mod external;
pub(crate) mod fetch;
pub(crate) mod janitor;
pub(crate) mod options;
pub(crate) mod register;
mod routes;
mod store;
pub(crate) mod upload;
pub(crate) mod usage;

use keyfold_protocol::id::{FileId, GroupId, UserId};

pub(crate) use deletion::delete_all_of_app;
pub(crate) use routes::{UPLOAD_ROUTE, endpoints};

/// A file that was not deleted, as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: FileId,
    pub(crate) owner: UserId,
    pub(crate) audience: Audience,
    /// Whether its last part has arrived.
    pub(crate) is_complete: bool,
}

/// For whom a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    Everybody,
    Group(GroupId),
    User(UserId),
}
