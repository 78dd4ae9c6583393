//! Files and stored keys over real HTTP, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod access;
mod api;
mod archive;
mod bucket;
mod callbacks;
mod crash;
mod deletion;
mod life;
mod quota;
mod slow_clients;
mod stored_keys;
#[path = "../group/support.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the tests of groups")]
mod support;
mod uploads;
