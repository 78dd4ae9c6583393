//! Contents in a bucket of S3, Google Cloud Storage or Azure.
//!
//! A part is at most as large as the smallest piece of a multipart upload (5 MiB). It is therefore collected and stored by one request, which is
//! atomic and leaves nothing behind when it fails, unlike a multipart upload that nobody ends. How many are collected at the same time
//! is limited, and with that the memory.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use keyfold_protocol::id::FilePartId;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Content, StorageError};

pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    slots: Arc<Semaphore>,
}

/// A content that is collected.
pub(crate) struct Upload {
    store: Arc<dyn ObjectStore>,
    path: Path,
    chunks: Vec<Bytes>,
    _slot: OwnedSemaphorePermit,
}

impl Bucket {
    pub(super) fn open(
        url: &str,
        options: &[(String, String)],
        buffered_uploads: usize,
    ) -> Result<Self, StorageError> {
        let url = reqwest::Url::parse(url)
            .map_err(|_| StorageError::Configuration("the address of the bucket is no URL".into()))?;
        // Its errors name the option, never its value.
        let (store, prefix) = object_store::parse_url_opts(&url, options.iter().cloned())?;
        let slots = Arc::new(Semaphore::new(buffered_uploads.clamp(1, Semaphore::MAX_PERMITS)));
        Ok(Self { store: store.into(), prefix, slots })
    }

    pub(super) async fn begin(&self, id: &FilePartId) -> Result<Upload, StorageError> {
        let path = self.path(id)?;
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| StorageError::Disabled)?;
        Ok(Upload { store: self.store.clone(), path, chunks: Vec::new(), _slot: slot })
    }

    pub(super) async fn read(
        &self,
        id: &FilePartId,
        range: Option<Range<u64>>,
    ) -> Result<Content, StorageError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&self.path(id)?, options).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => StorageError::Missing,
            other => StorageError::Bucket(other),
        })?;
        let (size, range) = (found.meta.size, found.range.clone());
        Ok(Content { size, range, stream: found.into_stream().map_err(StorageError::Bucket).boxed() })
    }

    pub(super) async fn size(&self, id: &FilePartId) -> Result<Option<u64>, StorageError> {
        match self.store.head(&self.path(id)?).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn delete(&self, ids: &[FilePartId]) -> Result<(), StorageError> {
        let paths = ids.iter().map(|id| self.path(id)).collect::<Result<Vec<_>, _>>()?;
        // Providers with a request for many at once get those.
        let mut outcomes = self.store.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn path(&self, id: &FilePartId) -> Result<Path, StorageError> {
        if id.is_uuid() { Ok(self.prefix.clone().join(id.as_str())) } else { Err(StorageError::Name) }
    }
}

impl Upload {
    pub(super) fn write(&mut self, bytes: Bytes) {
        self.chunks.push(bytes);
    }

    pub(super) async fn finish(self) -> Result<(), StorageError> {
        let payload: PutPayload = self.chunks.into_iter().collect();
        self.store.put(&self.path, payload).await?;
        Ok(())
    }
}
