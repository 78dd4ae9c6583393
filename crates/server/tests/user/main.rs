//! Accounts over real HTTP, on both databases, with the keys that real clients make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod account;
mod at_rest;
mod devices;
mod forced;
mod keys;
mod login;
mod model;
mod options;
mod order_of_checks;
mod races;
mod registration;
mod retention;
mod second_factor;
mod session;
mod support;
mod throttling;
mod transport;
