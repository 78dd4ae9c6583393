//! Messages to apps that store their files themselves: these parts were deleted, their contents may go.
//!
//! A message is a row, written in the transaction that forgets the parts. It is sent until the app answers with a 2xx status, with pauses
//! that double, and given up after some days; then it stays in sight of the app's owner, who can have it sent again.

mod client;
mod signature;

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FailedDelivery;
use keyfold_protocol::id::{AppId, FilePartId};
use tokio::sync::Semaphore;

use self::client::Client;
pub(crate) use self::signature::CallbackKey;
use super::{options, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease};
use crate::random;
use crate::state::AppState;
use crate::storage::target::Target;

/// Name in the table of jobs.
const KIND: &str = "storage delivery";

/// Parts that one message names at most.
const PARTS: usize = 500;

/// Apps that are sent to at the same time: they may take their time to answer, and other jobs must not wait for them.
const CONCURRENT: usize = 4;

/// First pause after a failure in milliseconds; doubles up to [`LONGEST_PAUSE_MS`].
const FIRST_PAUSE_MS: u64 = 10_000;
const LONGEST_PAUSE_MS: u64 = 6 * 60 * 60 * 1_000;

/// Pause of a job that found no free place.
const CROWDED_PAUSE_MS: u64 = 500;

/// Failed messages on a page.
const PAGE: u32 = 50;

/// Has an app told about parts, in the transaction that forgets them.
///
/// # Errors
/// When the database fails.
pub(super) async fn enqueue(
    tx: &mut Tx,
    app: &AppId,
    parts: &[FilePartId],
    now: u64,
) -> Result<(), ApiError> {
    for chunk in parts.chunks(PARTS) {
        let body =
            serde_json::to_string(chunk).map_err(|error| ApiError::caused_by(ErrorCode::Serialize, error))?;
        store::deliveries::insert(tx, &random::ordered_id(), app, &body, now).await?;
    }
    if parts.is_empty() { Ok(()) } else { Ok(jobs::enqueue(tx, KIND, app.as_str(), "", now).await?) }
}

/// Messages of an app that were given up, oldest first, 50 after the last one seen.
///
/// # Errors
/// When the database fails.
pub(crate) async fn failed(
    tx: &mut Tx,
    app: &AppId,
    after: (u64, &str),
) -> Result<Vec<FailedDelivery>, ApiError> {
    // Without a time the id says nothing.
    let after = if after.0 == 0 { (0, "") } else { after };
    let rows = store::deliveries::failed(tx, app, after, PAGE).await?;
    let delivery = |row: store::deliveries::Delivery| FailedDelivery {
        part_ids: serde_json::from_str(&row.part_ids).unwrap_or_default(),
        delivery_id: row.id,
        time: row.created_at,
        attempts: row.attempts,
        error: row.last_error.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(delivery).collect())
}

/// Has a message sent again that was given up. One that is unknown is nothing to do.
///
/// # Errors
/// When the database fails.
pub(crate) async fn retry(tx: &mut Tx, app: &AppId, id: &str, now: u64) -> Result<(), ApiError> {
    if store::deliveries::revive(tx, app, id).await? {
        jobs::enqueue(tx, KIND, app.as_str(), "", now).await?;
    }
    Ok(())
}

/// Runs the jobs: one per app, which sends its messages one after the other.
pub(crate) struct DeliveryHandler {
    state: AppState,
    key: CallbackKey,
    places: Semaphore,
}

impl DeliveryHandler {
    pub(crate) fn new(state: AppState, key: CallbackKey) -> Self {
        Self { state, key, places: Semaphore::new(CONCURRENT) }
    }

    async fn next(&self, app: &AppId) -> Result<Option<store::deliveries::Delivery>, ApiError> {
        self.state
            .db
            .read(app.clone(), |tx, app| Box::pin(async move { Ok(store::deliveries::next(tx, app).await?) }))
            .await
    }

    async fn send(
        &self,
        client: &Client,
        app: &AppId,
        delivery: &store::deliveries::Delivery,
    ) -> Result<(), String> {
        let data = (app.clone(), self.state.root_key.clone());
        let options = self.state.db.read(data, |tx, (app, key)| Box::pin(options::read(tx, key, app)));
        let options = options.await.map_err(|error| error.to_string())?;
        let url = options.storage_url.ok_or("the app has no storage url")?;
        let allow_private = self.state.storage_limits.callbacks.allow_private_targets;
        let target = Target::parse(&url, allow_private).map_err(|error| error.to_string())?;
        let seconds = self.state.now() / 1_000;
        let signature = self.key.sign(&delivery.id, seconds, delivery.part_ids.as_bytes());
        client.post(&target, options.auth_token.as_ref(), delivery, seconds, &signature).await
    }

    /// Writes down how an attempt ended, and prolongs the lease; true when it was given up.
    async fn record(
        &self,
        delivery: &store::deliveries::Delivery,
        error: Option<String>,
        lease: &mut Lease,
    ) -> Result<bool, JobError> {
        let now = self.state.now();
        let renewal = lease.renewal(now);
        let attempts = delivery.attempts.saturating_add(1);
        let is_last = error.is_some() && attempts >= self.state.storage_limits.callbacks.attempts;
        let data = (delivery.id.clone(), error, is_last.then_some(now), renewal.clone());
        let recorded = self.state.db.write(data, |tx, (id, error, failed_at, renewal)| {
            Box::pin(async move {
                if !jobs::renew(tx, renewal).await? {
                    return Ok(false);
                }
                match error {
                    None => store::deliveries::delete(tx, id).await?,
                    Some(error) => store::deliveries::record_failure(tx, id, error, *failed_at).await?,
                }
                Ok(true)
            })
        });
        if !recorded.await? {
            return Err(JobError::LeaseLost);
        }
        lease.renewed(renewal);
        Ok(is_last)
    }
}

impl Handler for DeliveryHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(async move {
            let Ok(_place) = self.places.try_acquire() else {
                return Err(JobError::later(CROWDED_PAUSE_MS, "other apps are being sent to"));
            };
            let app = AppId::from(lease.subject());
            let metrics = &self.state.telemetry.jobs;
            let mut client = None;
            while let Some(delivery) = self.next(&app).await? {
                // Made when it is needed: certificates and connections take memory that an idle server should not.
                let client = match &mut client {
                    Some(client) => client,
                    none => none
                        .insert(Client::new(&self.state.storage_limits.callbacks).map_err(JobError::broken)?),
                };
                match self.send(client, &app, &delivery).await {
                    Ok(()) => {
                        self.record(&delivery, None, lease).await?;
                        metrics.deliveries_sent.inc();
                    }
                    Err(error) => {
                        metrics.deliveries_failed.inc();
                        let is_last = self.record(&delivery, Some(error.clone()), lease).await?;
                        if !is_last {
                            return Err(JobError::later(pause(delivery.attempts), error));
                        }
                        tracing::warn!(
                            app = app.as_str(),
                            delivery = delivery.id,
                            error,
                            "a message to an app's storage was given up"
                        );
                        metrics.deliveries_dead.inc();
                    }
                }
            }
            let forgotten = self
                .state
                .db
                .write(app, |tx, app| Box::pin(async move { Ok(store::files::forget_app(tx, app).await?) }));
            Ok(forgotten.await?)
        })
    }
}

/// Doubles with every attempt; the jitter keeps many that failed together from coming back together.
fn pause(attempts_before: u32) -> u64 {
    let pause = FIRST_PAUSE_MS.saturating_mul(1 << attempts_before.min(20)).min(LONGEST_PAUSE_MS);
    pause.saturating_add(random::u64_below(pause / 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_a_day() {
        assert!((FIRST_PAUSE_MS..FIRST_PAUSE_MS * 9 / 8).contains(&pause(0)));
        assert!((FIRST_PAUSE_MS * 4..FIRST_PAUSE_MS * 9 / 2).contains(&pause(2)));
        for attempts in [12, 20, u32::MAX] {
            assert!((LONGEST_PAUSE_MS..=LONGEST_PAUSE_MS * 9 / 8).contains(&pause(attempts)), "{attempts}");
        }
    }
}
