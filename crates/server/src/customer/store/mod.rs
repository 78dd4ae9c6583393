//! SQL of customers, once for both engines.

pub(super) mod apps;
pub(super) mod customers;
pub(super) mod groups;
pub(super) mod invitations;
pub(super) mod tokens;
