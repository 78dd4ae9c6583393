//! Receiving the content of a file, part by part.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::future::try_join;
use futures_util::io::{AsyncWrite, AsyncWriteExt};
use keyfold_crypto::file::part_signature;
use keyfold_crypto::{SymmetricKey, VerifyingKey};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::{FilePart, PARTS_PAGE};
use keyfold_protocol::id::{FileId, KeyId, UserId};
use keyfold_protocol::json;
use serde::{Deserialize, Serialize};

use super::bulk;
use super::memory::Opened;
use super::part::Parts;
use super::progress::Listener;
use super::sink::{Sink, Writer};
use super::{File, Progress};
use crate::cancel::CancelToken;
use crate::error::Error;
use crate::platform::{MaybeSend, MaybeSendSync};

/// A download. Nothing is requested before its content is asked for.
///
/// After an error the same function can be called again and goes on where it stopped.
#[must_use = "nothing is requested before the content is asked for"]
pub struct Download {
    file: File,
    signer: Option<Signer>,
    size: Option<u64>,
    progress: Listener,
    cancel: CancelToken,
    /// Parts that are known and not yet read.
    ahead: VecDeque<FilePart>,
    /// Whether there may be more parts behind those.
    more: bool,
    /// All parts, once the list is complete.
    total_parts: u64,
    /// Sequence number of the last part that is known.
    known_to: i64,
    /// Sequence number of the last part that was read.
    read_to: i64,
    /// Key of the last part that was read; before the first, the content key opens the next one.
    key: Option<Arc<SymmetricKey>>,
    /// The next part as the server keeps it, if it was fetched ahead.
    fetched: Option<Vec<u8>>,
    /// Memory for a part that is fetched.
    spare: Vec<u8>,
    parts: u64,
    bytes: u64,
}

enum Signer {
    /// Whoever it is, the parts must be signed with this key.
    Key(VerifyingKey),
    User {
        user_id: UserId,
        required: bool,
    },
}

impl Download {
    pub(super) fn new(file: File) -> Self {
        let ahead: VecDeque<FilePart> = file.0.meta.part_list.iter().cloned().collect();
        Self {
            signer: None,
            size: None,
            progress: Listener::default(),
            cancel: CancelToken::new(),
            more: ahead.len() >= PARTS_PAGE,
            total_parts: count(ahead.len()),
            known_to: ahead.back().map_or(0, |part| part.sequence.into()),
            read_to: 0,
            key: None,
            fetched: None,
            spare: Vec::new(),
            parts: 0,
            bytes: 0,
            ahead,
            file,
        }
    }

    /// Every part must be signed by this user.
    pub fn signed_by(mut self, user_id: &UserId) -> Self {
        self.signer = Some(Signer::User { user_id: user_id.clone(), required: true });
        self
    }

    /// Signatures, where there are some, must be by this user. Does not notice signatures that were taken off.
    pub fn signed_by_if_at_all(mut self, user_id: &UserId) -> Self {
        self.signer = Some(Signer::User { user_id: user_id.clone(), required: false });
        self
    }

    /// Every part must be signed with the sign key that belongs to this verify key.
    pub fn signed_with(mut self, verify_key: VerifyingKey) -> Self {
        self.signer = Some(Signer::Key(verify_key));
        self
    }

    /// The file must have this many bytes. Without it a server can leave out the last parts.
    pub fn expect_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Calls `report` after each part.
    pub fn on_progress(mut self, report: impl Fn(Progress) + MaybeSendSync + 'static) -> Self {
        self.progress = Listener::new(report);
        self
    }

    /// Can be stopped with this token.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Bytes that were read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// The next part, 4 MiB or less; `None` behind the last.
    ///
    /// # Errors
    /// `server_500`: the part is gone. `client_14`: it was changed, or is another one. `client_401`, `client_22`: the demanded
    /// signature is missing, or wrong. `client_407`: the file has another size than expected. [`Error::Cancelled`]
    /// (`client_433`).
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(sealed) = self.next_sealed().await? else { return self.end() };
        let (chunk, key) = self.open(sealed).await?;
        self.advance(key, chunk.len());
        Ok(Some(chunk.into_vec()))
    }

    /// The rest of the file, in memory.
    ///
    /// # Errors
    /// Those of [`next_part`](Self::next_part).
    pub async fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.send_to(&mut bytes).await?;
        Ok(bytes)
    }

    /// Writes the rest of the file to `writer`, and flushes it.
    ///
    /// # Errors
    /// Those of [`next_part`](Self::next_part); [`Error::LocalFile`] (`client_434`) if it cannot be written: it is unknown
    /// then how much of the part was, and the download has to begin anew.
    pub async fn to_writer(&mut self, mut writer: impl AsyncWrite + Unpin + MaybeSend) -> Result<(), Error> {
        self.send_to(&mut Writer(&mut writer)).await?;
        writer.flush().await.map_err(Error::local_file)
    }

    /// The rest of the file, part by part. Ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Vec<u8>, Error>> {
        futures_util::stream::try_unfold(self, |mut download| async move {
            Ok(download.next_part().await?.map(|chunk| (chunk, download)))
        })
    }

    /// Hands out what is left, and fetches the next part while one is decrypted and taken.
    pub(super) async fn send_to(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        while let Some(sealed) = self.next_sealed().await? {
            let (file, cancel, following) =
                (self.file.clone(), self.cancel.clone(), self.ahead.get(1).cloned());
            let memory = std::mem::take(&mut self.spare);
            let fetching = async {
                Ok(match &following {
                    Some(part) => Some(carrier(&file, &cancel).download(part, memory).await),
                    None => None,
                })
            };
            let taking = async {
                let (chunk, key) = self.open(sealed).await?;
                let length = chunk.len();
                Ok::<_, Error>((key, length, sink.take(chunk).await?))
            };
            // A part that cannot be fetched must not keep the one before from being taken.
            let (fetched, (key, length, memory)) = try_join(fetching, taking).await?;
            // Not before it was taken: what could not be written is read once more.
            self.advance(key, length);
            self.spare = memory;
            self.fetched = fetched.transpose()?;
        }
        self.end().map(drop)
    }

    /// The next part as the server keeps it; `None` behind the last.
    async fn next_sealed(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if let Some(sealed) = self.fetched.take() {
            return Ok(Some(sealed));
        }
        if self.ahead.is_empty() && self.more {
            self.list_more().await?;
        }
        match self.ahead.front() {
            Some(part) => self.carrier().download(part, Vec::new()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Decrypts the next part. Returns the key for the part behind it, too.
    async fn open(&self, sealed: Vec<u8>) -> Result<(Opened, SymmetricKey), Error> {
        let verify_key = self.verify_key(&sealed).await?;
        let previous = self.key.as_ref().unwrap_or(&self.file.0.key);
        let cipher = self.file.0.place.user().0.client.0.bulk_cipher.as_ref();
        bulk::decrypt_part(cipher, previous, verify_key, sealed).await
    }

    /// Goes on behind a part of `length` bytes.
    fn advance(&mut self, key: SymmetricKey, length: usize) {
        self.key = Some(Arc::new(key));
        if let Some(part) = self.ahead.pop_front() {
            self.read_to = part.sequence.into();
        }
        self.parts = self.parts.saturating_add(1);
        self.bytes = self.bytes.saturating_add(count(length));
        let total_parts = (!self.more).then_some(self.total_parts);
        self.progress.report(Progress { bytes: self.bytes, parts: self.parts, total_parts });
    }

    /// What it takes to go on in another process, with [`File::resume_download`]. As secret as the file.
    ///
    /// # Errors
    /// `client_100`, which does not happen.
    pub fn export(&self) -> Result<SecretText, Error> {
        let key = self.key.as_ref().map(|key| key.export()).transpose()?;
        let stored = StoredDownload {
            file_id: self.file.id().clone(),
            key: key.map(|key| SecretText::new(key.into_exposed())),
            read_to: self.read_to,
            parts: self.parts,
            bytes: self.bytes,
        };
        crate::client::to_json(&stored).map(SecretText::new)
    }

    fn end(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.size {
            Some(size) if size != self.bytes => Err(keyfold_crypto::Error::IncompleteFile.into()),
            _ => Ok(None),
        }
    }

    async fn list_more(&mut self) -> Result<(), Error> {
        let page = self.carrier().list(self.known_to).await?;
        self.more = page.len() >= PARTS_PAGE;
        for part in page {
            let sequence = i64::from(part.sequence);
            // A list that does not move would go round for ever.
            if sequence <= self.known_to {
                return Err(Error::AnswerIncomplete);
            }
            self.known_to = sequence;
            self.total_parts = self.total_parts.saturating_add(1);
            if sequence > self.read_to {
                self.ahead.push_back(part);
            }
        }
        Ok(())
    }

    /// The verify key that the signature of a part asks for. The uploader's keys may have been rotated in the middle.
    async fn verify_key(&self, part: &[u8]) -> Result<Option<VerifyingKey>, Error> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let (user_id, required) = match signer {
            Signer::Key(key) => return Ok(Some(key.clone())),
            Signer::User { user_id, required } => (user_id, *required),
        };
        match part_signature(part)? {
            None if required => Err(keyfold_crypto::Error::SignatureMissing.into()),
            None => Ok(None),
            Some(sign) => {
                let key_id = KeyId::new(sign.id);
                self.file.0.place.user().verify_key_of(user_id, &key_id).await.map(Some)
            }
        }
    }

    fn carrier(&self) -> Parts<'_> {
        carrier(&self.file, &self.cancel)
    }
}

fn carrier<'a>(file: &'a File, cancel: &'a CancelToken) -> Parts<'a> {
    Parts { place: &file.0.place, file: file.id(), cancel }
}

impl File {
    /// Goes on with a download whose [`export`](Download::export) was kept. Options have to be set again.
    ///
    /// # Errors
    /// [`Error::StoredDataUnreadable`] (`client_421`), [`Error::OtherFile`] (`client_435`).
    pub fn resume_download(&self, text: &SecretText) -> Result<Download, Error> {
        let stored: StoredDownload = json::from_slice(text.expose().as_bytes())
            .map_err(|error| Error::unreadable_record("download", Some(error)))?;
        if stored.file_id != *self.id() {
            return Err(Error::OtherFile);
        }
        let mut download = Download::new(self.clone());
        download.key = stored.key.map(|key| SymmetricKey::import(key.expose()).map(Arc::new)).transpose()?;
        download.read_to = stored.read_to;
        download.parts = stored.parts;
        download.bytes = stored.bytes;
        download.ahead.retain(|part| i64::from(part.sequence) > stored.read_to);
        if download.ahead.is_empty() && download.more {
            download.known_to = download.known_to.max(stored.read_to);
            download.total_parts = download.total_parts.max(stored.parts);
        }
        Ok(download)
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[derive(Serialize, Deserialize)]
struct StoredDownload {
    file_id: FileId,
    key: Option<SecretText>,
    read_to: i64,
    parts: u64,
    bytes: u64,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({}, {} bytes)", self.file.id(), self.bytes)
    }
}
