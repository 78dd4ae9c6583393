//! SQL of the group domain, once for both engines.

pub(super) mod access;
pub(super) mod groups;
pub(super) mod invites;
pub(super) mod keys;
pub(super) mod lists;
pub(super) mod members;
pub(super) mod public_keys;
pub(super) mod rotations;
pub(super) mod sessions;
