//! The requests that carry parts, each of them repeated while the trouble looks like passing.

use std::future::Future;

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FilePart;
use keyfold_protocol::id::{FileId, GroupId, UploadSessionId};
use serde::de::IgnoredAny;

use super::Retry;
use super::retry::Attempts;
use crate::api::Call;
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::transport::PART_TIMEOUT;
use crate::user::User;

/// Carries the parts of one file.
pub(super) struct Parts<'a> {
    pub(super) user: &'a User,
    /// The server holds whoever asks for parts of a group's file to the rule of that group.
    pub(super) acting_as: Option<&'a GroupId>,
    pub(super) file: &'a FileId,
    pub(super) cancel: &'a CancelToken,
}

impl Parts<'_> {
    /// Uploads a part, once. An upload whose answer is lost is not repeated before the server was asked whether it has
    /// arrived: servers that do not know better would keep it twice, and nobody could read the file.
    pub(super) async fn upload(
        &self,
        session: &UploadSessionId,
        sequence: u32,
        end: bool,
        part: Vec<u8>,
    ) -> Result<(), Error> {
        let number = sequence.to_string();
        let end = if end { "true" } else { "false" };
        let own = self.user.0.client.0.file_part_url.as_ref();
        let call = match own {
            Some(_) => Call::post(&[session.as_str(), &number, end])?,
            None => Call::post(&["file", "part", session.as_str(), &number, end])?,
        };
        let call = call.at(own).acting_as(self.acting_as).bytes(part).within(PART_TIMEOUT);
        let mut attempts = self.retry().start();
        loop {
            let error = match self.cancel.guard(self.user.0.session.call::<IgnoredAny>(&call)).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_passing() => error,
                Err(error) => return Err(error),
            };
            if !self.wait(&mut attempts).await? {
                return Err(error);
            }
            if !error.is_unsent() && self.is_there(sequence, &mut attempts).await? {
                return Ok(());
            }
        }
    }

    /// Whether the server has the part with this sequence number.
    pub(super) async fn has(&self, sequence: u32) -> Result<bool, Error> {
        self.is_there(sequence, &mut self.retry().start()).await
    }

    async fn is_there(&self, sequence: u32, attempts: &mut Attempts) -> Result<bool, Error> {
        let before = i64::from(sequence).saturating_sub(1);
        let parts = self.repeated(attempts, || self.list_page(before)).await?;
        Ok(parts.first().is_some_and(|part| i64::from(part.sequence) == i64::from(sequence)))
    }

    /// A page of the parts behind a sequence number.
    pub(super) async fn list(&self, after: i64) -> Result<Vec<FilePart>, Error> {
        self.repeated(&mut self.retry().start(), || self.list_page(after)).await
    }

    /// The encrypted content of a part.
    pub(super) async fn download(&self, part: &FilePart) -> Result<Vec<u8>, Error> {
        let own = self.user.0.client.0.file_part_url.as_ref().filter(|_| part.extern_storage);
        let id = part.part_id.as_str();
        let call = if own.is_some() { Call::get(&[id])? } else { Call::get(&["file", "part", id])? };
        let call = call.at(own).acting_as(self.acting_as).within(PART_TIMEOUT);
        let fetch = || async {
            match own {
                // Whoever stores the app's parts needs no access token to hand them out.
                Some(_) => self.user.0.session.api().fetch(&call, None).await,
                None => self.user.0.session.fetch(&call).await,
            }
        };
        self.repeated(&mut self.retry().start(), fetch).await
    }

    async fn list_page(&self, after: i64) -> Result<Vec<FilePart>, Error> {
        let after = after.to_string();
        let call = Call::get(&["file", self.file.as_str(), "part_fetch", &after])?.acting_as(self.acting_as);
        match self.user.0.session.call(&call).await {
            // Some servers have no empty page.
            Err(error) if error.is_server(ErrorCode::FileNotFound) => Ok(Vec::new()),
            page => page,
        }
    }

    /// Repeats what changes nothing on the server.
    async fn repeated<T, F>(&self, attempts: &mut Attempts, request: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        loop {
            match self.cancel.guard(request()).await {
                Err(error) if error.is_passing() => {
                    if !self.wait(attempts).await? {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }

    async fn wait(&self, attempts: &mut Attempts) -> Result<bool, Error> {
        self.cancel.guard(async { Ok(attempts.next().await) }).await
    }

    fn retry(&self) -> Retry {
        self.user.0.client.0.retry
    }
}
