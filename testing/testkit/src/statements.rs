//! How often a server asks its database, counted where it asks: on the way to PostgreSQL. The server itself knows nothing of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The statements that went by. Beginnings and ends of transactions are none: the end of one that only read is sent without waiting for
/// it, at any time after the answer.
#[derive(Clone, Debug, Default)]
pub struct StatementCount(Arc<Mutex<Vec<String>>>);

impl StatementCount {
    /// Starts a proxy to the database with this URL, without TLS; the URL that leads through it.
    ///
    /// # Panics
    /// When the URL is not `scheme://user@host:port/database`, there is no port to be had, or this is no asynchronous runtime.
    #[must_use]
    pub fn start(url: &str) -> (String, Self) {
        let count = Self::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let address = listener.local_addr().expect("an address");
        let (before, rest) = url.split_once('@').expect("a URL with a user");
        let (server, database) = rest.split_once('/').expect("a URL with a database");
        let proxied = format!("{before}@{address}/{database}");
        tokio::spawn(accept(listener, server.to_owned(), count.clone()));
        (proxied, count)
    }

    /// What `work` comes to, and the texts of the statements that went by meanwhile.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> (Vec<String>, T) {
        let before = self.texts().len();
        let outcome = work.await;
        (self.texts().split_off(before), outcome)
    }

    fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, text: &str) {
        let control = ["BEGIN", "COMMIT", "ROLLBACK"].iter().any(|control| text.starts_with(control));
        if !control {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        }
    }
}

async fn accept(listener: TcpListener, server: String, count: StatementCount) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&server).await else { return };
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        tokio::spawn(hand_on(from_client, to_server, count.clone()));
    }
}

/// Hands on what the client says, and notes what it has executed, until one of the two is gone.
async fn hand_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    count: StatementCount,
) -> std::io::Result<()> {
    // What opens a connection has no type: the question for encryption, which is nothing but its length and its number, and the beginning.
    loop {
        let opening = read_message(&mut from, None).await?;
        to.write_all(&opening).await?;
        if opening.len() > 8 {
            break;
        }
    }
    // A statement is prepared under a name, bound to a portal, and executed there.
    let (mut prepared, mut bound) = (HashMap::new(), HashMap::new());
    loop {
        let kind = from.read_u8().await?;
        let message = read_message(&mut from, Some(kind)).await?;
        let mut strings = strings(&message);
        let mut next = || strings.next().unwrap_or_default();
        match kind {
            b'P' => _ = prepared.insert(next(), next()),
            b'B' => _ = bound.insert(next(), prepared.get(&next()).cloned().unwrap_or_default()),
            b'E' => count.note(bound.get(&next()).map_or("", String::as_str)),
            b'Q' => count.note(&next()),
            _ => {}
        }
        to.write_all(&message).await?;
    }
}

/// The strings that a message with a type begins with, each ended by a zero.
fn strings(message: &[u8]) -> impl Iterator<Item = String> + '_ {
    const HEAD: usize = 5;
    let body = message.get(HEAD..).unwrap_or_default();
    body.split(|byte| *byte == 0).map(|string| String::from_utf8_lossy(string).into_owned())
}

/// A length, which counts itself, and as many bytes; before them the type, if there is one.
async fn read_message(from: &mut (impl AsyncRead + Unpin), kind: Option<u8>) -> std::io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut message = Vec::from_iter(kind);
    message.extend(length.to_be_bytes());
    let rest = u64::from(length).saturating_sub(4);
    from.take(rest).read_to_end(&mut message).await?;
    Ok(message)
}
