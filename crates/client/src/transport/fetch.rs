//! The global `fetch` of browsers (windows and workers), Node 20 and newer, Deno and Bun.

use std::time::Duration;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{
    MAX_RESPONSE_BYTES, REQUEST_TIMEOUT, Request, Response, Transport, TransportError, TransportErrorKind,
};
use crate::platform::BoxFuture;

/// The default transport on WebAssembly.
///
/// Calls the global function `fetch`, which exists in windows, workers and servers alike, and gives up after
/// [`REQUEST_TIMEOUT`].
#[derive(Clone, Debug)]
pub struct FetchTransport {
    timeout: Duration,
}

impl FetchTransport {
    /// With the default time limit.
    #[must_use]
    pub fn new() -> Self {
        Self { timeout: REQUEST_TIMEOUT }
    }

    /// With another time limit for a whole request.
    #[must_use]
    pub fn with_timeout(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Default for FetchTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for FetchTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

impl FetchTransport {
    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let timeout = request.timeout.map_or(self.timeout, |timeout| timeout.max(self.timeout));
        let init =
            options(&request, timeout).map_err(|error| failure(&error, TransportErrorKind::Request))?;
        let promise =
            fetch(&request.url, &init).map_err(|error| failure(&error, TransportErrorKind::Request))?;
        // `fetch` fails alike for a server that it could not reach and for a connection that broke after the request was sent.
        let answer =
            settled(promise).await.map_err(|error| failure(&error, TransportErrorKind::Interrupted))?;
        let answer: FetchResponse = answer.unchecked_into();
        let status = answer.status();
        let body = answer.array_buffer().map_err(|error| failure(&error, TransportErrorKind::Interrupted))?;
        let body = settled(body).await.map_err(|error| failure(&error, TransportErrorKind::Interrupted))?;
        let body = Uint8Array::new(&body);
        if usize::try_from(body.length()).map_or(true, |length| length > MAX_RESPONSE_BYTES) {
            return Err(TransportError::new(TransportErrorKind::TooLarge));
        }
        Ok(Response { status, body: body.to_vec() })
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    type FetchResponse;
    #[wasm_bindgen(method, getter)]
    fn status(this: &FetchResponse) -> u16;
    #[wasm_bindgen(method, js_name = arrayBuffer, catch)]
    fn array_buffer(this: &FetchResponse) -> Result<Promise, JsValue>;

    type AbortSignal;
    #[wasm_bindgen(static_method_of = AbortSignal, catch)]
    fn timeout(milliseconds: f64) -> Result<JsValue, JsValue>;
}

fn options(request: &Request, timeout: Duration) -> Result<Object, JsValue> {
    let headers = Array::new();
    for (name, value) in &request.headers {
        headers.push(&Array::of2(&JsValue::from_str(name), &JsValue::from_str(value)));
    }
    let init = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&init, &JsValue::from_str(name), value).map(drop);
    set("method", &JsValue::from_str(request.method.as_str()))?;
    set("headers", &headers)?;
    if !request.body.is_empty() {
        set("body", &Uint8Array::from(&*request.body))?;
    }
    set("mode", &JsValue::from_str("cors"))?;
    set("cache", &JsValue::from_str("no-store"))?;
    set("redirect", &JsValue::from_str("error"))?;
    set("referrerPolicy", &JsValue::from_str("no-referrer"))?;
    set("credentials", &JsValue::from_str(if request.with_cookies { "include" } else { "omit" }))?;
    // Hosts without `AbortSignal.timeout` fall back to their own time limit.
    if let Ok(signal) = AbortSignal::timeout(timeout.as_secs_f64() * 1000.0) {
        set("signal", &signal)?;
    }
    Ok(init)
}

async fn settled(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

fn failure(error: &JsValue, otherwise: TransportErrorKind) -> TransportError {
    let property =
        |name: &str| Reflect::get(error, &JsValue::from_str(name)).ok().and_then(|value| value.as_string());
    let kind = match property("name").as_deref() {
        Some("TimeoutError" | "AbortError") => TransportErrorKind::Timeout,
        _ => otherwise,
    };
    match property("message") {
        Some(message) => TransportError::with_cause(kind, message),
        None => TransportError::new(kind),
    }
}
