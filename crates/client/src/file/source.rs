//! Where the plain text of an upload comes from.

use futures_util::io::{AsyncRead, AsyncReadExt};
use futures_util::{Stream, StreamExt};
use keyfold_crypto::file::CHUNK_LEN;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSend};

/// Plain text in memory, wiped when dropped.
pub(super) type Chunk = Zeroizing<Vec<u8>>;

/// Plain text that is read once, from its beginning to its end.
pub(super) trait Source: MaybeSend {
    /// The next `length` bytes; fewer only at the end. They are put into `chunk`, in place of what it holds: a chunk that is used
    /// again has its memory already, and it takes as long to wipe one as to encrypt it.
    fn next(&mut self, chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>>;

    /// How long it is, if that is known.
    fn len(&self) -> Option<u64> {
        None
    }
}

pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Source for Bytes<'_> {
    fn next(&mut self, mut chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>> {
        let (next, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        chunk.clear();
        chunk.extend_from_slice(next);
        Box::pin(std::future::ready(Ok(chunk)))
    }

    fn len(&self) -> Option<u64> {
        u64::try_from(self.0.len()).ok()
    }
}

pub(super) struct Reader<R>(pub(super) R);

impl<R: AsyncRead + Unpin + MaybeSend> Source for Reader<R> {
    fn next(&mut self, mut chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>> {
        Box::pin(async move {
            chunk.resize(length, 0);
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

pub(super) struct Streamed<S, B> {
    stream: S,
    /// A piece, and how much of it was taken.
    piece: Option<(B, usize)>,
}

impl<S, B> Streamed<S, B> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, piece: None }
    }
}

impl<S, B: AsRef<[u8]>> Streamed<S, B> {
    /// Fills `chunk` up to `length` from the piece that is there.
    fn take(&mut self, chunk: &mut Chunk, length: usize) {
        let Some((piece, taken)) = &mut self.piece else { return };
        let rest = piece.as_ref().get(*taken..).unwrap_or_default();
        let room = length.saturating_sub(chunk.len());
        let next = rest.get(..room).unwrap_or(rest);
        chunk.extend_from_slice(next);
        *taken = taken.saturating_add(next.len());
        if next.len() == rest.len() {
            self.piece = None;
        }
    }
}

impl<S, B, E> Source for Streamed<S, B>
where
    S: Stream<Item = Result<B, E>> + Unpin + MaybeSend,
    B: AsRef<[u8]> + MaybeSend,
    E: Into<Cause>,
{
    fn next(&mut self, mut chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>> {
        Box::pin(async move {
            chunk.clear();
            loop {
                self.take(&mut chunk, length);
                if chunk.len() >= length {
                    return Ok(chunk);
                }
                match self.stream.next().await {
                    Some(Ok(piece)) => self.piece = Some((piece, 0)),
                    Some(Err(error)) => return Err(Error::local_file(error)),
                    None => return Ok(chunk),
                }
            }
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
    fn next(&mut self, mut chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>> {
        Box::pin(async move {
            let file = self.file.take().ok_or(Error::WorkLost)?;
            let room = usize::try_from(self.len).unwrap_or(usize::MAX).min(length);
            let read = crate::platform::offload(move || {
                use std::io::Read;
                chunk.clear();
                chunk.reserve_exact(room);
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

/// The content of a file, chunk by chunk, one of them read ahead: only then it shows whether one is the last.
pub(super) struct Chunks<'a> {
    source: &'a mut dyn Source,
    ahead: Chunk,
}

impl<'a> Chunks<'a> {
    /// The content behind so many chunks, of which `None` says that it does not reach there.
    pub(super) async fn behind(chunks: u32, source: &'a mut dyn Source) -> Result<Option<Self>, Error> {
        let mut ahead = Chunk::default();
        for _ in 0..chunks {
            ahead = source.next(ahead, CHUNK_LEN).await?;
            if ahead.len() < CHUNK_LEN {
                return Ok(None);
            }
        }
        ahead = source.next(ahead, CHUNK_LEN).await?;
        // An empty file has one empty part: without any, servers do not consider it as there.
        Ok((chunks == 0 || !ahead.is_empty()).then_some(Self { source, ahead }))
    }

    /// The next chunk, and whether it is the last. `used` is one that is not needed any more.
    pub(super) async fn next(&mut self, used: Chunk) -> Result<(Chunk, bool), Error> {
        let chunk = std::mem::take(&mut self.ahead);
        if chunk.len() < CHUNK_LEN {
            return Ok((chunk, true));
        }
        self.ahead = self.source.next(used, CHUNK_LEN).await?;
        Ok((chunk, self.ahead.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn chunks(mut source: impl Source) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        loop {
            // Memory that was used before.
            let chunk = source.next(Chunk::new(vec![1; 9]), 4).await.unwrap();
            if chunk.is_empty() {
                return chunks;
            }
            chunks.push(chunk.to_vec());
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
        let error = Streamed::new(broken).next(Chunk::default(), 4).await.unwrap_err();
        assert_eq!(error.code(), "client_434");
        assert!(!error.is_network());
        let missing = Opened::open(std::path::Path::new("/nowhere/at/all")).await;
        assert_eq!(missing.err().unwrap().code(), "client_434");
    }
}
