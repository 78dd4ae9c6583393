//! Whether a process that uses the database is alive.
//!
//! On PostgreSQL a process holds an advisory lock on a connection of its own. Whatever ends the process ends the connection, and
//! with it the lock: everybody else sees it at once, without comparing clocks.

use deadpool_postgres::ClientWrapper;

/// The lock. Others see it in `pg_locks` until this is dropped.
pub(crate) struct Presence {
    id: i64,
    connection: ClientWrapper,
}

impl Presence {
    pub(super) fn new(id: i64, connection: ClientWrapper) -> Self {
        Self { id, connection }
    }

    /// What the lock is called: a positive number that nobody else has.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// False when the connection has ended: others take this process for dead.
    pub(crate) fn is_seen(&self) -> bool {
        !self.connection.is_closed()
    }
}
