//! Groups over real HTTP, on both databases, with real keys.

mod access;
mod crash;
mod forced;
mod hierarchy;
mod invites;
mod joins;
mod members;
mod model;
mod rotation;
mod support;
