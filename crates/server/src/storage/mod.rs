//! Where the contents of file parts lie: in a folder, or in the bucket of a provider.
//!
//! A content has the id of its part as its name, is written once and never changed. Whether it belongs to anything is decided by the
//! database alone: a part is visible when its row is, and its row is written when its content is stored for good.

mod bucket;
mod config;
pub(crate) mod folder;
pub(crate) mod target;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use keyfold_protocol::id::FilePartId;

use self::bucket::Bucket;
pub use self::config::{CallbackConfig, Quota, StorageBackend, StorageConfig};
use self::folder::Folder;
use crate::random;

/// The storage of a server. Clones share it.
#[derive(Clone)]
pub(crate) enum Storage {
    /// There is none.
    Disabled,
    Folder(Arc<Folder>),
    Bucket(Arc<Bucket>),
}

/// A content that is being written. Dropped before [`Upload::finish`], it leaves nothing behind.
pub(crate) enum Upload {
    Folder(folder::Upload),
    Bucket(bucket::Upload),
}

/// A stored content, or a range of it, on its way out.
pub(crate) struct Content {
    /// Bytes of the whole content.
    pub(crate) size: u64,
    /// The bytes that `stream` yields.
    pub(crate) range: Range<u64>,
    pub(crate) stream: BoxStream<'static, Result<Bytes, StorageError>>,
}

/// Why something could not be stored or fetched. For the log: names of files and buckets are nobody else's business.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No storage is configured.
    #[error("no storage is configured")]
    Disabled,
    /// There is no such content.
    #[error("no such content")]
    Missing,
    /// The file system.
    #[error("storage folder: {0}")]
    Io(#[from] std::io::Error),
    /// The provider of the bucket.
    #[error("storage bucket: {0}")]
    Bucket(#[from] object_store::Error),
    /// The address of the bucket or an option for it.
    #[error("storage configuration: {0}")]
    Configuration(String),
    /// A name that is no id: never made by this server.
    #[error("not the name of a content")]
    Name,
}

/// Tries a storage out: a content is written, read and deleted again. `false` for a folder that is not there yet, and is left so: the server makes it.
///
/// # Errors
/// What does not work.
pub async fn probe(config: &StorageConfig) -> Result<bool, StorageError> {
    const CONTENT: &[u8] = b"keyfold";
    match &config.backend {
        StorageBackend::Disabled => return Err(StorageError::Disabled),
        StorageBackend::Folder { path } if !path.exists() => return Ok(false),
        StorageBackend::Folder { .. } | StorageBackend::Bucket { .. } => {}
    }
    let storage = Storage::open(config).await?;
    let id = FilePartId::from(random::ordered_id().as_str());
    let mut upload = storage.begin(&id).await?;
    upload.write(Bytes::from_static(CONTENT)).await?;
    upload.finish().await?;
    let read = async { storage.read(&id, None).await?.stream.try_collect::<Vec<_>>().await };
    let read = read.await;
    storage.delete(std::slice::from_ref(&id)).await?;
    if read?.concat() == CONTENT {
        Ok(true)
    } else {
        Err(StorageError::Configuration("what was written is not what is read".into()))
    }
}

impl Storage {
    /// Opens the storage; makes the folder.
    pub(crate) async fn open(config: &StorageConfig) -> Result<Self, StorageError> {
        Ok(match &config.backend {
            StorageBackend::Disabled => Self::Disabled,
            StorageBackend::Folder { path } => Self::Folder(Arc::new(Folder::open(path).await?)),
            StorageBackend::Bucket { url, options } => {
                Self::Bucket(Arc::new(Bucket::open(url, options, config.buffered_uploads)?))
            }
        })
    }

    /// Begins to write a content.
    pub(crate) async fn begin(&self, id: &FilePartId) -> Result<Upload, StorageError> {
        match self {
            Self::Disabled => Err(StorageError::Disabled),
            Self::Folder(folder) => Ok(Upload::Folder(folder.begin(id).await?)),
            Self::Bucket(bucket) => Ok(Upload::Bucket(bucket.begin(id).await?)),
        }
    }

    /// A content, or the part of `range` that exists.
    pub(crate) async fn read(
        &self,
        id: &FilePartId,
        range: Option<Range<u64>>,
    ) -> Result<Content, StorageError> {
        match self {
            Self::Disabled => Err(StorageError::Disabled),
            Self::Folder(folder) => folder.read(id, range).await,
            Self::Bucket(bucket) => bucket.read(id, range).await,
        }
    }

    /// Bytes of a content, `None` when there is none.
    pub(crate) async fn size(&self, id: &FilePartId) -> Result<Option<u64>, StorageError> {
        match self {
            Self::Disabled => Err(StorageError::Disabled),
            Self::Folder(folder) => folder.size(id).await,
            Self::Bucket(bucket) => bucket.size(id).await,
        }
    }

    /// Deletes contents. Those that are not there count as deleted.
    pub(crate) async fn delete(&self, ids: &[FilePartId]) -> Result<(), StorageError> {
        if ids.is_empty() {
            return Ok(());
        }
        match self {
            Self::Disabled => Err(StorageError::Disabled),
            Self::Folder(folder) => folder.delete(ids).await,
            Self::Bucket(bucket) => bucket.delete(ids).await,
        }
    }

    /// Removes what uploads have left that were begun so long ago that none of them can still run.
    pub(crate) async fn sweep(&self, age: Duration) -> Result<u64, StorageError> {
        match self {
            Self::Folder(folder) => folder.sweep(age).await,
            Self::Disabled | Self::Bucket(_) => Ok(0),
        }
    }
}

impl Upload {
    /// Whether it holds a place that others wait for.
    pub(crate) fn is_buffered(&self) -> bool {
        matches!(self, Self::Bucket(_))
    }

    /// Takes the next bytes.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        match self {
            Self::Folder(upload) => upload.write(bytes).await,
            Self::Bucket(upload) => {
                upload.write(bytes);
                Ok(())
            }
        }
    }

    /// Stores the content for good: when this returns, no crash and no loss of power takes it away.
    pub(crate) async fn finish(self) -> Result<(), StorageError> {
        match self {
            Self::Folder(upload) => upload.finish().await,
            Self::Bucket(upload) => upload.finish().await,
        }
    }
}
