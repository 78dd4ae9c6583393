//! What is measured. One function for each row of the table; `docs/performance.md` says what a row means.
//!
//! A new scenario is a function on [`Stage`] and a line in [`ALL`].

mod accounts;
mod files;
mod groups;
mod mixed;
mod rotation;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::arguments::Options;
use crate::bound::{Bench, Bound};
use crate::closed_loop::{self, Measured, Worker};
use crate::connection::{Connection, Head};
use crate::data::{IDENTITIES, World, ids};
use crate::process::{CpuClock, Process};
use crate::report::Row;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Stage<'_>) -> Result<Vec<Row>>,
}

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "register", about: "a new user with device and keys", run: accounts::register },
    Scenario { name: "login", about: "prepare, done and verify", run: accounts::login },
    Scenario { name: "refresh", about: "a new access token", run: accounts::refresh },
    Scenario { name: "group-create", about: "a new group with keys", run: groups::create },
    Scenario { name: "fetch-1", about: "a group with one key", run: groups::fetch_one_key },
    Scenario { name: "fetch-50", about: "a group with 50 keys", run: groups::fetch_many_keys },
    Scenario { name: "invite-1", about: "an invitation with one key", run: groups::invite },
    Scenario { name: "invite-50", about: "an invitation with 50 keys", run: groups::invite_with_many_keys },
    Scenario { name: "members-1000", about: "a page of 1,000 members", run: groups::page_of_thousand },
    Scenario { name: "members-10000", about: "a page of 10,000 members", run: groups::page_of_ten_thousand },
    Scenario { name: "access", about: "access through five parents", run: groups::access },
    Scenario { name: "mixed", about: "90 % reads", run: mixed::alone },
    Scenario { name: "file-parts", about: "parts of 4 MiB up and down", run: files::parts },
    Scenario { name: "file-whole", about: "a file of 1 GiB up and down", run: files::whole },
    Scenario { name: "file-same", about: "the same part for 64 clients", run: files::same_part },
    Scenario { name: "rotation", about: "new keys for all members of a group", run: rotation::all_sizes },
    Scenario {
        name: "mixed-and-rotation",
        about: "90 % reads while keys are rotated",
        run: rotation::beside_others,
    },
];

/// A running server, and everything around it.
pub(crate) struct Stage<'a> {
    pub(crate) options: &'a Options,
    pub(crate) world: Arc<World>,
    pub(crate) servers: &'a [Process],
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) cpu: CpuClock,
    pub(crate) bench: Option<Bench<'a>>,
    /// Counts what must not be the same twice, over all scenarios.
    pub(crate) serial: Arc<AtomicU32>,
}

impl Stage<'_> {
    /// Measures a worker on each connection, and the bounds.
    fn measure(
        &self,
        name: &str,
        bounds: &[Bound],
        make: impl Fn(Actor) -> Result<Box<dyn Worker>>,
    ) -> Result<Row> {
        let measured = self.run(&make)?;
        let bounds = match &self.bench {
            Some(bench) => bench.measure(bounds, &measured)?,
            None => Vec::new(),
        };
        Ok(Row::of_requests(name, &measured, bounds, self.resident_bytes()))
    }

    fn run(&self, make: &dyn Fn(Actor) -> Result<Box<dyn Worker>>) -> Result<Measured> {
        self.run_on(self.options.connections, make)
    }

    fn run_on(
        &self,
        connections: usize,
        make: &dyn Fn(Actor) -> Result<Box<dyn Worker>>,
    ) -> Result<Measured> {
        let make = |connection: usize| make(self.actor(connection));
        closed_loop::run(&self.addresses, connections, self.options.extent, &self.cpu, &make)
    }

    fn actor(&self, connection: usize) -> Actor {
        let connection = u32::try_from(connection).unwrap_or(0);
        Actor {
            world: self.world.clone(),
            connection,
            connections: u32::try_from(self.options.connections).unwrap_or(1),
            serial: self.serial.clone(),
            random: u64::from(connection).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1,
            body: Vec::new(),
        }
    }

    /// Memory of all servers.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        self.servers.iter().map(Process::resident_bytes).sum()
    }

    /// Time that a scenario may take whose end nobody can foresee.
    fn time(&self) -> Duration {
        match self.options.extent {
            crate::arguments::Extent::Time(time) => time,
            crate::arguments::Extent::Requests(_) => Duration::ZERO,
        }
    }
}

/// One of the simulated clients.
struct Actor {
    world: Arc<World>,
    connection: u32,
    connections: u32,
    serial: Arc<AtomicU32>,
    random: u64,
    body: Vec<u8>,
}

impl Actor {
    /// A number below `limit` (xorshift: only has to be scattered, and cheap).
    fn pick(&mut self, limit: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        u32::try_from((self.random >> 32) % u64::from(limit.max(1))).unwrap_or(0)
    }

    /// A number that no other call of this run gets.
    fn unique(&self) -> u32 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// A request of a user who is logged in.
    fn call<'c>(
        &self,
        connection: &'c mut Connection,
        method: &'static str,
        path: &str,
        identity: u32,
    ) -> Result<&'c [u8]> {
        let jwt = Some(self.world.jwt(identity));
        let head = Head { method, path, app_token: &self.world.app_token, jwt, client: None };
        connection.call(&head, &self.body)
    }

    /// A request of somebody who is not logged in, from an address of its own.
    fn call_as_stranger<'c>(&mut self, connection: &'c mut Connection, path: &str) -> Result<&'c [u8]> {
        let client = Some(self.pick(u32::MAX));
        let head = Head { method: "POST", path, app_token: &self.world.app_token, jwt: None, client };
        connection.call(&head, &self.body)
    }

    fn identity(&mut self) -> u32 {
        self.pick(IDENTITIES)
    }
}

/// The id of a group in a path.
fn group_path(id: &str, rest: &str) -> String {
    format!("group/{id}{rest}")
}

/// The public key of a user.
fn user_key(user: u32) -> String {
    ids::user_key(user)
}
