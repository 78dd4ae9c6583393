//! Where the plain text of a download goes to.

use futures_util::io::{AsyncWrite, AsyncWriteExt};

use super::memory::Opened;
use crate::error::Error;
use crate::platform::{BoxFuture, MaybeSend};

/// Takes plain text, from its beginning to its end.
pub(super) trait Sink: MaybeSend {
    /// Takes what comes next, and hands its memory back.
    fn take(&mut self, chunk: Opened) -> BoxFuture<'_, Result<Vec<u8>, Error>>;
}

impl Sink for Vec<u8> {
    fn take(&mut self, chunk: Opened) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        self.extend_from_slice(&chunk);
        Box::pin(std::future::ready(Ok(chunk.into_memory())))
    }
}

pub(super) struct Writer<W>(pub(super) W);

impl<W: AsyncWrite + Unpin + MaybeSend> Sink for Writer<W> {
    fn take(&mut self, chunk: Opened) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            self.0.write_all(&chunk).await.map_err(Error::local_file)?;
            Ok(chunk.into_memory())
        })
    }
}
