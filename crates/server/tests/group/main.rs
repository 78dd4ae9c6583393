//! Groups over real HTTP, on both databases, with real keys.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

mod access;
mod crash;
mod departure;
mod every_endpoint;
mod forced;
mod hierarchy;
mod invites;
mod joins;
mod members;
mod model;
mod rotation;
mod scale;
mod support;
