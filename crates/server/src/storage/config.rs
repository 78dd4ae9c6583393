//! Where contents are stored, and how much of them.

use std::path::PathBuf;
use std::time::Duration;

/// Storage of file contents.
#[derive(Clone)]
pub struct StorageConfig {
    /// Where contents lie.
    pub backend: StorageBackend,
    /// How much an app may store, if nothing else was set for it.
    pub quota: Quota,
    /// Time from the head of an upload to its end. A part has 5 MiB at most.
    pub upload_timeout: Duration,
    /// Time that a client may send nothing in the middle of an upload, or take nothing of an answer.
    pub idle_timeout: Duration,
    /// Bytes per second below which an upload is broken off that holds one of the places of `buffered_uploads`: on average, from
    /// `idle_timeout` after it got the place. 0 for no such bound.
    pub slowest_buffered_upload: u64,
    /// Contents that may be held in memory at the same time because the storage takes them only whole: at most 5 MiB each. For the
    /// folder there is no such need.
    pub buffered_uploads: usize,
    /// Messages to apps that store their files themselves.
    pub callbacks: CallbackConfig,
}

/// Where contents lie.
#[derive(Clone)]
#[non_exhaustive]
pub enum StorageBackend {
    /// Nowhere: apps cannot store files on this server.
    Disabled,
    /// In a folder of this machine, or one that all servers share.
    Folder {
        /// Made when it is missing.
        path: PathBuf,
    },
    /// In a bucket of a provider.
    Bucket {
        /// `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
        url: String,
        /// Access: region, endpoint, keys, under the names that the provider's own tools use (`aws_region`, `aws_endpoint`,
        /// `aws_access_key_id`, …, `google_service_account`, …, `azure_storage_account_name`, …). Never logged.
        options: Vec<(String, String)>,
    },
}

/// How much an app may store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Most files; `None` for no limit.
    pub files: Option<u64>,
    /// Most bytes in all parts that this server stores; `None` for no limit.
    pub bytes: Option<u64>,
}

/// Messages to apps that store their files themselves.
#[derive(Debug, Clone)]
pub struct CallbackConfig {
    /// Time for one message, from the look-up of the address to the answer.
    pub timeout: Duration,
    /// Times that a message is sent before it is given up. The pauses double from ten seconds up to six hours.
    pub attempts: u32,
    /// Whether messages may go to addresses that are not public, and without TLS. Only for installations whose apps' owners are
    /// trusted with the network the server stands in.
    pub allow_private_targets: bool,
}

impl StorageConfig {
    /// Contents in a folder.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::new(StorageBackend::Folder { path: path.into() })
    }

    /// Contents where `backend` says, with the default limits.
    #[must_use]
    pub fn new(backend: StorageBackend) -> Self {
        Self {
            backend,
            quota: Quota::default(),
            upload_timeout: Duration::from_secs(15 * 60),
            idle_timeout: Duration::from_secs(30),
            slowest_buffered_upload: 8 * 1_024,
            buffered_uploads: 16,
            callbacks: CallbackConfig::default(),
        }
    }

    /// Whether apps can store files here.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !matches!(self.backend, StorageBackend::Disabled)
    }
}

impl Default for CallbackConfig {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 20, allow_private_targets: false }
    }
}
