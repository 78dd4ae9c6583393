//! HTTP/1.1 and HTTP/2 with TLS by rustls, on native targets.

use std::fmt;
use std::time::Duration;

use reqwest::redirect;

use super::{
    MAX_RESPONSE_BYTES, Method, REQUEST_TIMEOUT, Request, Response, Transport, TransportError,
    TransportErrorKind,
};
use crate::platform::BoxFuture;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The default transport: one connection pool, TLS with the certificates that the system trusts, the system's proxy
/// settings, a time limit per request, no redirects.
///
/// Must be used within a tokio runtime. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    timeout: Duration,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The pool would tell its proxy, which may have a password.
        f.debug_struct("HttpTransport").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl HttpTransport {
    /// With the defaults: 10 s to connect, [`REQUEST_TIMEOUT`] per request.
    ///
    /// # Errors
    /// [`TransportErrorKind::Request`] when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// To change the defaults.
    #[must_use]
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            timeout: REQUEST_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            proxy: Proxy::System,
        }
    }
}

/// Settings of an [`HttpTransport`].
#[derive(Clone, Debug)]
pub struct HttpTransportBuilder {
    timeout: Duration,
    connect_timeout: Duration,
    proxy: Proxy,
}

#[derive(Clone)]
enum Proxy {
    System,
    None,
    /// May hold a password.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::None => "None",
            Self::Url(_) => "Url(redacted)",
        })
    }
}

impl HttpTransportBuilder {
    /// Time for a whole request. Default [`REQUEST_TIMEOUT`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Time to open a connection. Default 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends everything through this proxy (`http://user:password@host:port`) instead of the system's.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::Url(url.into());
        self
    }

    /// Uses no proxy, whatever the system says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// The transport.
    ///
    /// # Errors
    /// [`TransportErrorKind::Request`] when the proxy URL is malformed or TLS cannot be set up.
    pub fn build(self) -> Result<HttpTransport, TransportError> {
        let builder = reqwest::Client::builder()
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            // Headers carry tokens, and the API never redirects: a redirect is either a mistake or an attack.
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("keyfold/", env!("CARGO_PKG_VERSION")));
        let builder = match self.proxy {
            Proxy::System => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => builder.proxy(reqwest::Proxy::all(url).map_err(unusable)?),
        };
        Ok(HttpTransport { client: builder.build().map_err(unusable)?, timeout: self.timeout })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

impl HttpTransport {
    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let mut call = self.client.request(method(request.method), &request.url);
        for (name, value) in &request.headers {
            call = call.header(*name, value);
        }
        if let Some(timeout) = request.timeout {
            call = call.timeout(timeout.max(self.timeout));
        }
        if !request.body.is_empty() {
            call = call.body(request.body);
        }
        let mut answer = call.send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut body = request.answer_memory;
        body.clear();
        body.reserve_exact(announced.min(MAX_RESPONSE_BYTES));
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len().saturating_add(chunk.len()) > MAX_RESPONSE_BYTES {
                return Err(TransportError::new(TransportErrorKind::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, body })
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn unusable(error: reqwest::Error) -> TransportError {
    TransportError::with_cause(TransportErrorKind::Request, error.without_url())
}

fn no_answer(error: reqwest::Error) -> TransportError {
    let kind = if error.is_builder() {
        TransportErrorKind::Request
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::with_cause(kind, error.without_url())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers every connection with `answer` and closes it.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        url
    }

    fn transport() -> HttpTransport {
        HttpTransport::builder().no_proxy().timeout(Duration::from_millis(300)).build().unwrap()
    }

    async fn get(url: &str) -> Result<Response, TransportError> {
        transport().send(Request::new(Method::Get, url)).await
    }

    #[tokio::test]
    async fn status_and_body_of_an_answer_are_handed_on() {
        let url = server("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        let answer = get(&url).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (401, b"{}".as_slice()));
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let url = server(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        assert_eq!(get(&url).await.unwrap().status, 302);
    }

    #[tokio::test]
    async fn a_truncated_answer_is_interrupted() {
        let url = server("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{\"status\"");
        assert_eq!(get(&url).await.unwrap_err().kind(), TransportErrorKind::Interrupted);
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = get(&format!("http://{port}/")).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Connect);
        assert!(std::error::Error::source(&error).is_some());
    }

    #[tokio::test]
    async fn a_silent_server_is_a_timeout() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = get(&format!("http://{}/", listener.local_addr().unwrap())).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Timeout);
    }

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        let builder = HttpTransport::builder().proxy("http://user:secret@127.0.0.1:1");
        assert!(!format!("{builder:?}").contains("secret"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("secret"));
    }

    #[test]
    fn a_malformed_proxy_is_refused_and_its_password_not_shown() {
        let error = HttpTransport::builder().proxy("http://user:secret@[").build().unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request);
        let mut cause = Some(&error as &dyn std::error::Error);
        while let Some(error) = cause {
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
            cause = error.source();
        }
    }

    #[tokio::test]
    async fn requests_go_through_the_proxy() {
        let proxy = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nproxy");
        let transport = HttpTransport::builder().proxy(proxy).build().unwrap();
        let answer = transport.send(Request::new(Method::Get, "http://nowhere.invalid/")).await.unwrap();
        assert_eq!(answer.body, b"proxy");
    }

    #[tokio::test]
    async fn a_malformed_url_is_refused_before_anything_is_sent() {
        assert_eq!(get("not a url").await.unwrap_err().kind(), TransportErrorKind::Request);
    }
}
