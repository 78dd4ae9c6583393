//! The SDK against a real server, over real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

mod account;
mod content;
mod devices;
mod faults;
mod file_model;
mod files;
mod groups;
mod keys;
mod login;
mod many_keys;
mod nested;
mod storage;
mod world;
