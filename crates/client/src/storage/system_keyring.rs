use std::sync::{Mutex, PoisonError};

use keyring_core::Entry;
use zeroize::Zeroizing;

use super::{StorageError, StorageKey};
use crate::platform::offload;

impl StorageKey {
    /// The key that the system's keyring holds under these two names; a new one is made and put there the first time.
    ///
    /// The keyring is the Keychain on macOS, the Credential Manager on Windows, and elsewhere whatever speaks the Secret Service
    /// protocol on the session's D-Bus (GNOME Keyring, KWallet, KeePassXC). An app that has chosen another one with
    /// `keyring_core::set_default_store` gets that. The system may ask its user for permission meanwhile.
    ///
    /// `service` is the name of the app, `account` tells its storages apart. Two processes that both make the first call at the
    /// same moment may get different keys, of which the keyring keeps one.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use keyfold::{Client, FileStorage, StorageKey};
    /// let key = StorageKey::from_system_keyring("org.example.notes", "default").await?;
    /// let client = Client::builder("token").storage(FileStorage::open("sessions", key)?).build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StorageError::Unavailable`]: there is no keyring (on a server, for example), or it stays locked.
    /// [`StorageError::Damaged`]: what it holds under these names is no such key.
    #[cfg_attr(docsrs, doc(cfg(feature = "system-keyring")))]
    pub async fn from_system_keyring(service: &str, account: &str) -> Result<Self, StorageError> {
        let (service, account) = (service.to_owned(), account.to_owned());
        // Keyrings are asked by way of other processes, which may have to ask a person.
        let key = offload(move || load_or_create(&entry(&service, &account).map_err(failure)?)).await;
        key.unwrap_or_else(|| Err(StorageError::unavailable("the answer of the keyring was lost")))
    }
}

fn entry(service: &str, account: &str) -> keyring_core::Result<Entry> {
    if keyring_core::get_default_store().is_some() {
        return Entry::new(service, account);
    }
    Ok(keyring::Entry::new(service, account)?.inner)
}

fn load_or_create(entry: &Entry) -> Result<StorageKey, StorageError> {
    // Keyrings have no way to put something only where nothing is, so that two threads would each make a key.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = load(entry)? {
        return Ok(key);
    }
    let key = StorageKey::generate().map_err(StorageError::unavailable)?;
    entry.set_secret(key.expose()).map_err(failure)?;
    // What is there counts, should another process have put its own there meanwhile.
    load(entry)?.ok_or_else(|| StorageError::unavailable("the keyring does not keep what it is given"))
}

fn load(entry: &Entry) -> Result<Option<StorageKey>, StorageError> {
    let secret = match entry.get_secret() {
        Ok(secret) => Zeroizing::new(secret),
        Err(keyring_core::Error::NoEntry) => return Ok(None),
        Err(error) => return Err(failure(error)),
    };
    let bytes = <[u8; 32]>::try_from(secret.as_slice()).map_err(|_| StorageError::Damaged)?;
    Ok(Some(StorageKey::from_bytes(bytes)))
}

fn failure(error: keyring_core::Error) -> StorageError {
    match error {
        // These carry the secret.
        keyring_core::Error::BadEncoding(_) | keyring_core::Error::BadDataFormat(..) => StorageError::Damaged,
        error => StorageError::unavailable(error),
    }
}
