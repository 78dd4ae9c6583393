//! The requests of the SDK once more, sent by its HTTP library alone.

use std::sync::{Arc, Mutex, PoisonError};

use keyfold::BoxFuture;
use keyfold::transport::{Bytes, HttpTransport, Request, Response, Transport, TransportError};

use crate::Outcome;

/// Sends what it is given as the SDK does, and keeps it.
#[derive(Clone)]
pub(crate) struct Recorder {
    http: HttpTransport,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Recorder {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self { http: HttpTransport::new()?, requests: Arc::default() })
    }

    /// What was sent since the last call.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.http.send(request)
    }
}

/// A bare HTTP client.
#[derive(Clone, Default)]
pub(crate) struct Bare(reqwest::Client);

impl Bare {
    /// Sends `request` and waits for the whole answer.
    pub(crate) async fn send(&self, request: &Request) -> Outcome<()> {
        let mut call = self.0.request(request.method.as_str().parse()?, &request.url);
        for (name, value) in &request.headers {
            call = call.header(*name, value);
        }
        call.body(request.body.clone()).send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }
}

/// The same request with another text in its body.
pub(crate) fn with_text(request: &Request, old: &str, new: &str) -> Outcome<Request> {
    let mut other = request.clone();
    other.body = Bytes::from(std::str::from_utf8(&request.body)?.replace(old, new));
    Ok(other)
}
