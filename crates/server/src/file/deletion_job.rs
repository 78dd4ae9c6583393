//! Deletes the contents of deleted files, then their rows.
//!
//! One job per app takes everything that is marked, in batches. It is idempotent: contents first, rows afterwards, and a content that is
//! gone counts as deleted. Ended at any point, it finds by the rows what is left.

use keyfold_protocol::id::{AppId, FilePartId};

use super::{delivery, store, usage};
use crate::db::Tx;
use crate::error::ApiError;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease, Renewal};
use crate::state::AppState;

/// Name in the table of jobs.
const KIND: &str = "file deletion";

/// Parts per batch, and parts that one message to an app names at most.
const BATCH: u32 = 500;

/// Asks for the deletion of everything that is marked in an app.
pub(super) async fn enqueue(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    Ok(jobs::enqueue(tx, KIND, app.as_str(), "", now).await?)
}

/// Runs the jobs.
pub(crate) struct FileDeletionHandler {
    state: AppState,
}

impl FileDeletionHandler {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }

    /// False when no part was left.
    async fn remove_parts(&self, app: &AppId, lease: &mut Lease) -> Result<bool, JobError> {
        let state = &self.state;
        let parts = state.db.read(app.clone(), |tx, app| {
            Box::pin(async move { Ok(store::parts::of_deleted(tx, app, BATCH).await?) })
        });
        let (external, stored): (Vec<_>, Vec<_>) =
            parts.await?.into_iter().partition(|part| part.is_external);
        if external.is_empty() && stored.is_empty() {
            return Ok(false);
        }
        let bytes = stored.iter().fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
        let stored: Vec<_> = stored.into_iter().map(|part| part.id).collect();
        state.storage.delete(&stored).await.map_err(JobError::broken)?;
        let deleted = u64::try_from(stored.len()).unwrap_or(u64::MAX);
        let batch = Removed {
            app: app.clone(),
            stored,
            external: external.into_iter().map(|part| part.id).collect(),
            bytes,
            renewal: lease.renewal(state.now()),
            now: state.now(),
        };
        let renewal = batch.renewal.clone();
        if !state.db.write(batch, |tx, batch| Box::pin(record_removed(tx, batch))).await? {
            return Err(JobError::LeaseLost);
        }
        lease.renewed(renewal);
        state.telemetry.jobs.parts_deleted.inc_by(deleted);
        Ok(true)
    }

    /// False when no file was left.
    async fn remove_files(&self, app: &AppId, lease: &mut Lease) -> Result<bool, JobError> {
        let state = &self.state;
        let renewal = lease.renewal(state.now());
        let removed = state.db.write((app.clone(), renewal.clone()), |tx, (app, renewal)| {
            Box::pin(async move {
                if !jobs::renew(tx, renewal).await? {
                    return Ok(None);
                }
                let removed = store::files::remove_empty_deleted(tx, app, BATCH).await?;
                if removed == 0 {
                    store::files::forget_app(tx, app).await?;
                } else {
                    usage::subtract(tx, app, removed, 0).await?;
                }
                Ok(Some(removed))
            })
        });
        let removed = removed.await?.ok_or(JobError::LeaseLost)?;
        lease.renewed(renewal);
        Ok(removed > 0)
    }
}

impl Handler for FileDeletionHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(async move {
            let app = AppId::from(lease.subject());
            while self.remove_parts(&app, lease).await? {
                // The messages go out while the next batch is on its way.
                self.state.jobs.wake();
                tokio::task::yield_now().await;
            }
            while self.remove_files(&app, lease).await? {
                tokio::task::yield_now().await;
            }
            self.state.jobs.wake();
            Ok(())
        })
    }
}

struct Removed {
    app: AppId,
    stored: Vec<FilePartId>,
    external: Vec<FilePartId>,
    bytes: u64,
    renewal: Renewal,
    now: u64,
}

/// False when another worker has taken the job over.
async fn record_removed(tx: &mut Tx, batch: &Removed) -> Result<bool, ApiError> {
    if !jobs::renew(tx, &batch.renewal).await? {
        return Ok(false);
    }
    store::parts::remove(tx, &batch.stored).await?;
    store::parts::remove(tx, &batch.external).await?;
    delivery::enqueue(tx, &batch.app, &batch.external, batch.now).await?;
    usage::subtract(tx, &batch.app, 0, batch.bytes).await?;
    Ok(true)
}
