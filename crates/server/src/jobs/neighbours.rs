//! The other servers on the same database, as far as jobs are concerned: which of them have died with a job in their hands.
//!
//! A lease ends by itself; until then nobody touches the job of somebody who may be alive. A server that starts need not wait for that
//! when it can tell that the holder is dead: on SQLite it is the only one, and on PostgreSQL each server is [seen](Presence) as long as it
//! lives. It looks for as long as a lease lasts, because the database may notice a death a moment after a successor has started. Whoever is
//! taken for dead by mistake, because its connection broke, loses no more than the lease, which its next write notices.

use std::time::{Duration, Instant};

use super::store::{self, LEASE_MS};
use crate::db::{Dialect, Presence};
use crate::error::ApiError;
use crate::state::AppState;

pub(super) struct Neighbours {
    presence: Option<Presence>,
    started: Instant,
    looked: Option<Instant>,
}

impl Neighbours {
    pub(super) fn new() -> Self {
        Self { presence: None, started: Instant::now(), looked: None }
    }

    /// What leases of this process are marked with; `None` while nobody could see its death.
    pub(super) fn own_id(&self) -> Option<i64> {
        self.presence.as_ref().filter(|presence| presence.is_seen()).map(Presence::id)
    }

    /// Ends the leases of the dead, and sees to it that this process is seen. Does nothing when it did so a moment ago.
    pub(super) async fn look(&mut self, state: &AppState) {
        let is_first = self.looked.is_none();
        if self.looked.is_some_and(|looked| looked.elapsed() < state.limits.job_interval) {
            return;
        }
        self.looked = Some(Instant::now());
        let outcome = match state.db.dialect() {
            Dialect::Sqlite if is_first => end_all_leases(state).await,
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => self.look_around(state).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "cannot look for the jobs of servers that died");
        }
    }

    async fn look_around(&mut self, state: &AppState) -> Result<(), ApiError> {
        if self.own_id().is_none() {
            self.presence = state.db.announce().await?;
        }
        if self.started.elapsed() >= Duration::from_millis(LEASE_MS) {
            return Ok(());
        }
        let ended = state
            .db
            .write((), |tx, ()| Box::pin(async move { Ok(store::end_leases_of_the_dead(tx).await?) }));
        let ended = ended.await?;
        if ended > 0 {
            tracing::info!(jobs = ended, "took over the jobs of a server that died");
        }
        Ok(())
    }
}

async fn end_all_leases(state: &AppState) -> Result<(), ApiError> {
    state.db.write((), |tx, ()| Box::pin(async move { Ok(store::end_leases(tx).await?) })).await
}
