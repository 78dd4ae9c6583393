//! The end of an app, and of everything in it.
//!
//! To its clients and its owner an app is gone with the transaction that deletes it. Its rows may be millions: a job removes them, batch by batch,
//! so that nobody else has to wait for them. An app that is only emptied stays: while a job is at it, it refuses as one that is disabled.

use keyfold_protocol::customer::ROOT_APP_ID;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::{AppTokens, Owner, store};
use crate::db::{Db, Tx};
use crate::error::ApiError;
use crate::file;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease};
use crate::state::AppState;

/// Name in the table of jobs.
const KIND: &str = "app deletion";

/// Rows that one transaction removes.
const BATCH: u32 = 2_000;

/// Batches that the request itself removes when an app is emptied: enough for one that was tried out.
const BATCHES_AT_ONCE: usize = 16;

/// Deletes users, groups and whatever else was made inside of an app. The app stays: its tokens, keys, options. One with few rows is empty
/// when this is committed; from another nobody gets anything until a job has emptied it. The workers have to be woken afterwards.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for the installation's own.
pub(crate) async fn reset(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    keep_root_app(app)?;
    store::apps::lock(tx, app).await?;
    file::delete_all_of_app(tx, app, now).await?;
    let mut is_left = true;
    for _ in 0..BATCHES_AT_ONCE {
        is_left = store::data::delete_some(tx, app, BATCH).await?;
        if !is_left {
            break;
        }
    }
    if is_left {
        store::apps::set_resetting(tx, app, Some(now)).await?;
        jobs::enqueue(tx, KIND, app.as_str(), "{}", now).await?;
    }
    Ok(store::revision::count_up(tx).await?)
}

/// Deletes an app. The workers have to be woken afterwards.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for the installation's own.
pub(crate) async fn delete(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    keep_root_app(app)?;
    store::apps::lock(tx, app).await?;
    end(tx, app, now).await?;
    Ok(store::revision::count_up(tx).await?)
}

/// [`delete`] for all apps of an owner that ends.
///
/// # Errors
/// When the database fails.
pub(crate) async fn delete_all_of_owner(tx: &mut Tx, owner: &Owner, now: u64) -> Result<u64, ApiError> {
    let mut deleted = 0_u64;
    for app in store::apps::ids_of_owner(tx, owner).await? {
        store::apps::lock(tx, &app).await?;
        end(tx, &app, now).await?;
        deleted = deleted.saturating_add(1);
    }
    if deleted > 0 {
        store::revision::count_up(tx).await?;
    }
    Ok(deleted)
}

/// # Errors
/// 400/203 for the installation's own app: with it all customers would go, and nobody could reach their apps.
fn keep_root_app(app: &AppId) -> Result<(), ApiError> {
    if app.as_str() == ROOT_APP_ID { Err(ErrorCode::NoAccess.into()) } else { Ok(()) }
}

async fn end(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    // Tokens that nobody has. The private keys must not wait for the job either.
    let nobodys = AppTokens::generate()?;
    store::apps::set_token_hashes(tx, app, &nobodys.public_hash, &nobodys.secret_hash).await?;
    store::jwt_keys::delete_all(tx, app).await?;
    store::apps::mark_deleted(tx, app, now).await?;
    file::delete_all_of_app(tx, app, now).await?;
    Ok(jobs::enqueue(tx, KIND, app.as_str(), "{}", now).await?)
}

/// Removes the rows of a deleted or emptied app now, for a command that does not rely on a server that runs. The job finds nothing left to do.
///
/// # Errors
/// When the database fails; the job goes on where this stopped.
pub(super) async fn remove_rows(db: &Db, app: &AppId) -> Result<(), ApiError> {
    while db.write(app.clone(), |tx, app| Box::pin(remove_batch(tx, app))).await? {}
    Ok(())
}

/// False when nothing was left: the own row of a deleted app is gone, an emptied one works again.
async fn remove_batch(tx: &mut Tx, app: &AppId) -> Result<bool, ApiError> {
    if store::apps::is_resetting(tx, app).await? {
        let is_left = store::data::delete_some(tx, app, BATCH).await?;
        if !is_left {
            store::apps::set_resetting(tx, app, None).await?;
            store::revision::count_up(tx).await?;
        }
        return Ok(is_left);
    }
    if !store::apps::is_marked_deleted(tx, app).await? {
        return Ok(false);
    }
    if store::data::delete_some(tx, app, BATCH).await? {
        return Ok(true);
    }
    // What a request has written that was under way when the app was deleted goes by its foreign keys.
    store::apps::remove(tx, app).await?;
    Ok(false)
}

/// Runs the jobs.
pub(crate) struct DeletionHandler {
    state: AppState,
}

impl DeletionHandler {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler for DeletionHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(async move {
            let app = AppId::from(lease.subject());
            loop {
                let renewal = lease.renewal(self.state.now());
                let goes_on = self
                    .state
                    .db
                    .write((app.clone(), renewal.clone()), |tx, (app, renewal)| {
                        Box::pin(async move {
                            if !jobs::renew(tx, renewal).await? {
                                return Ok(None);
                            }
                            remove_batch(tx, app).await.map(Some)
                        })
                    })
                    .await?;
                match goes_on {
                    None => return Err(JobError::LeaseLost),
                    Some(true) => lease.renewed(renewal),
                    Some(false) => {
                        lease.renewed(renewal);
                        return Ok(());
                    }
                }
            }
        })
    }
}
