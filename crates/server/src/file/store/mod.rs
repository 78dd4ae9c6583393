//! Rows of files, parts and what goes with them.

pub(super) mod deliveries;
pub(super) mod files;
pub(super) mod loose_blobs;
pub(super) mod parts;
pub(super) mod sessions;
