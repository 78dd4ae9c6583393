//! Changes that every server has to act upon.

use std::time::Duration;

use crate::db::{Db, Tx, TxFuture};
use crate::error::ApiError;

/// Time from the commit of a change to its acknowledgement. Longer than any server relies on what it knows of apps (50 ms), with a reserve for
/// clocks that do not run at quite the same speed.
pub const PROPAGATION: Duration = Duration::from_millis(60);

/// Runs a change of an app as one transaction, and returns when no server acts on the state before it.
///
/// For all functions of this module that take `&mut Tx` and change an app that exists already: options, tokens, keys, deletion.
///
/// # Errors
/// What `work` returns, or an error of the database. Nothing was changed then.
pub async fn change<D, T, F>(db: &Db, data: D, work: F) -> Result<T, ApiError>
where
    D: Send + Sync + 'static,
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send + Sync + 'static,
{
    let outcome = db.write(data, work).await?;
    tokio::time::sleep(PROPAGATION).await;
    Ok(outcome)
}
