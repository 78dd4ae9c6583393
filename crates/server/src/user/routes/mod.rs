//! HTTP of users: what each endpoint demands, and what it answers.

mod account;
mod devices;
mod forced;
mod keys;
mod login;
mod registration;
mod second_factor;
mod session;

use crate::endpoint::Endpoint;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        registration::endpoints(),
        login::endpoints(),
        session::endpoints(),
        devices::endpoints(),
        account::endpoints(),
        second_factor::endpoints(),
        keys::endpoints(),
        forced::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
