//! Groups over real HTTP, on both databases, with real keys.

mod access;
mod support;
