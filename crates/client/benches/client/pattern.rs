//! Contents that take neither memory nor time worth mentioning.

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use futures_util::io::{AsyncRead, AsyncWrite};

/// What repeats itself: a prime number of bytes, so that no two parts of a file are alike.
const PERIOD: usize = 1_048_583;

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let words = 0..u64::try_from(PERIOD.div_ceil(8)).unwrap_or(0);
    let mut bytes: Vec<u8> =
        words.flat_map(|word| word.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()).collect();
    bytes.truncate(PERIOD);
    bytes
});

/// Bytes that can be told from those of other places, to be read, or compared with what is written.
pub(crate) struct Pattern {
    at: u64,
    end: u64,
}

impl Pattern {
    pub(crate) fn of_size(size: u64) -> Self {
        Self { at: 0, end: size }
    }

    /// What comes next, as far as it is in one piece.
    fn next(&self) -> &'static [u8] {
        let begin = usize::try_from(self.at % PERIOD as u64).unwrap_or(0);
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        &BYTES[begin..begin.saturating_add(left).min(PERIOD)]
    }
}

/// The first bytes of a pattern.
pub(crate) fn first_bytes(length: usize) -> Vec<u8> {
    BYTES.iter().copied().cycle().take(length).collect()
}

impl AsyncRead for Pattern {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<std::io::Result<usize>> {
        let next = self.next();
        let length = next.len().min(buffer.len());
        buffer[..length].copy_from_slice(&next[..length]);
        self.at += length as u64;
        Poll::Ready(Ok(length))
    }
}

impl AsyncWrite for Pattern {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let next = self.next();
        let length = next.len().min(buffer.len());
        if buffer[..length] != next[..length] || length == 0 {
            return Poll::Ready(Err(std::io::Error::other("another content")));
        }
        self.at += length as u64;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
