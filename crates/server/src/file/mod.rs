//! Files: records with an ordered list of parts, for everybody, for a group or for one user.
//!
//! The server never sees what a part holds. Its content lies in the storage of this server ([`crate::storage`]) or with the app itself.

pub(crate) mod deletion;
pub(crate) mod deletion_job;
pub(crate) mod options;

pub(crate) use deletion::delete_all_of_app;
