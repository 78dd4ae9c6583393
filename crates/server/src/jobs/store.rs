//! Rows of jobs.

use crate::db::{DbError, Row, Tx, params};
use crate::random;

/// How long a worker has a job for itself without a sign of life, in milliseconds.
pub(super) const LEASE_MS: u64 = 30_000;

/// A job that a worker has taken.
#[derive(Debug)]
pub(crate) struct Lease {
    id: String,
    kind: String,
    subject: String,
    payload: String,
    attempts: u32,
    until: u64,
    requests: u64,
}

/// A lease that is to be prolonged: from when until when.
#[derive(Debug, Clone)]
pub(crate) struct Renewal {
    id: String,
    from: u64,
    until: u64,
}

impl Lease {
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// What the job is about.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    /// What the one who enqueued it has written into it.
    pub(crate) fn payload(&self) -> &str {
        &self.payload
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Prepares the prolongation for [`renew`].
    pub(crate) fn renewal(&self, now: u64) -> Renewal {
        // Always another number: it tells one worker's lease from the next one's.
        let until = now.saturating_add(LEASE_MS).max(self.until.saturating_add(1));
        Renewal { id: self.id.clone(), from: self.until, until }
    }

    /// To be called when the transaction with [`renew`] is committed.
    pub(crate) fn renewed(&mut self, renewal: Renewal) {
        self.until = renewal.until;
    }
}

/// Adds a job. One that is there already, of the same kind and about the same, is not added again; if it runs at this moment, it is run
/// once more, because it may have looked already where there is something new.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    payload: &str,
    now: u64,
) -> Result<(), DbError> {
    let id = random::ordered_id();
    tx.execute(
        "INSERT INTO jobs (id, kind, subject, payload, created_at, run_at, attempts)
         VALUES ($1, $2, $3, $4, $5, $5, 0) 
         ON CONFLICT (kind, subject) DO UPDATE SET requests = jobs.requests + 1",
        params![id, kind, subject, payload, now],
    )
    .await
    .map(drop)
}

/// Prolongs a lease; false when another worker has taken the job.
pub(crate) async fn renew(tx: &mut Tx, renewal: &Renewal) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_until = $2";
    Ok(tx.execute(sql, params![renewal.id, renewal.from, renewal.until]).await? == 1)
}

/// The jobs of one kind that wait or are worked on.
pub(crate) struct Backlog {
    pub(crate) kind: String,
    pub(crate) number: i64,
    /// When the first of them was due, in milliseconds since 1970.
    pub(crate) oldest_due: u64,
    /// Those that have failed so often that somebody should look.
    pub(crate) stuck: i64,
}

/// Attempts after which a job counts as stuck. It is tried on, every few minutes.
const STUCK_AFTER: u32 = 10;

/// What there is to do, by kind.
pub(crate) async fn backlog(tx: &mut Tx) -> Result<Vec<Backlog>, DbError> {
    tx.query(
        "SELECT kind, COUNT(*), MIN(run_at), COUNT(CASE WHEN attempts >= $1 THEN 1 END) FROM jobs GROUP BY kind",
        params![STUCK_AFTER],
        |row| {
            Ok(Backlog { kind: row.col()?, number: row.col()?, oldest_due: row.col()?, stuck: row.col()? })
        },
    )
    .await
}

/// Whether somebody could take a job now.
pub(super) async fn is_due(tx: &mut Tx, now: u64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM jobs WHERE run_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) LIMIT 1";
    Ok(tx.query_opt(sql, params![now], |row| row.col::<i64>()).await?.is_some())
}

/// Takes the job that has waited longest, for the process that others see as `holder`.
pub(super) async fn claim(tx: &mut Tx, now: u64, holder: Option<i64>) -> Result<Option<Lease>, DbError> {
    let until = now.saturating_add(LEASE_MS).saturating_add(random::u64_below(1_000));
    tx.query_opt(
        "UPDATE jobs SET lease_until = $2, lease_holder = $3, attempts = attempts + 1
         WHERE id = (SELECT id FROM jobs
                     WHERE run_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
                     ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, subject, payload, attempts, lease_until, requests",
        params![now, until, holder],
        lease,
    )
    .await
}

/// The job is done, unless it was asked for again meanwhile: then it begins anew. Whether it is done.
pub(super) async fn remove(tx: &mut Tx, lease: &Lease) -> Result<bool, DbError> {
    let sql = "DELETE FROM jobs WHERE id = $1 AND lease_until = $2 AND requests = $3";
    if tx.execute(sql, params![lease.id, lease.until, lease.requests]).await? == 1 {
        return Ok(true);
    }
    let sql = "UPDATE jobs SET lease_until = NULL, attempts = 0 WHERE id = $1 AND lease_until = $2";
    tx.execute(sql, params![lease.id, lease.until]).await.map(|_| false)
}

/// Gives the job back, to be tried again at `run_at`.
pub(super) async fn release(tx: &mut Tx, lease: &Lease, run_at: u64, error: &str) -> Result<(), DbError> {
    let sql =
        "UPDATE jobs SET lease_until = NULL, run_at = $3, last_error = $4 WHERE id = $1 AND lease_until = $2";
    tx.execute(sql, params![lease.id, lease.until, run_at, error]).await.map(drop)
}

/// Ends all leases. For a database that only this process uses: whoever held them is gone.
pub(super) async fn end_leases(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute("UPDATE jobs SET lease_until = NULL WHERE lease_until IS NOT NULL", params![]).await.map(drop)
}

/// Ends the leases of processes that were seen once and are seen no more; how many. For PostgreSQL.
pub(super) async fn end_leases_of_the_dead(tx: &mut Tx) -> Result<u64, DbError> {
    tx.execute(
        "UPDATE jobs SET lease_until = NULL
         WHERE lease_until IS NOT NULL AND lease_holder IS NOT NULL AND lease_holder NOT IN (
            SELECT (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        params![],
    )
    .await
}

fn lease(row: &Row<'_>) -> Result<Lease, DbError> {
    Ok(Lease {
        id: row.col()?,
        kind: row.col()?,
        subject: row.col()?,
        payload: row.col()?,
        attempts: row.col()?,
        until: row.col()?,
        requests: row.col()?,
    })
}
