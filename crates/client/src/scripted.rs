//! A transport that follows a script, for tests.

use std::sync::{Arc, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use serde_json::json;

use crate::lock::lock;
use crate::platform::BoxFuture;
use crate::transport::{Request, Response, Transport, TransportError, TransportErrorKind};

type Script = dyn FnMut(&Request) -> Result<Response, TransportErrorKind> + Send;

/// Answers every request with what a closure says, and keeps the requests.
#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<Box<Script>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    pub(crate) fn new(
        script: impl FnMut(&Request) -> Result<Response, TransportErrorKind> + Send + 'static,
    ) -> Self {
        Self { script: Arc::new(Mutex::new(Box::new(script))), requests: Arc::default() }
    }

    /// Method and path of every request, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = |url: &str| url.replace("https://api.test/api/v1", "");
        lock(&self.requests)
            .iter()
            .map(|request| format!("{} {}", request.method.as_str(), path(&request.url)))
            .collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }
}

impl Transport for Scripted {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            // Everybody who is about to send something gets to it before the first answer is there.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            lock(&self.requests).push(request.clone());
            (lock(&self.script))(&request).map_err(TransportError::new)
        })
    }
}

pub(crate) fn success(result: impl Serialize) -> Result<Response, TransportErrorKind> {
    Ok(Response::new(200, json!({ "status": true, "result": result }).to_string()))
}

pub(crate) fn refusal(status: u16, code: u32) -> Result<Response, TransportErrorKind> {
    let body = json!({ "status": false, "err_msg": "no", "err_code": code });
    Ok(Response::new(status, body.to_string()))
}

/// An access token of user `user`, device `device`, valid for 300 seconds. `mark` tells one from another.
pub(crate) fn access_token(mark: &str, iat: u64) -> String {
    access_token_of("user", mark, iat)
}

pub(crate) fn access_token_of(user: &str, mark: &str, iat: u64) -> String {
    let claims = json!({ "aud": user, "sub": "device", "iat": iat, "exp": iat + 300, "fresh": false });
    format!("e30.{}.{mark}", Base64UrlUnpadded::encode_string(claims.to_string().as_bytes()))
}
