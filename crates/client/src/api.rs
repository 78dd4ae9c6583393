//! One request to the server: path, headers, envelope.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::GroupId;
use keyfold_protocol::{API_PREFIX, APP_TOKEN_HEADER, GROUP_ACCESS_HEADER, envelope};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::error::Error;
use crate::lock::lock;
use crate::platform::BoxFuture;
use crate::transport::{Method, Request, Response, Transport};

/// The server and the app on it.
pub(crate) struct Api {
    base_url: String,
    app_token: String,
    transport: Arc<dyn Transport>,
}

/// A request, before it is known who sends it; or why there is none, which is reported in place of an answer.
pub(crate) struct Call(Result<Box<Draft>, Error>);

struct Draft {
    method: Method,
    /// Absolute URL in front of the path, where it is not that of the API.
    origin: Option<Arc<str>>,
    path: String,
    content_type: &'static str,
    body: Bytes,
    group_access: Option<GroupId>,
    timeout: Option<Duration>,
    /// For the body of the answer.
    memory: Mutex<Vec<u8>>,
}

impl Api {
    pub(crate) fn new(base_url: String, app_token: String, transport: Arc<dyn Transport>) -> Self {
        Self { base_url, app_token, transport }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sends `call`, with an access token where the endpoint asks for one, and opens the envelope.
    ///
    /// Here as elsewhere, what depends on the type of the result comes after the waiting, which thus exists once. In WebAssembly that is
    /// a tenth of the program.
    pub(crate) fn call<'a, T: DeserializeOwned>(
        &'a self,
        call: Call,
        token: Option<&'a SecretText>,
    ) -> impl Future<Output = Result<T, Error>> + use<'a, T> {
        self.send_call(call, token).map(|answer| opened(&answer?))
    }

    /// Sends `call`, whose result says no more than that it was done.
    pub(crate) fn act<'a>(
        &'a self,
        call: Call,
        token: Option<&'a SecretText>,
    ) -> impl Future<Output = Result<(), Error>> + use<'a> {
        self.send_call(call, token).map(|answer| accepted(&answer?))
    }

    fn send_call<'a>(
        &'a self,
        call: Call,
        token: Option<&'a SecretText>,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move { self.exchange(&call, token).await })
    }

    /// Sends `call` and returns the bytes that it is answered with. Only errors come in an envelope.
    pub(crate) async fn fetch(&self, call: &Call, token: Option<&SecretText>) -> Result<Vec<u8>, Error> {
        content(self.exchange(call, token).await?)
    }

    /// The answer as it came.
    pub(crate) fn exchange<'a>(
        &'a self,
        call: &'a Call,
        token: Option<&'a SecretText>,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            let call = call.draft()?;
            let url = match &call.origin {
                Some(origin) => format!("{origin}{}", call.path),
                None => format!("{}{API_PREFIX}{}", self.base_url, call.path),
            };
            let mut request = Request::new(call.method, url);
            request.timeout = call.timeout;
            request.answer_memory = std::mem::take(&mut *lock(&call.memory));
            request.headers.push((APP_TOKEN_HEADER, self.app_token.clone()));
            if let Some(token) = token {
                request.headers.push(bearer(token));
            }
            if let Some(group) = &call.group_access {
                request.headers.push((GROUP_ACCESS_HEADER, group.as_str().to_owned()));
            }
            if !call.body.is_empty() {
                request.headers.push(("content-type", call.content_type.to_owned()));
                request.body = call.body.clone();
            }
            self.send(request).await
        })
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Error> {
        tracing::debug!(method = request.method.as_str(), url = request.url, "request");
        let answer = self.transport.send(request).await;
        match &answer {
            Ok(answer) => tracing::debug!(status = answer.status, bytes = answer.body.len(), "answer"),
            Err(error) => tracing::debug!(%error, "no answer"),
        }
        Ok(answer?)
    }
}

/// The result in an answer.
pub(crate) fn opened<T: DeserializeOwned>(answer: &Response) -> Result<T, Error> {
    let result = envelope::result(&answer.body).map_err(|error| Error::from_answer(answer.status, error))?;
    result.read().map_err(|error| Error::unreadable_answer(answer.status, error.to_string()))
}

/// Whether an answer is a success with any result.
pub(crate) fn accepted(answer: &Response) -> Result<(), Error> {
    opened::<IgnoredAny>(answer).map(drop)
}

/// The bytes of an answer, which is an envelope only where the server refuses.
pub(crate) fn content(answer: Response) -> Result<Vec<u8>, Error> {
    if answer.status < 400 {
        return Ok(answer.body);
    }
    Err(accepted(&answer).err().unwrap_or(Error::AnswerIncomplete))
}

impl Call {
    /// A request to `/api/v1/<segment>/<segment>/…`.
    ///
    /// It fails with [`Error::InvalidId`] for a segment that would change the path. Servers decode nothing in paths, so there is no
    /// escaped form that could be sent instead.
    fn new(method: Method, segments: &[&str]) -> Self {
        Self(Draft::new(method, segments))
    }

    pub(crate) fn get(segments: &[&str]) -> Self {
        Self::new(Method::Get, segments)
    }

    pub(crate) fn post(segments: &[&str]) -> Self {
        Self::new(Method::Post, segments)
    }

    pub(crate) fn put(segments: &[&str]) -> Self {
        Self::new(Method::Put, segments)
    }

    pub(crate) fn patch(segments: &[&str]) -> Self {
        Self::new(Method::Patch, segments)
    }

    pub(crate) fn delete(segments: &[&str]) -> Self {
        Self::new(Method::Delete, segments)
    }

    /// With `body` as JSON.
    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        self.body_or(serde_json::to_vec(body))
    }

    /// With text that is JSON already.
    pub(crate) fn body(self, body: String) -> Self {
        self.body_or(Ok(body.into_bytes()))
    }

    /// With bytes that mean nothing to the server.
    pub(crate) fn bytes(self, body: Bytes) -> Self {
        self.with(|draft| {
            draft.body = body;
            draft.content_type = "application/octet-stream";
        })
    }

    /// To another place than the API.
    pub(crate) fn at(self, origin: Option<&Arc<str>>) -> Self {
        self.with(|draft| draft.origin = origin.cloned())
    }

    /// With more time than requests usually have.
    pub(crate) fn within(self, timeout: Duration) -> Self {
        self.with(|draft| draft.timeout = Some(timeout))
    }

    /// With the body of the answer in `memory`, if it fits in there.
    pub(crate) fn into_memory(self, memory: Vec<u8>) -> Self {
        self.with(|draft| draft.memory = Mutex::new(memory))
    }

    /// On behalf of a group that is a member.
    pub(crate) fn acting_as(self, group: Option<&GroupId>) -> Self {
        self.with(|draft| draft.group_access = group.cloned())
    }

    /// Why there is nothing to send, if so: for those who would do something before.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.draft().map(drop)
    }

    fn draft(&self) -> Result<&Draft, Error> {
        self.0.as_deref().map_err(Clone::clone)
    }

    fn body_or(self, body: Result<Vec<u8>, serde_json::Error>) -> Self {
        match body {
            Ok(body) => self.with(|draft| draft.body = body.into()),
            Err(error) => Self(self.0.and(Err(Error::JsonWrite(Arc::new(error))))),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Draft)) -> Self {
        if let Ok(draft) = &mut self.0 {
            change(draft);
        }
        self
    }
}

impl Draft {
    fn new(method: Method, segments: &[&str]) -> Result<Box<Self>, Error> {
        let mut path = String::new();
        for segment in segments {
            let plain = segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'));
            if !plain || matches!(*segment, "" | "." | "..") {
                return Err(Error::InvalidId);
            }
            path.push('/');
            path.push_str(segment);
        }
        Ok(Box::new(Self {
            method,
            origin: None,
            path,
            content_type: "application/json",
            body: Bytes::new(),
            group_access: None,
            timeout: None,
            memory: Mutex::default(),
        }))
    }
}

/// The header that carries an access token.
pub(crate) fn bearer(token: &SecretText) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", token.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_change_the_path() {
        for id in ["", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "é", "a\\b", "a\n"] {
            assert!(matches!(Call::get(&["group", id]).0, Err(Error::InvalidId)), "{id:?}");
        }
        let call = Call::get(&["group", "0190a6a4-3b1c-7cde-8f01-23456789abcd", "light"]).0.unwrap();
        assert_eq!(call.path, "/group/0190a6a4-3b1c-7cde-8f01-23456789abcd/light");
    }
}
