//! Where the contents of file parts lie: in a folder, or in the bucket of a provider.

mod config;
pub(crate) mod target;

pub use config::{CallbackConfig, Quota, StorageBackend, StorageConfig};
