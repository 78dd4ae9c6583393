//! Accounts over real HTTP, on both databases, with the keys that real clients make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

/// Runs each of the named functions, which start their own server, once for each engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Engine::Sqlite).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Engine::Postgres).await;
            })+
        }
    };
}

mod account;
mod at_rest;
mod atomicity;
mod devices;
mod error_texts;
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
mod statements;
mod support;
mod throttling;
mod transport;
