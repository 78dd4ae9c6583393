//! Groups over real HTTP, on both databases, with real keys.

mod access;
mod forced;
mod hierarchy;
mod invites;
mod joins;
mod members;
mod rotation;
mod support;
