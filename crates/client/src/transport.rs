//! How requests reach the server.
//!
//! [`Client`](crate::Client) uses `HttpTransport` on native targets and `FetchTransport` on WebAssembly. An app
//! hands in another [`Transport`] to go through its own HTTP stack, to add headers, or to test without a network.

#[cfg(target_family = "wasm")]
mod fetch;
#[cfg(not(target_family = "wasm"))]
mod http;

#[cfg(target_family = "wasm")]
pub use fetch::FetchTransport;
#[cfg(not(target_family = "wasm"))]
pub use http::{HttpTransport, HttpTransportBuilder};

use std::fmt;
use std::time::Duration;

pub use bytes::Bytes;

use crate::platform::{BoxFuture, Cause, MaybeSendSync};

/// Sends one request and waits for its answer.
///
/// The HTTP status is data, not an error: only an answer that never came or broke off is a [`TransportError`]. A
/// transport must not follow redirects to another host (the headers carry tokens) and must not repeat a request by
/// itself, except where it knows that nothing of it was sent.
pub trait Transport: MaybeSendSync + 'static {
    /// Sends `request`.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        (**self).send(request)
    }
}

/// Method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request, complete with absolute URL and headers.
///
/// `Debug` shows neither headers nor body: they carry tokens and keys.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute URL. Never holds a secret.
    pub url: String,
    /// Header names in lower case with their values.
    pub headers: Vec<(&'static str, String)>,
    /// Body; empty for none. Shared with those who may have to send it again.
    pub body: Bytes,
    /// Whether a browser may send and store cookies: only for an app's own refresh endpoint.
    pub with_cookies: bool,
    /// Time for the whole request, where it needs more than the transport's own limit: parts of files on slow lines.
    pub timeout: Option<Duration>,
    /// Memory that the transport may put the body of the answer into, in place of what is in there. Usually none.
    pub answer_memory: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            with_cookies: false,
            timeout: None,
            answer_memory: Vec::new(),
        }
    }

    /// Value of the header `name` (lower case), if it is set.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method.as_str(), self.url, self.body.len())
    }
}

/// An answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer with this status and body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into() }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: name unknown, refused, no route, TLS failure. The server saw nothing.
    Connect,
    /// No answer in time. Whether the server acted is unknown.
    Timeout,
    /// The connection broke before the answer was complete. Whether the server acted is unknown.
    Interrupted,
    /// The answer is longer than the limit.
    TooLarge,
    /// The request could not be made, for example because the URL is malformed. The server saw nothing.
    Request,
}

/// Failure of a [`Transport`].
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    cause: Option<Cause>,
}

impl TransportError {
    /// An error without a cause.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, cause: None }
    }

    /// An error with what led to it. `cause` must not hold header values.
    #[must_use]
    pub fn with_cause(kind: TransportErrorKind, cause: impl Into<Cause>) -> Self {
        Self { kind, cause: Some(cause.into()) }
    }

    /// What kind of trouble.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "no connection to the server",
            TransportErrorKind::Timeout => "the server did not answer in time",
            TransportErrorKind::Interrupted => "the connection broke off before the answer was complete",
            TransportErrorKind::TooLarge => "the answer is too large",
            TransportErrorKind::Request => "the request could not be made",
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Time for a whole request, from its start to the last byte of the answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Time for the upload or download of one part of a file: 4 MiB at 7 KiB per second.
pub const PART_TIMEOUT: Duration = Duration::from_secs(600);

/// Most bytes of an answer: a part of a file is 4 MiB, a page of keys about 400 KiB.
pub const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;
