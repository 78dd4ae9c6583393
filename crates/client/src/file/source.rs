//! Where the plain text of an upload comes from.

use futures_util::io::{AsyncRead, AsyncReadExt};
use futures_util::{Stream, StreamExt};
use keyfold_crypto::file::CHUNK_LEN;

use super::memory::{Chunk, Spares};
use crate::error::Error;
use crate::platform::{BoxFuture, Cause, MaybeSend};

/// Plain text that is read once, from its beginning to its end.
pub(super) trait Source: MaybeSend {
    /// The next `length` bytes; fewer only at the end. They are put into `chunk`, in place of what it holds.
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
        chunk.with_len(next.len()).copy_from_slice(next);
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
            let (room, mut filled) = (chunk.with_len(length), 0_usize);
            while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
                match self.0.read(rest).await {
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
    /// Fills `room` from the piece that is there, and returns how far.
    fn take(&mut self, room: &mut [u8]) -> usize {
        let Some((piece, taken)) = &mut self.piece else { return 0 };
        let rest = piece.as_ref().get(*taken..).unwrap_or_default();
        let next = rest.get(..room.len()).unwrap_or(rest);
        room.iter_mut().zip(next).for_each(|(byte, next)| *byte = *next);
        *taken = taken.saturating_add(next.len());
        let filled = next.len();
        if filled == rest.len() {
            self.piece = None;
        }
        filled
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
            let (room, mut filled) = (chunk.with_len(length), 0_usize);
            loop {
                filled = filled.saturating_add(self.take(room.get_mut(filled..).unwrap_or_default()));
                if filled >= length {
                    return Ok(chunk);
                }
                match self.stream.next().await {
                    Some(Ok(piece)) => self.piece = Some((piece, 0)),
                    Some(Err(error)) => return Err(Error::local_file(error)),
                    None => break,
                }
            }
            chunk.truncate(filled);
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
    fn next(&mut self, mut chunk: Chunk, length: usize) -> BoxFuture<'_, Result<Chunk, Error>> {
        Box::pin(async move {
            let file = self.file.take().ok_or(Error::WorkLost)?;
            let read = crate::platform::offload(move || {
                let read = fill(&file, chunk.with_len(length));
                (file, read.map(|filled| chunk.truncate(filled)).map(|()| chunk))
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

/// Reads until `room` is full or `file` ends, and returns how far that was.
#[cfg(not(target_family = "wasm"))]
fn fill(mut file: &std::fs::File, room: &mut [u8]) -> std::io::Result<usize> {
    use std::io::Read;
    let mut filled = 0_usize;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The content of a file, chunk by chunk, one of them read ahead: only then it shows whether one is the last.
pub(super) struct Chunks<'a> {
    source: &'a mut dyn Source,
    ahead: Chunk,
    spares: Spares,
}

impl<'a> Chunks<'a> {
    /// The content behind so many chunks, of which `None` says that it does not reach there.
    pub(super) async fn behind(
        chunks: u32,
        source: &'a mut dyn Source,
        spares: Spares,
    ) -> Result<Option<Self>, Error> {
        let mut ahead = Chunk::default();
        for _ in 0..chunks {
            ahead = source.next(ahead, CHUNK_LEN).await?;
            if ahead.len() < CHUNK_LEN {
                return Ok(None);
            }
        }
        ahead = source.next(ahead, CHUNK_LEN).await?;
        // An empty file has one empty part: without any, servers do not consider it as there.
        Ok((chunks == 0 || !ahead.is_empty()).then_some(Self { source, ahead, spares }))
    }

    /// The next chunk, and whether it is the last. `used` is one that is not needed any more, if there is one.
    pub(super) async fn next(&mut self, used: Option<Chunk>) -> Result<(Chunk, bool), Error> {
        let chunk = std::mem::take(&mut self.ahead);
        if chunk.len() < CHUNK_LEN {
            return Ok((chunk, true));
        }
        let used = used.unwrap_or_else(|| Chunk::new(self.spares.take()));
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
        let error = Streamed::new(broken).next(Chunk::default(), 4).await.err().unwrap();
        assert_eq!(error.code(), "client_434");
        assert!(!error.is_network());
        let missing = Opened::open(std::path::Path::new("/nowhere/at/all")).await;
        assert_eq!(missing.err().unwrap().code(), "client_434");
    }
}
