//! Copies of file contents, beside a copy of the database.
//!
//! An archive is a folder with the layout of a storage folder and a list of digests (`SHA256SUMS`, which `sha256sum --check` reads). Contents never
//! change, so a further backup into the same archive copies only what is new. What is to be copied is read from the **copy** of the database:
//! afterwards every part that the copy knows is in the archive, whatever clients upload and delete meanwhile.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use futures_util::TryStreamExt as _;
use keyfold_protocol::id::FilePartId;
use uuid::Uuid;

use super::store::parts::{self, Part};
use crate::db::Db;
use crate::error::ApiError;
use crate::hash::Hash;
use crate::storage::folder::{Folder, place};
use crate::storage::{Content, Storage, StorageConfig, StorageError};

/// The list of digests.
const LIST: &str = "SHA256SUMS";

/// Parts that are looked up at once.
const PAGE: u32 = 500;

/// Lost parts that are named.
const NAMED: usize = 100;

/// A folder with copies of contents.
pub struct Archive {
    folder: Folder,
    path: PathBuf,
    digests: HashMap<Uuid, Hash>,
    /// `None` when it is only read.
    list: Option<File>,
    /// Lines that are not in the list yet.
    lines: String,
}

/// What was done so far, or found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Parts that were looked at.
    pub parts: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Parts that were copied; the others were there already.
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Number of parts whose content is not there.
    pub lost: u64,
    /// The first hundred of them.
    pub named: Vec<Lost>,
}

/// A part whose content is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The part.
    pub part: FilePartId,
    /// What is wrong.
    pub reason: &'static str,
}

/// Called after every part.
pub type Progress<'a> = &'a mut (dyn FnMut(&Report) + Send);

/// Why contents could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The folder cannot be used.
    #[error("{path}: {cause}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system says.
        cause: StorageError,
    },
    /// Another backup is writing to it.
    #[error("{path} is being used by another backup")]
    Busy {
        /// The folder.
        path: String,
    },
    /// The list of digests is not one.
    #[error("{path}/SHA256SUMS: line {line} is no digest of a content")]
    List {
        /// The folder.
        path: String,
        /// From 1.
        line: usize,
    },
    /// The storage of the server.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] ApiError),
}

enum Outcome {
    There,
    Copied,
    Lost(&'static str),
}

const MISSING: &str = "it is not there";
const WRONG_SIZE: &str = "it has another size";
const CHANGED: &str = "it is not what was copied";
const UNLISTED: &str = "it is not in the archive";

impl Archive {
    /// An archive to write to; made with mode 0700 if missing.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn open(path: &Path) -> Result<Self, ArchiveError> {
        let failed = |cause| ArchiveError::Folder { path: path.display().to_string(), cause };
        let folder = Folder::open(path).await.map_err(failed)?;
        let io = |error: std::io::Error| failed(StorageError::Io(error));
        let mut list = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LIST))
            .map_err(io)?;
        if list.try_lock().is_err() {
            return Err(ArchiveError::Busy { path: path.display().to_string() });
        }
        // What an earlier backup has left that was killed.
        folder.sweep(std::time::Duration::ZERO).await.map_err(failed)?;
        let mut text = String::new();
        list.read_to_string(&mut text).map_err(io)?;
        // Its last line may be half.
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let length = u64::try_from(whole).unwrap_or(u64::MAX);
        list.set_len(length).and_then(|()| list.seek(SeekFrom::End(0))).map_err(io)?;
        let digests = read_list(path, text.get(..whole).unwrap_or_default())?;
        Ok(Self { folder, path: path.to_owned(), digests, list: Some(list), lines: String::new() })
    }

    /// An archive to read from.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn open_existing(path: &Path) -> Result<Self, ArchiveError> {
        let text = std::fs::read_to_string(path.join(LIST)).map_err(|error| ArchiveError::Folder {
            path: path.display().to_string(),
            cause: error.into(),
        })?;
        let digests = read_list(path, &text)?;
        let folder = Folder::existing(path);
        Ok(Self { folder, path: path.to_owned(), digests, list: None, lines: String::new() })
    }

    /// Copies the contents of all parts that the database knows and the archive does not hold. Those that are lost are reported, not an error:
    /// in a database that is in use they may have been deleted for good a moment ago.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was copied stays, and the next time goes on from there.
    pub async fn add(
        &mut self,
        db: &Db,
        storage: &StorageConfig,
        progress: Progress<'_>,
    ) -> Result<Report, ArchiveError> {
        let storage = Storage::open(storage).await?;
        let mut report = Report::default();
        let mut after = String::new();
        loop {
            let page = page(db, &after).await?;
            let Some(last) = page.last() else {
                return Ok(report);
            };
            last.id.as_str().clone_into(&mut after);
            for part in &page {
                let outcome = self.copy(&storage, part).await?;
                count(&mut report, db, part, outcome).await?;
                progress(&report);
            }
            self.write_list()?;
        }
    }

    /// Puts the contents of all parts that the database knows, and that are not in the storage, back there. Each is compared with its digest first.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was put back stays.
    pub async fn put_back(
        &self,
        db: &Db,
        storage: &StorageConfig,
        progress: Progress<'_>,
    ) -> Result<Report, ArchiveError> {
        let storage = Storage::open(storage).await?;
        let mut report = Report::default();
        let mut after = String::new();
        loop {
            let page = page(db, &after).await?;
            let Some(last) = page.last() else {
                return Ok(report);
            };
            last.id.as_str().clone_into(&mut after);
            for part in &page {
                let outcome = self.restore(&storage, part).await?;
                count(&mut report, db, part, outcome).await?;
                progress(&report);
            }
        }
    }

    async fn copy(&mut self, storage: &Storage, part: &Part) -> Result<Outcome, ArchiveError> {
        let key = key(&part.id)?;
        if self.digests.contains_key(&key) {
            let held = self.folder.size(&part.id).await.map_err(|cause| self.failed(cause))?;
            if held == Some(part.bytes) {
                return Ok(Outcome::There);
            }
        }
        let content = match storage.read(&part.id, None).await {
            Err(StorageError::Missing) => return Ok(Outcome::Lost(MISSING)),
            outcome => outcome?,
        };
        if content.size != part.bytes {
            return Ok(Outcome::Lost(WRONG_SIZE));
        }
        let mut upload = self.folder.begin(&part.id).await.map_err(|cause| self.failed(cause))?;
        let mut context = digest::Context::new(&digest::SHA256);
        let Content { mut stream, .. } = content;
        while let Some(chunk) = stream.try_next().await? {
            context.update(&chunk);
            upload.write(chunk).await.map_err(|cause| self.failed(cause))?;
        }
        upload.finish().await.map_err(|cause| self.failed(cause))?;
        let digest = finish(context);
        self.lines.push_str(&format!("{}  {}\n", hex(&digest), place(&part.id)?));
        self.digests.insert(key, digest);
        Ok(Outcome::Copied)
    }

    async fn restore(&self, storage: &Storage, part: &Part) -> Result<Outcome, ArchiveError> {
        if storage.size(&part.id).await? == Some(part.bytes) {
            return Ok(Outcome::There);
        }
        let Some(expected) = self.digests.get(&key(&part.id)?) else {
            return Ok(Outcome::Lost(UNLISTED));
        };
        let content = match self.folder.read(&part.id, None).await {
            Err(StorageError::Missing) => return Ok(Outcome::Lost(UNLISTED)),
            outcome => outcome.map_err(|cause| self.failed(cause))?,
        };
        if content.size != part.bytes {
            return Ok(Outcome::Lost(WRONG_SIZE));
        }
        let mut upload = storage.begin(&part.id).await?;
        let mut context = digest::Context::new(&digest::SHA256);
        let Content { mut stream, .. } = content;
        while let Some(chunk) = stream.try_next().await.map_err(|cause| self.failed(cause))? {
            context.update(&chunk);
            upload.write(chunk).await?;
        }
        // Dropped, the upload leaves nothing behind.
        if finish(context) != *expected {
            return Ok(Outcome::Lost(CHANGED));
        }
        upload.finish().await?;
        Ok(Outcome::Copied)
    }

    /// After the contents: a line stands for a content that is there for good.
    fn write_list(&mut self) -> Result<(), ArchiveError> {
        let Some(list) = &mut self.list else {
            return Ok(());
        };
        if !self.lines.is_empty() {
            let written = list.write_all(self.lines.as_bytes()).and_then(|()| list.sync_all());
            written.map_err(|error| ArchiveError::Folder {
                path: self.path.display().to_string(),
                cause: error.into(),
            })?;
            self.lines.clear();
        }
        Ok(())
    }

    fn failed(&self, cause: StorageError) -> ArchiveError {
        ArchiveError::Folder { path: self.path.display().to_string(), cause }
    }
}

/// Whether the content of every part that the database knows is in the storage, with the size it should have.
///
/// # Errors
/// [`ArchiveError`].
pub async fn verify(
    db: &Db,
    storage: &StorageConfig,
    progress: Progress<'_>,
) -> Result<Report, ArchiveError> {
    let storage = Storage::open(storage).await?;
    let mut report = Report::default();
    let mut after = String::new();
    loop {
        let page = page(db, &after).await?;
        let Some(last) = page.last() else {
            return Ok(report);
        };
        last.id.as_str().clone_into(&mut after);
        for part in &page {
            let outcome = match storage.size(&part.id).await? {
                Some(size) if size == part.bytes => Outcome::There,
                Some(_) => Outcome::Lost(WRONG_SIZE),
                None => Outcome::Lost(MISSING),
            };
            count(&mut report, db, part, outcome).await?;
            progress(&report);
        }
    }
}

async fn page(db: &Db, after: &str) -> Result<Vec<Part>, ApiError> {
    db.read(after.to_owned(), |tx, after| Box::pin(async move { Ok(parts::stored(tx, after, PAGE).await?) }))
        .await
}

async fn count(report: &mut Report, db: &Db, part: &Part, outcome: Outcome) -> Result<(), ApiError> {
    if let Outcome::Lost(reason) = outcome {
        // Deleted since the page was read: no loss.
        let is_stored =
            db.read(part.id.clone(), |tx, id| Box::pin(async move { Ok(parts::is_stored(tx, id).await?) }));
        if !is_stored.await? {
            return Ok(());
        }
        report.lost = report.lost.saturating_add(1);
        if report.named.len() < NAMED {
            report.named.push(Lost { part: part.id.clone(), reason });
        }
    }
    report.parts = report.parts.saturating_add(1);
    report.bytes = report.bytes.saturating_add(part.bytes);
    if matches!(outcome, Outcome::Copied) {
        report.copied = report.copied.saturating_add(1);
        report.copied_bytes = report.copied_bytes.saturating_add(part.bytes);
    }
    Ok(())
}

/// Sixteen bytes for each of what may be millions.
fn key(id: &FilePartId) -> Result<Uuid, StorageError> {
    Uuid::try_parse(id.as_str()).map_err(|_| StorageError::Name)
}

fn finish(context: digest::Context) -> Hash {
    let mut hash = [0; 32];
    for (target, source) in hash.iter_mut().zip(context.finish().as_ref()) {
        *target = *source;
    }
    hash
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_list(path: &Path, text: &str) -> Result<HashMap<Uuid, Hash>, ArchiveError> {
    let lines = text.lines().enumerate();
    lines
        .map(|(index, line)| {
            read_line(line).ok_or_else(|| ArchiveError::List {
                path: path.display().to_string(),
                line: index.saturating_add(1),
            })
        })
        .collect()
}

/// `<64 hexadecimal digits>  <xx>/<id>`
fn read_line(line: &str) -> Option<(Uuid, Hash)> {
    let (digits, place) = line.split_once("  ")?;
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (position, byte) in hash.iter_mut().enumerate() {
        let start = position.checked_mul(2)?;
        *byte = u8::from_str_radix(digits.get(start..start.checked_add(2)?)?, 16).ok()?;
    }
    let (_, id) = place.split_once('/')?;
    Some((Uuid::try_parse(id).ok()?, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_is_read_as_it_was_written() {
        let id = FilePartId::from("0190a6a4-3b1c-7cde-8f01-23456789abcd");
        let hash = crate::hash::sha256(b"content");
        let line = format!("{}  {}", hex(&hash), place(&id).unwrap());
        assert!(line.ends_with("  cd/0190a6a4-3b1c-7cde-8f01-23456789abcd"), "{line}");
        assert_eq!(read_line(&line), Some((key(&id).unwrap(), hash)));
        for bad in ["", "00  cd/0190a6a4-3b1c-7cde-8f01-23456789abcd", &line[1..], &line[..70]] {
            assert_eq!(read_line(bad), None, "{bad}");
        }
    }
}
