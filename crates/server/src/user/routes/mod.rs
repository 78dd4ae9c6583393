//! HTTP of users: what each endpoint demands, and what it answers.

mod account;
mod devices;
mod forced;
mod keys;
mod login;
mod registration;
mod second_factor;
mod session;

use axum::Router;

use crate::state::AppState;

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .merge(registration::router())
        .merge(login::router())
        .merge(session::router())
        .merge(devices::router())
        .merge(account::router())
        .merge(second_factor::router())
        .merge(keys::router())
        .merge(forced::router())
}
