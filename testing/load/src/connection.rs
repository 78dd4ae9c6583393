//! A client that costs little: HTTP/1.1 over one keep-alive connection, blocking, without a header map.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Largest answer that is read: a page of keys has some 400 kB. Of larger ones the length counts.
const BUFFER: usize = 1 << 20;

/// Bodies that are sent from where they are.
const LONG: usize = 1 << 18;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    request: Vec<u8>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// A request but for its body.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'static str,
    /// Behind `/api/v1/`.
    pub(crate) path: &'a str,
    pub(crate) app_token: &'a str,
    pub(crate) jwt: Option<&'a str>,
    /// Who the reverse proxy says is calling. Every client has its own, or the throttle would be measured.
    pub(crate) client: Option<u32>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, buffer: vec![0; BUFFER], request: Vec::new(), sent: 0, received: 0 })
    }

    /// Sends a request and returns the body of the answer, which must be a success.
    pub(crate) fn call(&mut self, head: &Head<'_>, body: &[u8]) -> Result<&[u8]> {
        let mut request = std::mem::take(&mut self.request);
        write_head(&mut request, head, body.len())?;
        let outcome = if body.len() > LONG {
            self.exchange_long(&request, body)
        } else {
            request.extend_from_slice(body);
            self.exchange(&request)
        };
        self.request = request;
        let (status, start, end) = outcome?;
        let answer = self.buffer.get(start..end).unwrap_or_default();
        if status != 200 {
            let path = head.path;
            bail!("{} {path} was answered with {status}: {}", head.method, String::from_utf8_lossy(answer));
        }
        Ok(answer)
    }

    /// Sends a request and counts the bytes of the answer, however many there are.
    pub(crate) fn download(&mut self, head: &Head<'_>) -> Result<usize> {
        let mut request = std::mem::take(&mut self.request);
        write_head(&mut request, head, 0)?;
        let outcome = self.exchange(&request);
        self.request = request;
        let (status, start, end) = outcome?;
        if status != 200 {
            bail!("{} {} was answered with {status}", head.method, head.path);
        }
        Ok(end - start)
    }

    /// The server's metrics, in the text format of Prometheus.
    pub(crate) fn metrics(&mut self) -> Result<String> {
        let (_, start, end) = self.exchange(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        Ok(String::from_utf8_lossy(self.buffer.get(start..end).unwrap_or_default()).into_owned())
    }

    /// Sends the bytes of a request; the status of the answer and where its body lies in the buffer. Of a body that is longer than the
    /// buffer only the end is there.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize, usize)> {
        self.exchange_long(request, &[])
    }

    /// The same with a body that is not worth being copied behind the head.
    pub(crate) fn exchange_long(&mut self, head: &[u8], body: &[u8]) -> Result<(u16, usize, usize)> {
        self.stream.write_all(head)?;
        if !body.is_empty() {
            self.stream.write_all(body)?;
        }
        let mut filled = 0;
        let (head_end, length) = loop {
            filled += self.read(filled)?;
            let so_far = self.buffer.get(..filled).unwrap_or_default();
            if let Some(position) = so_far.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = std::str::from_utf8(so_far.get(..position).unwrap_or_default())?;
                break (position + 4, content_length(head).context("an answer without content-length")?);
            }
        };
        // "HTTP/1.1 200 OK"
        let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok()).context("an answer without status")?;
        let end = head_end + length;
        while filled < end {
            // Over the head, when there is no more room behind it.
            let place = if end <= BUFFER { filled } else { 0 };
            filled += self.read(place)?;
        }
        self.sent += u64::try_from(head.len() + body.len())?;
        self.received += u64::try_from(end)?;
        Ok((status, head_end, end))
    }

    fn read(&mut self, filled: usize) -> Result<usize> {
        let room = self.buffer.get_mut(filled..).filter(|room| !room.is_empty());
        let count = self.stream.read(room.context("the answer is too long")?)?;
        if count == 0 {
            bail!("the server closed the connection");
        }
        Ok(count)
    }
}

fn write_head(request: &mut Vec<u8>, head: &Head<'_>, body: usize) -> Result<()> {
    request.clear();
    write!(
        request,
        "{} /api/v1/{} HTTP/1.1\r\nhost: localhost\r\nx-sentc-app-token: {}\r\n",
        head.method, head.path, head.app_token
    )?;
    if let Some(jwt) = head.jwt {
        write!(request, "authorization: Bearer {jwt}\r\n")?;
    }
    if let Some(client) = head.client {
        let [a, b, c, d] = client.to_be_bytes();
        write!(request, "x-forwarded-for: {a}.{b}.{c}.{d}\r\n")?;
    }
    if body > 0 {
        write!(request, "content-type: application/json\r\ncontent-length: {body}\r\n")?;
    }
    request.extend_from_slice(b"\r\n");
    Ok(())
}

fn content_length(head: &str) -> Option<usize> {
    head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok()).flatten()
    })
}

/// The value of a text member of a JSON object, read without parsing the object. For texts without escapes.
pub(crate) fn text_member<'a>(json: &'a [u8], name: &str) -> Result<&'a str> {
    let text = std::str::from_utf8(json)?;
    let start = text.find(&format!("\"{name}\":\"")).with_context(|| format!("an answer without {name}"))?;
    let value = text.get(start + name.len() + 4..).unwrap_or_default();
    value.split('"').next().context("a text without end")
}
