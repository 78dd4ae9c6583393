//! The job that sends a mail.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;

use super::message::Mail;
use super::store::{self, MailRow, Outcome};
use super::transport::SendError;
use crate::db::Tx;
use crate::error::ApiError;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease};
use crate::root_key::Purpose;
use crate::state::AppState;

/// Name in the table of jobs.
const KIND: &str = "mail";

/// When it is given up: what the mail carries has expired by then.
const MAX_AGE_MS: u64 = 60 * 60 * 1_000;

/// Longest description of a failure that is kept.
const MAX_ERROR_CHARACTERS: usize = 500;

pub(super) async fn enqueue(tx: &mut Tx, mail: &str, now: u64) -> Result<(), ApiError> {
    Ok(jobs::enqueue(tx, KIND, mail, "{}", now).await?)
}

/// Runs the jobs.
pub(crate) struct MailHandler {
    state: AppState,
}

impl MailHandler {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }

    async fn deliver(&self, id: &str) -> Result<(), JobError> {
        let state = &self.state;
        let found =
            state.db.read(id.to_owned(), |tx, id| Box::pin(async move { Ok(store::find(tx, id).await?) }));
        // Sent already by a process that died before it could say so, or its customer is gone.
        let Some(row) = found.await? else {
            return Ok(());
        };
        match self.send(id, &row).await {
            Ok(()) => self.finish(id, &row, Outcome::Sent, None).await,
            Err(Failure::NotBuilt(error)) => self.finish(id, &row, Outcome::NotBuilt, Some(error)).await,
            Err(Failure::NotSent(SendError::Refused(error))) => {
                self.finish(id, &row, Outcome::NotTaken, Some(error)).await
            }
            Err(Failure::NotSent(SendError::Later(error))) => {
                if row.created_at.saturating_add(MAX_AGE_MS) <= state.now() {
                    return self.finish(id, &row, Outcome::NotTaken, Some(error)).await;
                }
                self.record(row.customer, error.clone()).await?;
                Err(JobError::Failed(ApiError::caused_by(ErrorCode::MailSend, error)))
            }
        }
    }

    async fn send(&self, id: &str, row: &MailRow) -> Result<(), Failure> {
        let state = &self.state;
        let not_built = |error: ApiError| Failure::NotBuilt(error.to_string());
        let carried = state.root_key.open(Purpose::Mail, id, &row.sealed).map_err(not_built)?;
        let carried = std::str::from_utf8(&carried).map_err(|error| Failure::NotBuilt(error.to_string()))?;
        let mailer = &state.mailer;
        let composed = mailer.letterhead.compose(&Mail::restore(row.kind, carried));
        let message = mailer.letterhead.message(id, &row.recipient, &composed).map_err(Failure::NotBuilt)?;
        if let Some(transport) = &mailer.transport {
            transport.send(id, message, &composed).await.map_err(Failure::NotSent)?;
        } else if mailer.development.is_none() {
            // The server was restarted without a mail server.
            return Err(Failure::NotSent(SendError::Later("this server sends no mails".into())));
        }
        if let Some(mailbox) = &mailer.development {
            mailbox.put(mailer.letterhead.sender(), &row.recipient, composed, state.now());
        }
        Ok(())
    }

    async fn finish(
        &self,
        id: &str,
        row: &MailRow,
        outcome: Outcome,
        error: Option<String>,
    ) -> Result<(), JobError> {
        if let Some(error) = &error {
            tracing::warn!(error, "a mail was given up");
        }
        let data = (id.to_owned(), row.customer.clone(), outcome, error.map(shorten), self.state.now());
        let recorded = self.state.db.write(data, |tx, (id, customer, outcome, error, now)| {
            Box::pin(async move {
                store::delete(tx, id).await?;
                if let Some(customer) = customer {
                    store::record(tx, customer, *outcome, error.as_deref(), *now).await?;
                }
                Ok(())
            })
        });
        Ok(recorded.await?)
    }

    async fn record(&self, customer: Option<UserId>, error: String) -> Result<(), JobError> {
        let Some(customer) = customer else {
            return Ok(());
        };
        let data = (customer, shorten(error), self.state.now());
        let recorded = self.state.db.write(data, |tx, (customer, error, now)| {
            Box::pin(
                async move { Ok(store::record(tx, customer, Outcome::NotTaken, Some(error), *now).await?) },
            )
        });
        Ok(recorded.await?)
    }
}

impl Handler for MailHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(self.deliver(lease.subject()))
    }
}

enum Failure {
    NotBuilt(String),
    NotSent(SendError),
}

/// For a column: bounded, and without what PostgreSQL cannot hold.
fn shorten(error: String) -> String {
    error.chars().filter(|character| *character != '\0').take(MAX_ERROR_CHARACTERS).collect()
}
