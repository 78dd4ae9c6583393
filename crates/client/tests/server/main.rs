//! The SDK against a real server, over real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]
#![allow(clippy::print_stdout, reason = "a failure is to be repeated from what was printed")]

mod account;
mod agreement;
mod bulk;
mod content;
mod devices;
mod dice;
mod examples;
mod faults;
mod files;
mod groups;
mod keys;
mod light;
mod login;
mod many_keys;
mod nested;
mod own_backend;
mod own_storage;
mod password_cost;
mod proxy;
mod races;
mod storage;
mod stored_keys;
mod trust;
mod wire;
mod world;
