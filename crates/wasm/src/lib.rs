//! WebAssembly skin over the Keyfold SDK.
//!
//! Everything here is translation: JavaScript values in, calls of the `keyfold` crate, JavaScript values out. The TypeScript
//! in `packages/sdk` gives it the shape that apps see.
#![cfg(target_family = "wasm")]

mod bulk;
mod client;
mod content;
mod directory;
mod error;
mod file;
mod group;
mod keys;
mod promise;
mod refresh;
mod storage;
mod types;
mod user;
mod value;

/// The default allocator would be a hundredth of what every visitor of an app downloads, this one is a third of that.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
