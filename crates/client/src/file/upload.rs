//! Sending the content of a file, part by part.

use std::fmt;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::future::try_join;
use futures_util::io::AsyncRead;
use keyfold_crypto::SymmetricKey;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::FileRegisterOutput;
use keyfold_protocol::id::{FileId, UploadSessionId};
use keyfold_protocol::json;
use serde::{Deserialize, Serialize};

use super::bulk::{self, EncryptedPart};
use super::memory::{Chunk, Spares};
use super::part::Parts;
use super::progress::Listener;
use super::source::{Bytes, Chunks, Reader, Source, Streamed};
use super::{Place, Progress};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::platform::{Cause, MaybeSend, MaybeSendSync};

/// An upload that has begun: a file that is registered, and as many of its parts as are through.
///
/// After an error, `send_…` can be called again, with the same content from its beginning: what is through is skipped. The
/// server accepts parts for 24 hours.
pub struct Upload {
    place: Place,
    file: FileId,
    session: UploadSessionId,
    signed: bool,
    progress: Listener,
    cancel: CancelToken,
    /// Locks the key of the next part: the content key, or the key of the part before.
    key: Arc<SymmetricKey>,
    parts: u32,
    bytes: u64,
    /// A part that was sent, and of which it is not known whether it has arrived.
    unconfirmed: Option<Unconfirmed>,
    done: bool,
}

struct Unconfirmed {
    key: Arc<SymmetricKey>,
    bytes: u64,
    end: bool,
}

impl Upload {
    pub(super) fn new(
        place: Place,
        registered: FileRegisterOutput,
        key: SymmetricKey,
        signed: bool,
        progress: Listener,
        cancel: CancelToken,
    ) -> Self {
        let key = Arc::new(key);
        let FileRegisterOutput { file_id: file, session_id: session } = registered;
        let (parts, bytes, unconfirmed, done) = (0, 0, None, false);
        Self { place, file, session, signed, progress, cancel, key, parts, bytes, unconfirmed, done }
    }

    /// The file's id. Others can read the file once the upload is done.
    #[must_use]
    pub fn file_id(&self) -> &FileId {
        &self.file
    }

    /// Permission to upload the parts.
    #[must_use]
    pub fn session_id(&self) -> &UploadSessionId {
        &self.session
    }

    /// Whether the whole file is through.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Bytes that are through.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Calls `report` after each part.
    pub fn on_progress(&mut self, report: impl Fn(Progress) + MaybeSendSync + 'static) {
        self.progress = Listener::new(report);
    }

    /// Can be stopped with this token.
    pub fn cancel_with(&mut self, token: &CancelToken) {
        self.cancel = token.clone();
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// `server_510`, `server_511`: the upload took longer than 24 hours, or was completed already. `server_520`: the app stores
    /// no files. [`Error::Cancelled`] (`client_433`). [`Error::OtherFile`] (`client_435`): it is shorter than what is through
    /// already.
    pub async fn send_bytes(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send(&mut Bytes(data)).await
    }

    /// Sends what `reader` yields.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes); [`Error::LocalFile`] (`client_434`) if it cannot be read.
    pub async fn send_reader(&mut self, reader: impl AsyncRead + Unpin + MaybeSend) -> Result<(), Error> {
        self.send(&mut Reader(reader)).await
    }

    /// Sends what a stream yields, in pieces of any size.
    ///
    /// # Errors
    /// As [`send_reader`](Self::send_reader).
    pub async fn send_stream<B, E>(
        &mut self,
        stream: impl Stream<Item = Result<B, E>> + Unpin + MaybeSend,
    ) -> Result<(), Error>
    where
        B: AsRef<[u8]> + MaybeSend,
        E: Into<Cause>,
    {
        self.send(&mut Streamed::new(stream)).await
    }

    /// Sends a file of this machine.
    ///
    /// # Errors
    /// As [`send_reader`](Self::send_reader).
    #[cfg(not(target_family = "wasm"))]
    pub async fn send_path(&mut self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        let mut source = super::source::Opened::open(path.as_ref()).await?;
        self.send(&mut source).await
    }

    /// Gives up: deletes the file and what is through of it.
    ///
    /// # Errors
    /// Those of the request.
    pub async fn abort(self) -> Result<(), Error> {
        self.place.delete(&self.file).await
    }

    /// What it takes to go on in another process, with `resume_upload` of the same user or group. As secret as the file.
    ///
    /// # Errors
    /// `client_100`, which does not happen.
    pub fn export(&self) -> Result<SecretText, Error> {
        let key = |key: &SymmetricKey| key.export().map(|key| SecretText::new(key.into_exposed()));
        let stored = StoredUpload {
            file_id: self.file.clone(),
            session_id: self.session.clone(),
            signed: self.signed,
            key: key(&self.key)?,
            parts: self.parts,
            bytes: self.bytes,
            unconfirmed: match &self.unconfirmed {
                Some(part) => {
                    Some(StoredUnconfirmed { key: key(&part.key)?, bytes: part.bytes, end: part.end })
                }
                None => None,
            },
            done: self.done,
        };
        crate::client::to_json(&stored).map(SecretText::new)
    }

    pub(crate) fn restore(place: Place, text: &SecretText) -> Result<Self, Error> {
        let stored: StoredUpload = json::from_slice(text.expose().as_bytes())
            .map_err(|error| Error::unreadable_record("upload", Some(error)))?;
        let unconfirmed = match stored.unconfirmed {
            Some(part) => Some(Unconfirmed {
                key: Arc::new(SymmetricKey::import(part.key.expose())?),
                bytes: part.bytes,
                end: part.end,
            }),
            None => None,
        };
        Ok(Self {
            place,
            file: stored.file_id,
            session: stored.session_id,
            signed: stored.signed,
            progress: Listener::default(),
            cancel: CancelToken::new(),
            key: Arc::new(SymmetricKey::import(stored.key.expose())?),
            parts: stored.parts,
            bytes: stored.bytes,
            unconfirmed,
            done: stored.done,
        })
    }

    /// The file of an upload without a handle: whole, or gone.
    pub(super) async fn settle(self, sent: Result<(), Error>) -> Result<FileId, Error> {
        match sent {
            Ok(()) => Ok(self.file),
            Err(error) => {
                // The error that is told is the one that made the upload fail. Without a network nothing can be deleted.
                if !error.is_network() {
                    let _ = self.place.delete(&self.file).await;
                }
                Err(error)
            }
        }
    }

    /// Sends part after part, and makes the next one while one is on its way.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub(super) async fn send(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        self.confirm().await?;
        if self.done {
            return Ok(());
        }
        let total_parts = source.len().map(|len| keyfold_crypto::file::part_count(len).max(1));
        let spares = Spares::default();
        let chunks = self.cancel.guard(Chunks::behind(self.parts, source, spares.clone())).await?;
        let mut maker = PartMaker { chunks: chunks.ok_or(Error::OtherFile)?, used: None, spares };
        let mut part = self.cancel.guard(maker.next(self, &self.key)).await?;
        loop {
            let Part { content, bytes, key, end } = part;
            self.unconfirmed = Some(Unconfirmed { key: Arc::clone(&key), bytes, end });
            let sending = self.send_part(content, bytes, end, total_parts);
            if end {
                sending.await?;
                self.accept();
                return Ok(());
            }
            // A part that cannot be made must not keep the one before from arriving, but one that does not arrive ends it all.
            let making = async { Ok(self.cancel.guard(maker.next(self, &key)).await) };
            let ((), next) = try_join(sending, making).await?;
            self.accept();
            part = next?;
        }
    }

    async fn send_part(
        &self,
        content: bytes::Bytes,
        bytes: u64,
        end: bool,
        total_parts: Option<u64>,
    ) -> Result<(), Error> {
        let sequence = self.parts.saturating_add(1);
        self.carrier().upload(&self.session, sequence, end, content).await?;
        let bytes = self.bytes.saturating_add(bytes);
        self.progress.report(Progress { bytes, parts: sequence.into(), total_parts });
        Ok(())
    }

    /// Finds out about a part whose answer was lost.
    async fn confirm(&mut self) -> Result<(), Error> {
        if self.unconfirmed.is_some() {
            if self.carrier().has(self.parts.saturating_add(1)).await? {
                self.accept();
            } else {
                self.unconfirmed = None;
            }
        }
        Ok(())
    }

    fn accept(&mut self) {
        if let Some(Unconfirmed { key, bytes, end }) = self.unconfirmed.take() {
            self.key = key;
            self.parts = self.parts.saturating_add(1);
            self.bytes = self.bytes.saturating_add(bytes);
            self.done = end;
        }
    }

    fn carrier(&self) -> Parts<'_> {
        Parts { place: &self.place, file: &self.file, cancel: &self.cancel }
    }
}

/// A part that was made and not yet sent.
struct Part {
    content: bytes::Bytes,
    /// Of plain text.
    bytes: u64,
    /// Locks the key of the part behind it.
    key: Arc<SymmetricKey>,
    end: bool,
}

struct PartMaker<'a> {
    chunks: Chunks<'a>,
    used: Option<Chunk>,
    spares: Spares,
}

impl PartMaker<'_> {
    /// The part behind the one with this key.
    async fn next(&mut self, upload: &Upload, previous: &Arc<SymmetricKey>) -> Result<Part, Error> {
        let (chunk, end) = self.chunks.next(self.used.take()).await?;
        let bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let user = upload.place.user();
        let signer = if upload.signed { Some(user.newest_keys()?) } else { None };
        let cipher = user.0.client.0.bulk_cipher.as_ref();
        let (EncryptedPart { part, key }, used) = bulk::encrypt_part(cipher, previous, signer, chunk).await?;
        self.used = used;
        Ok(Part { content: self.spares.lend(part), bytes, key: Arc::new(key), end })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredUpload {
    file_id: FileId,
    session_id: UploadSessionId,
    signed: bool,
    key: SecretText,
    parts: u32,
    bytes: u64,
    unconfirmed: Option<StoredUnconfirmed>,
    done: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredUnconfirmed {
    key: SecretText,
    bytes: u64,
    end: bool,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({}, {} bytes)", self.file, self.bytes)
    }
}
