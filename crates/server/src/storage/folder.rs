//! Contents in a folder.
//!
//! `object_store` has a local folder too, but it does not flush: a content that was acknowledged could be empty after a loss of power. It also copies
//! every chunk once more on the way. Hence this one.
//!
//! ```text
//! <root>/uploads/<id>     being written
//! <root>/<xx>/<id>        stored; xx: the last two characters of the id, which are random
//! ```
//!
//! A content is written to `uploads`, moved to its place, and then flushed together with the entry in its directory. Moving it first
//! costs one flush less, since the file system writes name and data with the same journal entry, and loses nothing: nobody looks for the
//! content before its row is in the database, and that is written last.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use keyfold_protocol::id::FilePartId;
use tokio::task::JoinHandle;

use super::{Content, StorageError};

/// Bytes that go to the disk at once. An upload holds twice as many at most.
const CHUNK: usize = 512 * 1_024;

/// Bytes that come from the disk at once. A download holds twice as many: little enough for a thousand at the same time, and for the caches of
/// the processor.
const READ_CHUNK: usize = 128 * 1_024;

/// Directories that share the contents.
const SHARDS: usize = 256;

pub(crate) struct Folder {
    root: PathBuf,
}

/// A content on its way in.
pub(crate) struct Upload {
    /// `None` while a chunk is written.
    file: Option<Unfinished>,
    /// The write that runs while the next bytes arrive.
    writing: Option<JoinHandle<std::io::Result<Unfinished>>>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    place: PathBuf,
    shard: PathBuf,
}

/// A file that is removed when it is dropped.
struct Unfinished {
    file: File,
    /// Empty when it was moved to its place.
    path: PathBuf,
}

impl Folder {
    /// A folder to read from.
    pub(crate) fn existing(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) async fn open(root: &Path) -> Result<Self, StorageError> {
        let root = root.to_owned();
        blocking(move || {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(root.join("uploads"))?;
            for shard in 0..SHARDS {
                builder.create(root.join(format!("{shard:02x}")))?;
            }
            sync_directory(&root)?;
            Ok(Self { root })
        })
        .await
    }

    pub(crate) async fn begin(&self, id: &FilePartId) -> Result<Upload, StorageError> {
        let shard = self.root.join(shard(id)?);
        let place = shard.join(id.as_str());
        let path = self.root.join("uploads").join(id.as_str());
        let file = blocking(move || {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            Ok(Unfinished { file, path })
        })
        .await?;
        Ok(Upload { file: Some(file), writing: None, waiting: Vec::new(), waiting_bytes: 0, place, shard })
    }

    pub(crate) async fn read(
        &self,
        id: &FilePartId,
        range: Option<Range<u64>>,
    ) -> Result<Content, StorageError> {
        let path = self.root.join(shard(id)?).join(id.as_str());
        let (reading, size, range, first) = blocking(move || {
            let mut file = File::open(&path)?;
            let size = file.metadata()?.len();
            let range = range.unwrap_or(0..size);
            let range = range.start.min(size)..range.end.min(size);
            if range.start > 0 {
                file.seek(SeekFrom::Start(range.start))?;
            }
            let mut reading = Reading { file, left: range.end.saturating_sub(range.start) };
            let first = reading.chunk()?;
            Ok((reading, size, range, first))
        })
        .await
        .map_err(|error| match error {
            StorageError::Io(error) if error.kind() == ErrorKind::NotFound => StorageError::Missing,
            other => other,
        })?;
        // The next chunk is read while this one is sent.
        let next = (reading.left > 0).then(|| reading.ahead());
        let rest = stream::unfold(next, async |next: Option<Ahead>| {
            let (reading, chunk) = match next?.await.map_err(std::io::Error::other) {
                Ok(Ok(read)) => read,
                Ok(Err(error)) | Err(error) => return Some((Err(StorageError::Io(error)), None)),
            };
            let next = (reading.left > 0).then(|| reading.ahead());
            Some((Ok(chunk), next))
        });
        Ok(Content { size, range, stream: stream::once(async { Ok(first) }).chain(rest).boxed() })
    }

    pub(crate) async fn size(&self, id: &FilePartId) -> Result<Option<u64>, StorageError> {
        let path = self.root.join(shard(id)?).join(id.as_str());
        blocking(move || match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    pub(crate) async fn delete(&self, ids: &[FilePartId]) -> Result<(), StorageError> {
        let mut paths = Vec::with_capacity(ids.len());
        for id in ids {
            paths.push(self.root.join(shard(id)?).join(id.as_str()));
            paths.push(self.root.join("uploads").join(id.as_str()));
        }
        // The removal need not be flushed: who asked for it forgets the content afterwards, and at worst a name comes back that nothing
        // refers to. To leave not even that, the directories are flushed once each.
        let mut shards: Vec<PathBuf> =
            paths.iter().filter_map(|path| path.parent().map(Path::to_owned)).collect();
        shards.sort();
        shards.dedup();
        blocking(move || {
            for path in paths {
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            shards.iter().try_for_each(|shard| sync_directory(shard))
        })
        .await
    }

    pub(crate) async fn sweep(&self, age: Duration) -> Result<u64, StorageError> {
        let uploads = self.root.join("uploads");
        blocking(move || {
            let mut removed = 0_u64;
            for entry in std::fs::read_dir(uploads)? {
                let entry = entry?;
                let metadata = match entry.metadata() {
                    // Moved or removed meanwhile.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    metadata => metadata?,
                };
                let is_old =
                    SystemTime::now().duration_since(metadata.modified()?).is_ok_and(|old| old > age);
                if is_old && std::fs::remove_file(entry.path()).is_ok() {
                    removed = removed.saturating_add(1);
                }
            }
            Ok(removed)
        })
        .await
    }
}

impl Upload {
    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes.len());
        self.waiting.push(bytes);
        if self.waiting_bytes < CHUNK {
            return Ok(());
        }
        let mut file = self.settled().await?;
        let chunks = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        self.writing = Some(tokio::task::spawn_blocking(move || {
            write_all(&mut file.file, &chunks)?;
            begin_to_flush(&file.file);
            Ok(file)
        }));
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<(), StorageError> {
        let mut file = self.settled().await?;
        let Self { waiting, place, shard, .. } = self;
        blocking(move || {
            write_all(&mut file.file, &waiting)?;
            std::fs::rename(&file.path, &place)?;
            // From here on it is removed under its name, by whoever began it.
            file.path = PathBuf::new();
            file.file.sync_all()?;
            sync_directory(&shard)
        })
        .await
    }

    /// The file when the write that runs has ended.
    async fn settled(&mut self) -> Result<Unfinished, StorageError> {
        let file = match self.writing.take() {
            Some(writing) => Some(writing.await.map_err(std::io::Error::other)??),
            None => self.file.take(),
        };
        // Gone only after an error, after which nothing is written any more.
        file.ok_or_else(|| StorageError::Io(ErrorKind::BrokenPipe.into()))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // What stays is swept away later.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file that is being sent.
struct Reading {
    file: File,
    left: u64,
}

type Ahead = JoinHandle<std::io::Result<(Reading, Bytes)>>;

impl Reading {
    fn chunk(&mut self) -> std::io::Result<Bytes> {
        let wanted = usize::try_from(self.left).unwrap_or(READ_CHUNK).min(READ_CHUNK);
        let mut buffer = Vec::with_capacity(wanted);
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let read = (&mut self.file).take(wanted).read_to_end(&mut buffer)?;
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        if read < wanted {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(read);
        Ok(buffer.into())
    }

    fn ahead(mut self) -> Ahead {
        tokio::task::spawn_blocking(move || {
            let chunk = self.chunk()?;
            Ok((self, chunk))
        })
    }
}

fn write_all(file: &mut File, chunks: &[Bytes]) -> std::io::Result<()> {
    chunks.iter().try_for_each(|chunk| file.write_all(chunk))
}

/// Lets the system write to the disk what it has, while the rest arrives: the flush at the end then has less to wait for. Costs nothing but the
/// call, and may be ignored.
fn begin_to_flush(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Writes the names in a directory to disk.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Where a content lies below the root.
///
/// # Errors
/// [`StorageError::Name`].
pub(crate) fn place(id: &FilePartId) -> Result<String, StorageError> {
    Ok(format!("{}/{}", shard(id)?, id.as_str()))
}

/// The directory of a content. The only place where an id becomes part of a path: what is not a UUID does not get there.
fn shard(id: &FilePartId) -> Result<&str, StorageError> {
    if !id.is_uuid() {
        return Err(StorageError::Name);
    }
    id.as_str().get(34..).ok_or(StorageError::Name)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??)
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    const ID: &str = "0190a6a4-3b1c-7cde-8f01-23456789abcd";

    async fn read(folder: &Folder, range: Option<Range<u64>>) -> Result<Vec<u8>, StorageError> {
        let content = folder.read(&ID.into(), range).await?;
        let chunks: Vec<Bytes> = content.stream.try_collect().await?;
        Ok(chunks.concat())
    }

    fn uploads(root: &Path) -> usize {
        std::fs::read_dir(root.join("uploads")).unwrap().count()
    }

    #[tokio::test]
    async fn a_content_is_there_when_it_is_finished_and_not_before() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).await.unwrap();
        let content: Vec<u8> = (0..CHUNK * 2 + 7).map(|byte| (byte % 251) as u8).collect();
        let mut upload = folder.begin(&ID.into()).await.unwrap();
        for piece in content.chunks(100_000) {
            upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        assert!(matches!(read(&folder, None).await, Err(StorageError::Missing)));
        upload.finish().await.unwrap();
        assert!(read(&folder, None).await.unwrap() == content);
        assert!(read(&folder, Some(10..CHUNK as u64 + 10)).await.unwrap() == content[10..CHUNK + 10]);
        assert_eq!(uploads(root.path()), 0);
        folder.delete(&[ID.into()]).await.unwrap();
        folder.delete(&[ID.into()]).await.unwrap();
        assert!(matches!(read(&folder, None).await, Err(StorageError::Missing)));
    }

    #[tokio::test]
    async fn an_empty_content_is_a_content() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).await.unwrap();
        folder.begin(&ID.into()).await.unwrap().finish().await.unwrap();
        assert_eq!(read(&folder, None).await.unwrap(), b"");
    }

    #[tokio::test]
    async fn an_upload_that_is_given_up_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).await.unwrap();
        let mut upload = folder.begin(&ID.into()).await.unwrap();
        upload.write(Bytes::from(vec![1; 10])).await.unwrap();
        assert_eq!(uploads(root.path()), 1);
        drop(upload);
        assert_eq!(uploads(root.path()), 0);
    }

    #[tokio::test]
    async fn what_a_crash_left_is_swept_when_it_is_old() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).await.unwrap();
        std::fs::write(root.path().join("uploads").join(ID), b"half").unwrap();
        assert_eq!(folder.sweep(Duration::from_secs(3_600)).await.unwrap(), 0);
        assert_eq!(folder.sweep(Duration::ZERO).await.unwrap(), 1);
        assert_eq!(uploads(root.path()), 0);
    }

    #[tokio::test]
    async fn a_name_that_is_no_id_never_becomes_a_path() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).await.unwrap();
        for name in ["../../etc/passwd", "", "..", "uploads", "0190a6a4-3b1c-7cde-8f01-23456789ab/."] {
            assert!(matches!(folder.begin(&name.into()).await, Err(StorageError::Name)), "{name}");
            assert!(matches!(folder.read(&name.into(), None).await, Err(StorageError::Name)), "{name}");
            assert!(matches!(folder.delete(&[name.into()]).await, Err(StorageError::Name)), "{name}");
        }
    }
}
