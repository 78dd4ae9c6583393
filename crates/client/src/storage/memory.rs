use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use keyfold_protocol::text_map::TextMap;
use zeroize::Zeroizing;

use super::{Storage, StorageError};
use crate::lock::lock;
use crate::platform::BoxFuture;

/// Keeps everything in memory: a login ends with the process. The default.
///
/// Clones share their content. Values are wiped when they are replaced or dropped.
#[derive(Clone, Default)]
pub struct MemoryStorage {
    values: Arc<Mutex<TextMap<Zeroizing<String>>>>,
}

impl MemoryStorage {
    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn values(&self) -> MutexGuard<'_, TextMap<Zeroizing<String>>> {
        lock(&self.values)
    }
}

impl Storage for MemoryStorage {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        Box::pin(std::future::ready(Ok(self.values().get(key).cloned())))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        self.values().insert(key, Zeroizing::new(value.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        self.values().remove(key);
        Box::pin(std::future::ready(Ok(())))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        self.values().clear();
        Box::pin(std::future::ready(Ok(())))
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStorage({} values)", self.values().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::storage_test_suite!(tokio::test, MemoryStorage::new());

    #[test]
    fn debug_shows_no_values() {
        let storage = MemoryStorage::new();
        drop(storage.set("name", "secret"));
        assert_eq!(format!("{storage:?}"), "MemoryStorage(1 values)");
    }
}
