//! The partner process and what can be asked of it.
//!
//! The calls come in three kinds: [`Partner`] as an application uses the client, over HTTP; [`Offline`], its
//! cryptography fed with answers made by hand; [`Wire`], its JSON types.

mod account;
mod build;
mod content;
mod file;
mod group;
mod offline;
mod online;
mod process;
mod wire;

pub use account::Otp;
pub use file::{Downloaded, Shelf};
pub use group::{FetchedGroup, GroupUpdate, JoinRequest, Member, Memberships, Principal, Way};
pub use offline::{Offline, OfflineLogin};
pub use online::{Factor, Flavour, Login, Partner, Session, WaitingLogin};
pub use process::Refusal;
pub use wire::{Kind, Wire};
