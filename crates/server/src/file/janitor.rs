//! What uploads leave behind: contents that became no part, uploads that nobody ended, messages that were given up long ago.

use std::time::Duration;

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::UPLOAD_SESSION_MS;

use super::{deletion_job, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::state::AppState;

/// Rows per round.
const BATCH: u32 = 500;

/// How long the owner of an app has to look at a message that was given up.
const FAILED_DELIVERIES: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Removes all of it whose time is over; the number of rows.
///
/// # Errors
/// When the database or the storage fails; the next run goes on where this stopped.
pub(crate) async fn tidy(state: &AppState) -> Result<u64, ApiError> {
    let mut total = end_abandoned(state).await?;
    total = total.saturating_add(remove_loose(state).await?);
    let age = u64::try_from(FAILED_DELIVERIES.as_millis()).unwrap_or(u64::MAX);
    let failed = state.db.write(state.now().saturating_sub(age), |tx, before| {
        Box::pin(async move {
            let forgotten = store::deliveries::forget_failed(tx, *before).await?;
            Ok((forgotten, store::deliveries::count_failed(tx).await?))
        })
    });
    let (forgotten, failed) = failed.await?;
    state.telemetry.jobs.deliveries_waiting.set(failed);
    Ok(total.saturating_add(forgotten))
}

/// Uploads that were not ended in twice the time they had. A file that got some of its parts will never get the rest and is deleted; one without
/// parts is an empty file, and stays.
async fn end_abandoned(state: &AppState) -> Result<u64, ApiError> {
    let mut total = 0_u64;
    loop {
        let ended = state.db.write(state.now(), |tx, now| Box::pin(end_some_abandoned(tx, *now))).await?;
        total = total.saturating_add(ended);
        if ended < u64::from(BATCH) {
            break;
        }
    }
    if total > 0 {
        state.jobs.wake();
    }
    Ok(total)
}

async fn end_some_abandoned(tx: &mut Tx, now: u64) -> Result<u64, ApiError> {
    let before = now.saturating_sub(UPLOAD_SESSION_MS.saturating_mul(2));
    let abandoned = store::sessions::abandoned(tx, before, BATCH).await?;
    let mut ended = 0_u64;
    for upload in abandoned {
        store::sessions::delete(tx, &upload.session).await?;
        if upload.has_parts {
            store::files::mark_deleted(tx, &upload.file, now).await?;
            deletion_job::enqueue(tx, &upload.app, now).await?;
        }
        ended = ended.saturating_add(1);
    }
    Ok(ended)
}

/// Contents that became no part. Chosen first, so that none of them becomes one at this moment; forgotten when it is gone.
async fn remove_loose(state: &AppState) -> Result<u64, ApiError> {
    let mut total = 0_u64;
    loop {
        let condemned = state.db.write(state.now(), |tx, now| {
            Box::pin(async move { Ok(store::loose_blobs::condemn(tx, *now, BATCH).await?) })
        });
        let condemned = condemned.await?;
        let count = u64::try_from(condemned.len()).unwrap_or(u64::MAX);
        if count > 0 {
            let removed = state.storage.delete(&condemned).await;
            removed.map_err(|error| ApiError::caused_by(ErrorCode::FileWrite, error))?;
            let forgotten = state.db.write(condemned, |tx, ids| {
                Box::pin(async move { Ok(store::loose_blobs::forget(tx, ids).await?) })
            });
            forgotten.await?;
        }
        total = total.saturating_add(count);
        if count < u64::from(BATCH) {
            break;
        }
    }
    // Begun without a row: the process died before it was written.
    let age = state.storage_limits.upload_timeout.saturating_mul(2);
    match state.storage.sweep(age).await {
        Ok(swept) => Ok(total.saturating_add(swept)),
        Err(error) => Err(ApiError::caused_by(ErrorCode::FileWrite, error)),
    }
}
