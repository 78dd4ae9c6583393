//! Deletes the contents of deleted files.

use keyfold_protocol::id::AppId;

use crate::db::Tx;
use crate::error::ApiError;
use crate::jobs;

/// Name in the table of jobs.
const KIND: &str = "file deletion";

/// Asks for the deletion of everything that is marked in an app.
pub(super) async fn enqueue(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
    Ok(jobs::enqueue(tx, KIND, app.as_str(), "", now).await?)
}
