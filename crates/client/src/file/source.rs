//! Where the plain text of an upload comes from.

use futures_util::io::{AsyncRead, AsyncReadExt};
use futures_util::{Stream, StreamExt};

use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSend};

/// Plain text that is read once, from its beginning to its end.
pub(super) trait Source: MaybeSend {
    /// The next `length` bytes; fewer only at the end.
    fn next(&mut self, length: usize) -> BoxFuture<'_, Result<Vec<u8>, Error>>;

    /// How long it is, if that is known.
    fn len(&self) -> Option<u64> {
        None
    }
}

pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Source for Bytes<'_> {
    fn next(&mut self, length: usize) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        let (chunk, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        Box::pin(std::future::ready(Ok(chunk.to_vec())))
    }

    fn len(&self) -> Option<u64> {
        u64::try_from(self.0.len()).ok()
    }
}

pub(super) struct Reader<R>(pub(super) R);

impl<R: AsyncRead + Unpin + MaybeSend> Source for Reader<R> {
    fn next(&mut self, length: usize) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            let mut chunk = vec![0; length];
            let mut filled = 0;
            while let Some(room) = chunk.get_mut(filled..).filter(|room| !room.is_empty()) {
                match self.0.read(room).await {
                    Ok(0) => break,
                    Ok(read) => filled = filled.saturating_add(read),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::local_file(error)),
                }
            }
            chunk.truncate(filled);
            Ok(chunk)
        })
    }
}

pub(super) struct Streamed<S> {
    stream: S,
    left: Vec<u8>,
}

impl<S> Streamed<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, left: Vec::new() }
    }
}

impl<S, B, E> Source for Streamed<S>
where
    S: Stream<Item = Result<B, E>> + Unpin + MaybeSend,
    B: AsRef<[u8]> + MaybeSend,
    E: Into<Cause>,
{
    fn next(&mut self, length: usize) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            let mut chunk = std::mem::take(&mut self.left);
            while chunk.len() < length {
                match self.stream.next().await {
                    Some(Ok(bytes)) => chunk.extend_from_slice(bytes.as_ref()),
                    Some(Err(error)) => return Err(Error::local_file(error)),
                    None => break,
                }
            }
            if chunk.len() > length {
                self.left = chunk.split_off(length);
            }
            Ok(chunk)
        })
    }
}

/// A file of this machine.
#[cfg(not(target_family = "wasm"))]
pub(super) struct Opened {
    file: Option<std::fs::File>,
    len: u64,
}

#[cfg(not(target_family = "wasm"))]
impl Opened {
    pub(super) async fn open(path: &std::path::Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let opened = crate::platform::offload(move || {
            let file = std::fs::File::open(path)?;
            let len = file.metadata()?.len();
            Ok::<_, std::io::Error>(Self { file: Some(file), len })
        });
        opened.await.ok_or(Error::WorkLost)?.map_err(Error::local_file)
    }
}

#[cfg(not(target_family = "wasm"))]
impl Source for Opened {
    fn next(&mut self, length: usize) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            let file = self.file.take().ok_or(Error::WorkLost)?;
            let read = crate::platform::offload(move || {
                use std::io::Read;
                let mut chunk = Vec::with_capacity(length);
                let limit = u64::try_from(length).unwrap_or(u64::MAX);
                let read = (&file).take(limit).read_to_end(&mut chunk);
                (file, read.map(|_| chunk))
            });
            let (file, chunk) = read.await.ok_or(Error::WorkLost)?;
            self.file = Some(file);
            chunk.map_err(Error::local_file)
        })
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn chunks(mut source: impl Source) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        loop {
            let chunk = source.next(4).await.unwrap();
            if chunk.is_empty() {
                return chunks;
            }
            chunks.push(chunk);
        }
    }

    fn expected() -> Vec<Vec<u8>> {
        vec![b"abcd".to_vec(), b"efgh".to_vec(), b"i".to_vec()]
    }

    #[tokio::test]
    async fn every_source_yields_full_chunks_until_its_end() {
        let text = b"abcdefghi";
        assert_eq!(chunks(Bytes(text)).await, expected());
        assert_eq!(chunks(Reader(futures_util::io::Cursor::new(text))).await, expected());
        let pieces = [b"ab".as_slice(), b"", b"cdefgh", b"i"].map(Ok::<_, std::io::Error>);
        assert_eq!(chunks(Streamed::new(stream::iter(pieces))).await, expected());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        let opened = Opened::open(&path).await.unwrap();
        assert_eq!(opened.len(), Some(9));
        assert_eq!(chunks(opened).await, expected());
    }

    #[tokio::test]
    async fn failure_of_a_source_is_told_from_failure_of_the_network() {
        let broken = stream::iter([Err::<Vec<u8>, _>("broken")]);
        let error = Streamed::new(broken).next(4).await.unwrap_err();
        assert_eq!(error.code(), "client_434");
        assert!(!error.is_network());
        let missing = Opened::open(std::path::Path::new("/nowhere/at/all")).await;
        assert_eq!(missing.err().unwrap().code(), "client_434");
    }
}
