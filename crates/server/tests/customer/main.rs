//! Customers, their groups and their apps over HTTP, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod apps;
mod captcha;
mod client;
mod email;
mod groups;
mod isolation;
mod life;
mod login;
mod mail;
mod password;
mod registration;
#[allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "every test program uses its part of the shared code"
)]
#[path = "../user/support.rs"]
mod support;
mod throttling;
