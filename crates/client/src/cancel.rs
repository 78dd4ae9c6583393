//! Stopping a transfer from elsewhere.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{Either, Shared, select};

use crate::error::Error;
use crate::lock::lock;

/// Stops uploads and downloads, for example when somebody presses a button. Clones are the same token.
///
/// Dropping the future of a transfer stops it just as well; a token is for those who do not hold that future.
///
/// ```
/// let token = keyfold::CancelToken::new();
/// let button = token.clone();
/// button.cancel();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone)]
pub struct CancelToken(Arc<State>);

struct State {
    /// Gone once cancelled, which is what the receivers notice.
    sender: Mutex<Option<oneshot::Sender<()>>>,
    cancelled: Shared<oneshot::Receiver<()>>,
}

impl CancelToken {
    /// A token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        let (sender, receiver) = oneshot::channel();
        Self(Arc::new(State { sender: Mutex::new(Some(sender)), cancelled: receiver.shared() }))
    }

    /// Stops every transfer that was given this token, now and later: they end with [`Error::Cancelled`].
    pub fn cancel(&self) {
        lock(&self.0.sender).take();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        lock(&self.0.sender).is_none()
    }

    /// Waits for `work`, but no longer than until the cancellation.
    pub(crate) async fn guard<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match select(self.0.cancelled.clone(), pin!(work)).await {
            Either::Left(_) => Err(Error::Cancelled),
            Either::Right((result, _)) => result,
        }
    }
}

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("cancelled", &self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_waits_for_ever_ends_with_the_cancellation() {
        let token = CancelToken::new();
        let waiting = token.guard(std::future::pending::<Result<(), Error>>());
        let (result, ()) = futures_util::future::join(waiting, async { token.cancel() }).await;
        assert_eq!(result.unwrap_err().code(), "client_433");
    }

    #[tokio::test]
    async fn work_does_not_begin_after_the_cancellation() {
        let token = CancelToken::new();
        assert_eq!(token.guard(async { Ok(1) }).await.unwrap(), 1);
        token.clone().cancel();
        let mut begun = false;
        let work = async {
            begun = true;
            Ok(())
        };
        assert!(token.guard(work).await.is_err());
        assert!(!begun);
    }
}
