//! WebAssembly of the light JavaScript SDK.
//!
//! Users without encryption still have devices with key pairs: a server tells a device by its answer to a challenge. That, and
//! the derivation from the password, is all the cryptography there is in a light client; everything else is requests, which
//! `packages/light` sends itself. Requests and answers cross as JSON with the member names of the protocol.
#![cfg(target_family = "wasm")]
#![allow(unreachable_pub, reason = "JavaScript reaches it: only public functions can be exported")]

mod error;
mod login;
mod registration;

/// The default allocator would be a hundredth of what every visitor of an app downloads, this one is a third of that.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
