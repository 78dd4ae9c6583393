//! The SDK against a real server, over real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

mod account;
mod agreement;
mod content;
mod devices;
mod examples;
mod faults;
mod file_model;
mod files;
mod groups;
mod keys;
mod light;
mod login;
mod many_keys;
mod nested;
mod own_backend;
mod password_cost;
mod storage;
mod stored_keys;
mod trust;
mod world;
