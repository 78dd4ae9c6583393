//! Work that outlives the request that asks for it.
//!
//! A job is a row, written in the transaction of the rule that needs it ([`enqueue`]): the work is done if and only if the change that
//! asked for it is committed. A worker takes a row by a **lease**, a time until which nobody else may take it. While it works it
//! prolongs the lease in the transactions of its own progress ([`renew`]): when a worker is too slow and another one takes over, the
//! first one's next write fails, and with it everything in that transaction. A worker that dies leaves a lease that ends, or that a server
//! ends which starts and [sees](neighbours) that the worker is dead.
//!
//! Handlers are idempotent: they find out what is left to do from the data, not from the job.

mod neighbours;
mod store;
mod worker;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Notify;

pub(crate) use store::{Backlog, Lease, Renewal, backlog, enqueue, renew};
pub(crate) use worker::Workers;

use crate::error::ApiError;

/// Does the jobs of one kind.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Which ones.
    fn kind(&self) -> &'static str;

    /// Does one. May be called again for the same job, after an error or when the process died.
    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a>;
}

/// What [`Handler::run`] returns.
pub(crate) type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send + 'a>>;

/// Why a job could not be done this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The lease ended and another worker took over.
    #[error("another worker has taken over")]
    LeaseLost,
    /// To be tried again later.
    #[error(transparent)]
    Failed(#[from] ApiError),
    /// To be tried again at a time that the job has chosen.
    #[error("{cause}")]
    Later {
        /// Milliseconds from now.
        pause: u64,
        /// Why.
        cause: String,
    },
    /// A defect.
    #[error("{0}")]
    Broken(String),
}

impl JobError {
    pub(crate) fn later(pause: u64, cause: impl Into<String>) -> Self {
        Self::Later { pause, cause: cause.into() }
    }

    pub(crate) fn broken(cause: impl std::fmt::Display) -> Self {
        Self::Broken(cause.to_string())
    }
}

/// Tells the workers of this process that there is something to do. Those of others find it when they look.
#[derive(Clone, Default)]
pub(crate) struct Wake {
    notify: Arc<Notify>,
}

impl Wake {
    /// To be called after the transaction that enqueued a job is committed.
    pub(crate) fn wake(&self) {
        self.notify.notify_one();
    }

    async fn woken(&self) {
        self.notify.notified().await;
    }
}
