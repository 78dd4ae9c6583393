//! What is kept in the storage, and under which names.
//!
//! The names are those of the existing JavaScript clients, so that apps which look into their storage find what they
//! expect. The values are ours. Secret in them are the keys of the device and the tokens; keys of users and groups are
//! kept as the server sends them, encrypted to the device or to another key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use keyfold_protocol::id::{DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::BoxFuture;
use crate::session::StoredSession;
use crate::storage::Storage;

pub(crate) const ACTUAL_USER: &str = "actual_user";

/// Reads and writes records as JSON.
#[derive(Clone)]
pub(crate) struct Records(Arc<dyn Storage>);

impl Records {
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }

    /// Identifier of the device that logged in last.
    pub(crate) async fn actual_user(&self) -> Result<Option<String>, Error> {
        self.get("name of the current user", ACTUAL_USER).await
    }

    pub(crate) async fn set_actual_user(&self, identifier: &str) -> Result<(), Error> {
        self.set(ACTUAL_USER, &identifier).await
    }

    pub(crate) async fn session(&self, device: &DeviceId) -> Result<Option<StoredSession>, Error> {
        self.get("session", &session_key(device)).await
    }

    pub(crate) async fn set_session(&self, session: &StoredSession) -> Result<(), Error> {
        self.set(&session_key(&session.device_id), session).await
    }

    pub(crate) async fn delete_session(&self, device: &DeviceId) -> Result<(), Error> {
        self.delete(&session_key(device)).await
    }

    /// The value under `key`; `what` names it in an error.
    pub(crate) fn get<'a, T: DeserializeOwned>(
        &'a self,
        what: &'static str,
        key: &'a str,
    ) -> impl Future<Output = Result<Option<T>, Error>> + use<'a, T> {
        // The type matters when there is a value: waiting for it exists once.
        self.0.get(key).map(move |text| {
            let Some(text) = text? else { return Ok(None) };
            json::from_slice(text.as_bytes())
                .map(Some)
                .map_err(|error| Error::unreadable_record(what, Some(error)))
        })
    }

    pub(crate) fn set<'a, T: Serialize>(
        &'a self,
        key: &'a str,
        value: &T,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.write(key, serde_json::to_string(value).map(Zeroizing::new))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        text: Result<Zeroizing<String>, serde_json::Error>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let text = text.map_err(|error| Error::JsonWrite(Arc::new(error)))?;
            Ok(self.0.set(key, &text).await?)
        })
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        Ok(self.0.delete(key).await?)
    }

    pub(crate) async fn clear(&self) -> Result<(), Error> {
        Ok(self.0.clear().await?)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}

pub(crate) fn user_key(identifier: &str) -> String {
    format!("user_data_id_{identifier}")
}

fn session_key(device: &DeviceId) -> String {
    format!("session_id_{device}")
}

/// `owner` is the user, or the group through which the group is reached.
pub(crate) fn group_key(owner: &str, group: &GroupId) -> String {
    format!("group_data_user_{owner}_id_{group}")
}

/// The group of a [`group_key`].
pub(crate) fn group_of(record: &str) -> Option<GroupId> {
    record.rsplit_once('_').map(|(_, group)| group.into())
}

pub(crate) fn user_public_key(user: &UserId) -> String {
    format!("user_public_key_id_{user}")
}

pub(crate) fn group_public_key(group: &GroupId) -> String {
    format!("group_public_key_id_{group}")
}

pub(crate) fn user_verify_key(user: &UserId, key: &KeyId) -> String {
    format!("user_verify_key_id_{user}_key_id_{key}")
}

pub(crate) fn user_trust(user: &UserId) -> String {
    format!("user_trust_id_{user}")
}

/// Writes a record that changes while it is being written, so that the last change ends up in the storage.
///
/// Writers run side by side and no lock is held while one waits for the storage. Whoever finds that something changed
/// since its snapshot writes again.
#[derive(Default)]
pub(crate) struct Snapshots(AtomicU64);

impl Snapshots {
    /// To be called after each change.
    pub(crate) fn changed(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// `wanted` says whether the record may be there at all: not after a logout, which must win over a write that was under
    /// way.
    pub(crate) async fn write<T: Serialize>(
        &self,
        records: &Records,
        wanted: impl Fn() -> bool,
        snapshot: impl Fn() -> (String, T),
    ) -> Result<(), Error> {
        loop {
            if !wanted() {
                return Ok(());
            }
            let version = self.0.load(Ordering::SeqCst);
            let (key, value) = snapshot();
            records.set(&key, &value).await?;
            if !wanted() {
                return records.delete(&key).await;
            }
            if self.0.load(Ordering::SeqCst) == version {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::lock::lock;
    use crate::platform::BoxFuture;
    use crate::storage::{MemoryStorage, StorageError};

    /// Runs a closure once, in the middle of the first write.
    struct Interrupted {
        inner: MemoryStorage,
        meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Storage for Interrupted {
        fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
            self.inner.get(key)
        }

        fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
            if let Some(meanwhile) = lock(&self.meanwhile).take() {
                meanwhile();
            }
            self.inner.set(key, value)
        }

        fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
            self.inner.delete(key)
        }

        fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
            self.inner.clear()
        }
    }

    /// Writes a number that `meanwhile` changes while it is being written, and returns what is stored in the end.
    async fn written(wanted: bool, meanwhile: impl Fn(&Mutex<(u32, bool)>) + Send + 'static) -> Option<u32> {
        let state = Arc::new(Mutex::new((1, wanted)));
        let snapshots = Arc::new(Snapshots::default());
        let (changed, version) = (Arc::clone(&state), Arc::clone(&snapshots));
        let meanwhile: Box<dyn FnOnce() + Send> = Box::new(move || {
            meanwhile(&changed);
            version.changed();
        });
        let storage = Interrupted { inner: MemoryStorage::new(), meanwhile: Mutex::new(Some(meanwhile)) };
        let records = Records::new(Arc::new(storage));
        let snapshot = || ("key".to_owned(), lock(&state).0);
        snapshots.write(&records, || lock(&state).1, snapshot).await.unwrap();
        records.get("number", "key").await.unwrap()
    }

    #[tokio::test]
    async fn a_change_during_a_write_ends_up_in_the_storage() {
        assert_eq!(written(true, |state| lock(state).0 = 2).await, Some(2));
    }

    #[tokio::test]
    async fn a_record_that_is_no_longer_wanted_does_not_come_back() {
        assert_eq!(written(true, |state| lock(state).1 = false).await, None);
        assert_eq!(written(false, |_| {}).await, None);
    }
}
