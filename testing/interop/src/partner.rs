//! The partner process and what can be asked of it.
//!
//! The calls come in three families, as in the process itself: [`Partner`] as an application uses the client, over
//! HTTP; [`Offline`], its cryptography fed with answers made by hand; [`Wire`], its JSON types.

mod build;
mod offline;
mod online;
mod process;
mod wire;

pub use offline::{Offline, OfflineLogin};
pub use online::{FetchedGroup, Flavour, Member, Partner, Session};
pub use process::Refusal;
pub use wire::{Kind, Wire};
