//! A server that does nothing: reads a request, answers with as many bytes as the path says, or keeps the body in a file.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::Bench;
use crate::arguments::Extent;
use crate::closed_loop::{Measured, Worker, run};
use crate::connection::Connection;
use crate::process::{CpuClock, Process};

/// Longest answer.
const MAX_ANSWER: usize = 1 << 20;

/// Bytes that are read from a file at once.
const CHUNK: usize = 1 << 19;

/// Starts it as a process of its own, as the measured server is one. It stores files in `folder`.
pub(crate) fn start(folder: &Path) -> Result<Process> {
    Process::spawn(Command::new(std::env::current_exe()?).arg("bare-http").arg(folder))
}

/// The body of the hidden `bare-http`.
pub(crate) fn serve(folder: &Path) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("listening on {}", listener.local_addr()?);
        let content = Bytes::from(vec![b'x'; MAX_ANSWER]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (content, folder) = (content.clone(), folder.to_owned());
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, content.clone(), folder.clone()));
                // The client has gone away: that is how connections end here.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

type Answer = Response<Either<Full<Bytes>, Stored>>;

async fn answer(request: Request<Incoming>, content: Bytes, folder: PathBuf) -> Result<Answer, Infallible> {
    let path = request.uri().path().to_owned();
    let (way, name) = path.rsplit_once('/').unwrap_or(("", ""));
    let body = match way {
        "/store" => keep(request, &folder.join(name), true).await.map(|()| Either::Left(Full::default())),
        "/store-unflushed" => {
            keep(request, &folder.join(name), false).await.map(|()| Either::Left(Full::default()))
        }
        "/stored" => Stored::open(&folder.join(name)).map(Either::Right),
        _ => {
            // What cannot be read was not sent: the client has gone away.
            let _ = request.into_body().collect().await;
            let length = name.parse().unwrap_or(0);
            Ok(Either::Left(Full::new(content.slice(..content.len().min(length)))))
        }
    };
    // An error shows at the other end, as an answer that is no success.
    Ok(body.map(Response::new).unwrap_or_else(|error| {
        let mut response = Response::new(Either::Left(Full::from(error.to_string())));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

/// Writes a body to a new file.
async fn keep(request: Request<Incoming>, place: &Path, flush: bool) -> Result<()> {
    // The runtime moves the other connections to another thread meanwhile.
    let mut file = tokio::task::block_in_place(|| File::create(place))?;
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data() {
            tokio::task::block_in_place(|| file.write_all(&bytes))?;
        }
    }
    if flush {
        tokio::task::block_in_place(|| file.sync_all())?;
    }
    Ok(())
}

/// A file on its way out.
struct Stored {
    file: File,
    left: u64,
}

impl Stored {
    fn open(place: &Path) -> Result<Self> {
        let file = File::open(place)?;
        let left = file.metadata()?.len();
        Ok(Self { file, left })
    }
}

impl Body for Stored {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        let wanted = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        if wanted == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = vec![0; wanted];
        if let Err(error) = tokio::task::block_in_place(|| self.file.read_exact(&mut chunk)) {
            return Poll::Ready(Some(Err(error)));
        }
        self.left = self.left.saturating_sub(u64::try_from(wanted).unwrap_or(u64::MAX));
        Poll::Ready(Some(Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
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
