//! Keyfold against software that its authors did not write.
//!
//! [`Partner`] is a published third-party client of the same system, running in a process of its own. The tests in
//! `tests/` put it opposite to our crates: `wire` compares the JSON types, `formats` the cryptographic formats, both
//! without a server; the others let it work against our server, alone and together with our client.

mod every_partner;
pub mod partner;
mod sample;
mod totp;
mod wait;

pub use keyfold_testkit::{Engine, TestServer, block_on};
pub use partner::{Flavour, Partner, Refusal};
pub use sample::SampleFile;
pub use totp::totp;
pub use wait::until;
