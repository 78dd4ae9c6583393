//! A server that does nothing: reads a request, answers with as many bytes as the path says.

use std::convert::Infallible;
use std::process::Command;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::Bench;
use crate::arguments::Extent;
use crate::closed_loop::{Measured, Worker, run};
use crate::connection::Connection;
use crate::process::{CpuClock, Process};

/// Longest answer.
const MAX_ANSWER: usize = 1 << 20;

/// Starts it as a process of its own, as the measured server is one.
pub(crate) fn start() -> Result<Process> {
    Process::spawn(Command::new(std::env::current_exe()?).arg("bare-http"))
}

/// The body of the hidden `bare-http`.
pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("listening on {}", listener.local_addr()?);
        let content = Bytes::from(vec![b'x'; MAX_ANSWER]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let content = content.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, content.clone()));
                // The client has gone away: that is how connections end here.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(request: Request<Incoming>, content: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let length = request.uri().path().rsplit('/').next().and_then(|length| length.parse().ok()).unwrap_or(0);
    // What cannot be read was not sent: the client has gone away.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(content.slice(..content.len().min(length)))))
}

/// Operations per second with messages as large as those of an operation of the server, and the microseconds of processor time that
/// one takes at the bare server.
pub(super) fn measure(bench: &Bench<'_>, operation: &Measured) -> Result<(f64, f64)> {
    let (sent, received) = (usize::try_from(operation.sent)?, usize::try_from(operation.received)?);
    // What the head of an answer takes here.
    let answer = received.saturating_sub(90);
    let head = |body: usize, filler: usize| {
        let filler = "x".repeat(filler);
        format!(
            "POST /{answer} HTTP/1.1\r\nhost: localhost\r\nx-filler: {filler}\r\ncontent-length: {body}\r\n\r\n"
        )
    };
    // Small requests consist of headers, as those of the server do.
    let fixed = head(0, 0).len();
    let filler = sent.saturating_sub(fixed).min(700);
    let body = sent.saturating_sub(fixed + filler);
    let mut request = head(body, filler).into_bytes();
    request.extend(std::iter::repeat_n(b'x', body));
    let make = |_: usize| {
        let request = request.clone();
        let worker = move |connection: &mut Connection| connection.exchange(&request).map(drop);
        Ok(Box::new(worker) as Box<dyn Worker>)
    };
    let cpu = CpuClock { servers: vec![bench.bare.id()], postmaster: None };
    let measured = run(&[bench.bare.address], bench.connections, Extent::Time(bench.time), &cpu, &make)?;
    Ok((measured.per_second(), measured.cpu_micros(measured.server_cpu)))
}
