//! Rows of apps.

pub(super) mod apps;
pub(super) mod data;
pub(super) mod jwt_keys;
pub(super) mod revision;
