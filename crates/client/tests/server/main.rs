//! The SDK against a real server, over real HTTP.

mod account;
mod content;
mod devices;
mod faults;
mod groups;
mod keys;
mod login;
mod many_keys;
mod nested;
mod storage;
mod world;
