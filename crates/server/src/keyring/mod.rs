//! The keys of a group, as rows. Shared by the groups of a user's devices and the groups of users.
//!
//! A *generation* is a symmetric group key with its encryption key pair and, for users, a sign key pair; all three go by the id of the
//! generation. Each member has the symmetric key encrypted to a public key of its own.

mod creation;
mod reading;
mod rotation;

pub(crate) use creation::{NewGroup, insert_first_keys, insert_group, insert_member_keys};
pub(crate) use reading::{
    Cursor, PAGE, has_newest, hmac_keys, key, keys, newest_public_key, public_key, sortable_keys, verify_key,
};
pub(crate) use rotation::{
    finish_rotation, has_pending_rotations, insert_generation, insert_pending_rotation, insert_rotation,
    pending_rotations,
};

/// Groups of users.
pub(crate) const KIND_GROUP: i64 = 0;

/// Groups of one user's devices.
pub(crate) const KIND_USER: i64 = 1;
