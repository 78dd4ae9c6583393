//! HTTP/1.1 on bare TCP: for what stands between client and server in tests, and has to misbehave.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request or an answer, both with a body of a declared length.
#[derive(Clone)]
pub(crate) struct Message {
    /// Start line and headers, with the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n\r\n", body.len());
        Self { head, body }
    }

    /// `None` where the other side has closed the connection. What comes behind the message stays in `buffer`.
    pub(crate) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
        assert!(header(&head, "transfer-encoding").is_none(), "only bodies of a declared length: {head}");
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        Ok(Some(Self { head, body: buffer.drain(..length).collect() }))
    }

    /// Method and path behind the version of the API: `GET group/<id>`.
    pub(crate) fn what(&self) -> String {
        let line = self.head.lines().next().unwrap();
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        format!("{method} {}", path.trim_start_matches("/api/v1").trim_start_matches('/'))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    /// The same with another body.
    pub(crate) fn with_body(&self, body: Vec<u8>) -> Self {
        let length = format!("content-length: {}", body.len());
        let lines = self.head.trim_end().split("\r\n").map(|line| {
            if line.to_ascii_lowercase().starts_with("content-length:") { length.as_str() } else { line }
        });
        Self { head: lines.collect::<Vec<_>>().join("\r\n") + "\r\n\r\n", body }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Listens on a free port until it is dropped. Connections live as long as their tasks.
pub(crate) struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Serves each connection with what `serve` returns for it.
    pub(crate) fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                // A connection that breaks off is what these tests are about.
                tokio::spawn(serve(stream));
            }
        });
        Self { address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request to a server, on a connection of its own.
pub(crate) async fn exchange(server: SocketAddr, request: &Message) -> io::Result<Option<Message>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&request.bytes()).await?;
    Message::read(&mut stream, &mut Vec::new()).await
}
