//! HTTP of customers. No endpoint reads an app token: `RootApp` and those that build on it stand in its place.

mod account;
mod groups;
mod login;
mod second_factor;

use crate::endpoint::Endpoint;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [account::endpoints(), login::endpoints(), second_factor::endpoints(), groups::endpoints()]
        .into_iter()
        .flatten()
        .collect()
}
