//! The key of a storage in the keyring of the system, with a keyring that lives in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use std::sync::Once;

use keyfold::{FileStorage, Storage, StorageError, StorageKey};
use keyring_core::{Entry, mock};

const SERVICE: &str = "keyfold tests";

async fn key_of(account: &str) -> Result<StorageKey, StorageError> {
    static KEYRING: Once = Once::new();
    KEYRING.call_once(|| keyring_core::set_default_store(mock::Store::new().unwrap()));
    StorageKey::from_system_keyring(SERVICE, account).await
}

fn entry_of(account: &str) -> Entry {
    Entry::new(SERVICE, account).unwrap()
}

#[tokio::test]
async fn a_storage_opens_again_with_the_key_that_the_keyring_holds() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FileStorage::open(folder.path(), key_of("storage").await.unwrap()).unwrap();
    storage.set("name", "value").await.unwrap();
    let again = FileStorage::open(folder.path(), key_of("storage").await.unwrap()).unwrap();
    assert_eq!(again.get("name").await.unwrap().unwrap().as_str(), "value");
}

#[tokio::test]
async fn every_account_has_a_key_of_its_own() {
    let (one, other) = (key_of("one").await.unwrap(), key_of("other").await.unwrap());
    assert_ne!(one.expose(), other.expose());
    assert_eq!(entry_of("one").get_secret().unwrap(), one.expose());
}

#[tokio::test]
async fn what_is_no_key_is_damage_and_is_left_alone() {
    key_of("begin").await.unwrap();
    entry_of("damaged").set_secret(b"a password").unwrap();
    assert!(matches!(key_of("damaged").await, Err(StorageError::Damaged)));
    assert_eq!(entry_of("damaged").get_secret().unwrap(), b"a password");
}

#[tokio::test]
async fn a_locked_keyring_is_unavailable_and_its_key_is_not_replaced() {
    let key = key_of("locked").await.unwrap();
    let fail_once =
        |error| entry_of("locked").as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    fail_once(keyring_core::Error::NoStorageAccess("locked".into()));
    assert!(matches!(key_of("locked").await, Err(StorageError::Unavailable(_))));
    assert_eq!(key_of("locked").await.unwrap().expose(), key.expose());
}

#[tokio::test]
async fn the_errors_of_a_keyring_do_not_show_what_it_holds() {
    key_of("shown").await.unwrap();
    let held = keyring_core::Error::BadEncoding(b"held secret".to_vec());
    entry_of("shown").as_any().downcast_ref::<mock::Cred>().unwrap().set_error(held);
    let error = key_of("shown").await.unwrap_err();
    assert!(matches!(error, StorageError::Damaged));
    assert!(std::error::Error::source(&error).is_none());
}
