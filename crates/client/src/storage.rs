//! Where sessions, keys and groups outlive the process.
//!
//! [`MemoryStorage`] forgets everything at exit, `FileStorage` (not in a browser) keeps it encrypted in a folder. An app that has a
//! better place (a keychain, a database, IndexedDB) implements [`Storage`] and runs
//! [`storage_test_suite!`](crate::storage_test_suite) on it.

#[cfg(not(target_family = "wasm"))]
mod file;
mod memory;
mod suite;
#[cfg(all(feature = "system-keyring", not(target_family = "wasm")))]
mod system_keyring;

#[cfg(not(target_family = "wasm"))]
pub use file::{FileStorage, StorageKey};
pub use memory::MemoryStorage;

// For the expansion of `storage_test_suite!`.
#[doc(hidden)]
pub use futures_util::future::join3;
use zeroize::Zeroizing;

use crate::platform::{BoxFuture, Cause, MaybeSendSync};

/// Keeps texts under names.
///
/// Some values hold secret keys in the clear: an implementation protects what it keeps at rest. A value that was
/// acknowledged must be there after a crash, whole or not at all. Names are any text, distinguished byte for byte, and
/// may hold characters (`/`, `..`, `@`) that must not reach a file system.
pub trait Storage: MaybeSendSync + 'static {
    /// The value under `key`, `None` if there is none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>>;

    /// Puts `value` under `key`, replacing what was there.
    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>>;

    /// Removes what is under `key`. Nothing there is no error.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>>;

    /// Removes everything.
    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>>;
}

impl<T: Storage + ?Sized> Storage for std::sync::Arc<T> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        (**self).get(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        (**self).set(key, value)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        (**self).delete(key)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        (**self).clear()
    }
}

/// Failure of a [`Storage`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The place could not be read or written.
    #[error("the storage cannot be read or written")]
    Unavailable(#[source] Cause),
    /// A value is there, but it was changed, or written with another key.
    #[error("a stored value is damaged or was written with another storage key")]
    Damaged,
}

impl StorageError {
    /// An error with its cause. `cause` must not hold stored values.
    #[must_use]
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }
}
