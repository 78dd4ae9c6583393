//! The requests that carry parts, each of them repeated while the trouble looks like passing.

use std::future::Future;

use bytes::Bytes;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FilePart;
use keyfold_protocol::id::{FileId, UploadSessionId};

use super::retry::Attempts;
use super::{Place, Retry};
use crate::api::{Call, accepted};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::transport::PART_TIMEOUT;

/// Carries the parts of one file.
pub(super) struct Parts<'a> {
    pub(super) place: &'a Place,
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
        part: Bytes,
    ) -> Result<(), Error> {
        let number = sequence.to_string();
        let last = if end { "true" } else { "false" };
        let own = self.place.user().0.client.0.file_part_url.as_ref();
        let call = match own {
            Some(_) => Call::post(&[session.as_str(), &number, last]),
            None => Call::post(&["file", "part", session.as_str(), &number, last]),
        };
        let call = call.at(own).bytes(part).within(PART_TIMEOUT);
        let mut attempts = self.retry().start();
        loop {
            let answer = self.cancel.guard(self.place.user().0.session.answer(&call)).await;
            let error = match answer.and_then(|answer| accepted(&answer)) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_passing() => error,
                // The last part ends the upload. Something on the way has repeated the request, if the part is there.
                Err(error) if end && self.is_known() && error.is_server(ErrorCode::UploadSessionNotFound) => {
                    let is_there = self.is_there(sequence, &mut attempts).await?;
                    return if is_there { Ok(()) } else { Err(error) };
                }
                Err(error) => return Err(error),
            };
            if !error.is_unsent() && !self.is_known() {
                return Err(error);
            }
            if !self.wait(&mut attempts).await? {
                return Err(error);
            }
            if !error.is_unsent() && self.is_there(sequence, &mut attempts).await? {
                return Ok(());
            }
        }
    }

    /// Whether the server can be asked about the file. Apps that only know the session of an upload leave its id empty.
    fn is_known(&self) -> bool {
        !self.file.as_str().is_empty()
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

    /// The encrypted content of a part, in `memory` if it fits in there.
    pub(super) async fn download(&self, part: &FilePart, memory: Vec<u8>) -> Result<Vec<u8>, Error> {
        let own = self.place.user().0.client.0.file_part_url.as_ref().filter(|_| part.extern_storage);
        let id = part.part_id.as_str();
        let call = if own.is_some() { Call::get(&[id]) } else { Call::get(&["file", "part", id]) };
        let acting_as = if own.is_some() { None } else { self.place.acting_as() };
        let call = call.at(own).within(PART_TIMEOUT).acting_as(acting_as).into_memory(memory);
        let fetch = || async {
            match own {
                // Whoever stores the app's parts needs no access token to hand them out.
                Some(_) => self.place.user().0.session.api().fetch(&call, None).await,
                None => self.place.user().0.session.fetch(&call).await,
            }
        };
        self.repeated(&mut self.retry().start(), fetch).await
    }

    async fn list_page(&self, after: i64) -> Result<Vec<FilePart>, Error> {
        let after = after.to_string();
        let call = Call::get(&["file", self.file.as_str(), "part_fetch", &after]);
        let call = call.acting_as(self.place.acting_as());
        match self.place.user().0.session.call(call).await {
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
        self.place.user().0.client.0.retry
    }
}
