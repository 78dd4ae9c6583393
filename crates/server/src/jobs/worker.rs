//! Takes jobs and runs them, several at a time, until the server shuts down.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::neighbours::Neighbours;
use super::store::{self, Lease};
use super::{Handler, JobError};
use crate::error::ApiError;
use crate::random;
use crate::state::AppState;

/// Jobs that one process works on at the same time. They share the cores; the number keeps a long one from blocking short ones.
const CONCURRENT_JOBS: usize = 8;

/// First pause after a failure in milliseconds; doubles up to [`LONGEST_PAUSE_MS`].
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 5 * 60 * 1_000;

/// The workers of one server.
pub(crate) struct Workers {
    stop: watch::Sender<bool>,
    taking: JoinHandle<Neighbours>,
    slots: Arc<Semaphore>,
}

impl Workers {
    /// Starts them.
    pub(crate) fn start(state: AppState, handlers: Vec<Arc<dyn Handler>>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(CONCURRENT_JOBS));
        let taking = tokio::spawn(take_jobs(state, handlers.into(), slots.clone(), stopped));
        Self { stop, taking, slots }
    }

    /// Takes no more jobs and ends the running ones at their next step. They stay in the table and go on after the next start.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // To the others this process is alive until its jobs have ended.
        let _seen = self.taking.await;
        // Every running job holds a slot: when all are free, all have ended.
        let _ = self.slots.acquire_many(u32::try_from(CONCURRENT_JOBS).unwrap_or(u32::MAX)).await;
    }
}

async fn take_jobs(
    state: AppState,
    handlers: Arc<[Arc<dyn Handler>]>,
    slots: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
) -> Neighbours {
    let mut neighbours = Neighbours::new();
    loop {
        let slot = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return neighbours,
            slot = slots.clone().acquire_owned() => slot,
        };
        let Ok(slot) = slot else { return neighbours };
        neighbours.look(&state).await;
        match claim(&state, neighbours.own_id()).await {
            Ok(Some(lease)) => {
                let (state, handlers, stopped) = (state.clone(), handlers.clone(), stopped.clone());
                tokio::spawn(async move {
                    work(&state, &handlers, lease, stopped).await;
                    drop(slot);
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot look for jobs"),
        }
        drop(slot);
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return neighbours,
            () = state.jobs.woken() => {}
            () = tokio::time::sleep(state.limits.job_interval) => {}
        }
    }
}

async fn work(
    state: &AppState,
    handlers: &[Arc<dyn Handler>],
    mut lease: Lease,
    mut stopped: watch::Receiver<bool>,
) {
    let metrics = &state.telemetry.jobs;
    metrics.running.inc();
    let outcome = match handlers.iter().find(|handler| handler.kind() == lease.kind()) {
        // Dropped in the middle of its work, a job goes on where it was: that is what its steps are made for.
        Some(handler) => tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => None,
            outcome = handler.run(&mut lease) => Some(outcome),
        },
        None => Some(Err(JobError::Broken("this release does not know such jobs".into()))),
    };
    metrics.running.dec();
    let recorded = match outcome {
        Some(Ok(())) => {
            metrics.done.inc();
            remove(state, lease).await.map(|is_done| {
                if !is_done {
                    state.jobs.wake();
                }
            })
        }
        Some(Err(JobError::LeaseLost)) => Ok(()),
        Some(Err(JobError::Later { pause, cause })) => release(state, lease, pause, cause).await,
        Some(Err(error)) => {
            metrics.failed.inc();
            let pause = pause(lease.attempts());
            tracing::warn!(%error, kind = lease.kind(), attempts = lease.attempts(), pause_ms = pause, "a job failed");
            release(state, lease, pause, error.to_string()).await
        }
        None => release(state, lease, 0, String::new()).await,
    };
    if let Err(error) = recorded {
        // The lease ends by itself, and the job is taken again.
        tracing::warn!(%error, "cannot record the outcome of a job");
    }
}

/// Asks on a snapshot first: when there is nothing to do, the writer is left alone.
async fn claim(state: &AppState, holder: Option<i64>) -> Result<Option<Lease>, ApiError> {
    let now = state.now();
    let is_due = state
        .db
        .read_single(now, |tx, now| Box::pin(async move { Ok(store::is_due(tx, *now).await?) }))
        .await?;
    if !is_due {
        return Ok(None);
    }
    let claimed = state.db.write((now, holder), |tx, (now, holder)| {
        Box::pin(async move { Ok(store::claim(tx, *now, *holder).await?) })
    });
    claimed.await
}

async fn remove(state: &AppState, lease: Lease) -> Result<bool, ApiError> {
    state.db.write(lease, |tx, lease| Box::pin(async move { Ok(store::remove(tx, lease).await?) })).await
}

async fn release(state: &AppState, lease: Lease, pause: u64, error: String) -> Result<(), ApiError> {
    let run_at = state.now().saturating_add(pause);
    state
        .db
        .write((lease, run_at, error), |tx, (lease, run_at, error)| {
            Box::pin(async move { Ok(store::release(tx, lease, *run_at, error).await?) })
        })
        .await
}

/// Doubles with every attempt; the jitter keeps many that failed together from coming back together.
fn pause(attempts: u32) -> u64 {
    let doubled = FIRST_PAUSE_MS.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(LONGEST_PAUSE_MS);
    let pause = doubled.min(LONGEST_PAUSE_MS);
    pause.saturating_add(random::u64_below(pause / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        for attempts in 1..100 {
            let pause = pause(attempts);
            assert!((FIRST_PAUSE_MS..=LONGEST_PAUSE_MS * 5 / 4).contains(&pause), "{attempts}: {pause}");
        }
        assert!(pause(5) > pause(1));
    }
}
