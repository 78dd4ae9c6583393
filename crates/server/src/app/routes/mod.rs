//! HTTP of apps: for those who use an app, and for those who own it.

mod jwks;
mod jwt_keys;
mod owned;
mod settings;

use crate::endpoint::Endpoint;

/// Endpoints with an app token.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    jwks::endpoints()
}

/// Endpoints of customers.
pub(crate) fn owner_endpoints() -> Vec<Endpoint> {
    [owned::endpoints(), settings::endpoints(), jwt_keys::endpoints()].into_iter().flatten().collect()
}
