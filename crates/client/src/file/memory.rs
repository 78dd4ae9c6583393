//! Memory that parts lie in, used again from one part to the next: to get it fresh takes as long as to encrypt it.

use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use keyfold_crypto::file::FileEncryptor;
use zeroize::Zeroize;

use crate::lock::lock;

/// Bytes in front of a chunk, for head, signature and nonce of its part.
const FRONT: usize = 4096;
/// Bytes behind a chunk, for the tag.
const BACK: usize = 64;
/// As much as a transfer has under way at once.
const MOST_SPARES: usize = 3;

/// Memory of one transfer that is not in use at the moment.
#[derive(Clone, Default)]
pub(super) struct Spares(Arc<Mutex<Vec<Vec<u8>>>>);

impl Spares {
    /// Memory of any size, with anything in it.
    pub(super) fn take(&self) -> Vec<u8> {
        lock(&self.0).pop().unwrap_or_default()
    }

    /// A part as the body of a request. Its memory comes back when the last of those is done with it who send it.
    pub(super) fn lend(&self, part: Part) -> Bytes {
        Bytes::from_owner(Lent { part, spares: self.clone() })
    }
}

/// Plain text of a part, in memory that has room for the whole part. Wiped when dropped.
#[derive(Default)]
pub(super) struct Chunk {
    memory: Vec<u8>,
    len: usize,
}

impl Chunk {
    /// An empty one. What is in `memory` must not be secret: it is not wiped.
    pub(super) fn new(memory: Vec<u8>) -> Self {
        Self { memory, len: 0 }
    }

    /// Makes it so long, and returns its bytes to be overwritten.
    pub(super) fn with_len(&mut self, len: usize) -> &mut [u8] {
        let needed = FRONT.saturating_add(len).saturating_add(BACK);
        if self.memory.capacity() < needed || len < self.len {
            self.wipe();
        }
        if self.memory.capacity() < needed {
            // Zeroed by the system, page by page, and only those that are used.
            self.memory = vec![0; needed];
        } else {
            self.memory.resize(needed, 0);
        }
        self.len = len;
        self.text_mut()
    }

    /// Leaves off bytes at the end that were not overwritten.
    pub(super) fn truncate(&mut self, len: usize) {
        // An earlier text may be there still, which nothing would wipe any more.
        self.text_mut().get_mut(len..).unwrap_or_default().zeroize();
        self.len = self.len.min(len);
    }

    /// Encrypts it where it lies.
    pub(super) fn into_part(
        mut self,
        encryptor: &mut FileEncryptor<'_>,
    ) -> Result<Part, keyfold_crypto::Error> {
        let (len, memory) = (self.len, &mut self.memory);
        let (mut place, mut is_short) = (0..0, false);
        let made = encryptor.encrypt_part_in_place(|front, back| {
            let end = FRONT.checked_add(len)?.checked_add(back)?;
            is_short = front > FRONT || end > memory.len();
            place = FRONT.saturating_sub(front)..end;
            if is_short { None } else { memory.get_mut(place.clone()) }
        });
        match made {
            Ok(()) => {}
            // Ids can be so long, though no server makes such.
            Err(_) if is_short => return encryptor.encrypt_part(&self).map(Part::from),
            Err(error) => return Err(error),
        }
        self.len = 0;
        Ok(Part { memory: std::mem::take(&mut self.memory), place })
    }

    fn text_mut(&mut self) -> &mut [u8] {
        self.memory.get_mut(FRONT..).and_then(|text| text.get_mut(..self.len)).unwrap_or_default()
    }

    fn wipe(&mut self) {
        self.text_mut().zeroize();
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.get(FRONT..).and_then(|text| text.get(..self.len)).unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A part as the server gets it, somewhere in memory.
pub(super) struct Part {
    memory: Vec<u8>,
    place: Range<usize>,
}

impl From<Vec<u8>> for Part {
    fn from(memory: Vec<u8>) -> Self {
        Self { place: 0..memory.len(), memory }
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        self.memory.get(self.place.clone()).unwrap_or_default()
    }
}

struct Lent {
    part: Part,
    spares: Spares,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.part.as_ref()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut spares = lock(&self.spares.0);
        if spares.len() < MOST_SPARES {
            spares.push(std::mem::take(&mut self.part.memory));
        }
    }
}

/// Plain text that was decrypted where it lay.
pub(super) struct Opened {
    memory: Vec<u8>,
    place: Range<usize>,
}

impl Opened {
    pub(super) fn new(memory: Vec<u8>, place: Range<usize>) -> Self {
        Self { memory, place }
    }

    /// Its memory, to be used again. Empty for those who get it.
    pub(super) fn into_memory(mut self) -> Vec<u8> {
        self.memory.clear();
        self.memory
    }

    /// The plain text alone.
    pub(super) fn into_vec(mut self) -> Vec<u8> {
        self.memory.truncate(self.place.end);
        drop(self.memory.drain(..self.place.start.min(self.place.end)));
        self.memory
    }
}

impl Deref for Opened {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.get(self.place.clone()).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Opened {
    fn from(memory: Vec<u8>) -> Self {
        Self { place: 0..memory.len(), memory }
    }
}

#[cfg(test)]
mod tests {
    use keyfold_crypto::file::FileDecryptor;
    use keyfold_crypto::{Suite, SymmetricKey, Verification};

    use super::*;

    fn key() -> SymmetricKey {
        SymmetricKey::generate(&Suite::default(), "").unwrap()
    }

    fn chunk(text: &[u8]) -> Chunk {
        let mut chunk = Chunk::new(vec![1; 9]);
        chunk.with_len(text.len()).copy_from_slice(text);
        chunk
    }

    #[test]
    fn a_part_is_made_where_its_chunk_lies() {
        let key = key();
        for text in [b"".as_slice(), b"some text"] {
            let chunk = chunk(text);
            let memory = chunk.memory.as_ptr();
            let part = chunk.into_part(&mut FileEncryptor::new(&key, None)).unwrap();
            assert_eq!(part.memory.as_ptr(), memory);
            let opened = FileDecryptor::new(&key, Verification::Ignore).decrypt_part(part.as_ref()).unwrap();
            assert_eq!(opened, text);
        }
    }

    #[test]
    fn memory_comes_back_from_who_sends_it_and_no_more_than_is_needed() {
        let (key, spares) = (key(), Spares::default());
        let part = || chunk(b"text").into_part(&mut FileEncryptor::new(&key, None)).unwrap();
        let sent = spares.lend(part());
        let copy = sent.clone();
        drop(sent);
        assert!(spares.take().is_empty());
        drop(copy);
        assert!(!spares.take().is_empty());
        drop([(); MOST_SPARES + 1].map(|()| spares.lend(part())));
        assert_eq!(lock(&spares.0).len(), MOST_SPARES);
    }

    #[test]
    fn a_shorter_chunk_leaves_nothing_of_the_longer_one_behind() {
        let mut chunk = chunk(b"a long secret");
        chunk.with_len(1);
        assert!(!is_secret_in(&mut chunk));
    }

    #[test]
    fn what_is_left_off_at_the_end_is_not_left_behind() {
        let mut chunk = chunk(b"a long secret");
        chunk.with_len(13);
        chunk.truncate(1);
        assert!(!is_secret_in(&mut chunk));
    }

    fn is_secret_in(chunk: &mut Chunk) -> bool {
        let all = chunk.memory.capacity();
        chunk.memory.resize(all, 1);
        chunk.memory.windows(6).any(|bytes| bytes == b"secret")
    }

    #[test]
    fn opened_text_can_be_had_alone() {
        assert_eq!(Opened::new(b"head text tag".to_vec(), 5..9).into_vec(), b"text");
        assert_eq!(Opened::from(b"text".to_vec()).into_vec(), b"text");
    }
}
