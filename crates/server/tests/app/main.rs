//! Apps in the hands of those who administer them, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod deletion;
mod jwt_keys;
mod listing;
mod metrics;
mod settings;
#[allow(dead_code, reason = "every test program uses its part of the shared code")]
#[path = "../user/support.rs"]
mod support;
mod tokens;

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_server::app::{Administration, NewApp};
use keyfold_server::db::Db;

use support::World;

/// The operator's command line: another process with a connection of its own.
pub(crate) struct Operator {
    db: Db,
    root_key: keyfold_server::RootKey,
    now: u64,
}

impl Operator {
    pub(crate) async fn beside(world: &World) -> Self {
        let config = world.config();
        let db = Db::open(&config.database).await.unwrap();
        Self { db, root_key: config.root_key, now: world.now_seconds() * 1_000 }
    }

    pub(crate) fn apps(&self) -> Administration<'_> {
        Administration::new(&self.db, &self.root_key, self.now)
    }
}

pub(crate) fn new_app(name: &str) -> NewApp {
    NewApp {
        name: name.into(),
        options: AppOptions::standard(),
        file_options: FileOptions::none(),
        group_options: GroupOptions::default(),
    }
}
