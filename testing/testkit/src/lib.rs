//! What Keyfold's integration tests share: empty PostgreSQL databases, and servers to talk to.
//!
//! Functions here panic with a sentence that says what is missing: a test has nothing better to do with the error.

#![allow(clippy::panic, clippy::expect_used, reason = "a fixture that cannot be built must fail its test")]

pub mod postgres;
mod server;
mod statements;

pub use server::{Engine, TestServer, block_on};
pub use statements::StatementCount;

/// The example of the README is compiled with the tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
