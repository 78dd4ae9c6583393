use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keyfold_crypto::AtRestKey;
use zeroize::{Zeroize, Zeroizing};

use super::{Storage, StorageError};
use crate::platform::{BoxFuture, offload};

/// Ending of a value that is complete.
const VALUE: &str = "kf";
/// Ending of a value that is being written.
const PARTIAL: &str = "tmp";
/// Age from which an unfinished file belongs to a process that no longer exists.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Keeps values in a folder, encrypted under a key that the app supplies.
///
/// One file per value. File names are keyed hashes, so that neither names nor identifiers show, and no name can leave the
/// folder. Values are AES-256-GCM with their name as additional data. A value is written to a file beside its place,
/// flushed to the disk and renamed, so that a crash leaves the old or the new value. Folder and files are readable by
/// their owner only.
///
/// Where the key comes from decides what this protects: a key in the system's keyring, or one derived from something the
/// user types, protects a stolen disk; a key in a file beside the folder protects nothing. With the feature `system-keyring`,
/// `StorageKey::from_system_keyring` returns the first kind.
///
/// ```no_run
/// use keyfold::{FileStorage, StorageKey};
/// # fn load_from_keyring() -> [u8; 32] { [0; 32] }
/// let storage = FileStorage::open("./sessions", StorageKey::from_bytes(load_from_keyring()))?;
/// # Ok::<(), keyfold::StorageError>(())
/// ```
#[derive(Clone)]
pub struct FileStorage(Arc<Folder>);

/// Key of a [`FileStorage`]: 32 random bytes. Wiped when dropped.
pub struct StorageKey([u8; 32]);

impl StorageKey {
    /// From 32 uniformly random bytes. A password is not such a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new random key, for the app to keep.
    ///
    /// # Errors
    /// [`Error::Crypto`](crate::Error::Crypto) (`client_13`) when the system gives no randomness.
    pub fn generate() -> Result<Self, crate::Error> {
        Ok(Self(*AtRestKey::random_bytes()?.expose()))
    }

    /// The bytes, to keep them in a safe place.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for StorageKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageKey(redacted)")
    }
}

impl FileStorage {
    /// Opens the folder, making it if it does not exist.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the folder cannot be made or read.
    pub fn open(folder: impl Into<PathBuf>, key: StorageKey) -> Result<Self, StorageError> {
        let path = folder.into();
        let key = AtRestKey::from_bytes(key.expose()).map_err(StorageError::unavailable)?;
        create_private_folder(&path).map_err(StorageError::unavailable)?;
        let folder = Folder { path, key };
        folder.remove_abandoned().map_err(StorageError::unavailable)?;
        Ok(Self(Arc::new(folder)))
    }

    /// Disk access takes as long as it takes: it runs beside the caller's executor.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StorageError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StorageError>> {
        let folder = Arc::clone(&self.0);
        Box::pin(async move {
            offload(move || work(&folder))
                .await
                .unwrap_or_else(|| Err(StorageError::unavailable("the disk access was lost")))
        })
    }
}

impl Storage for FileStorage {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Zeroizing<String>>, StorageError>> {
        let key = key.to_owned();
        self.run(move |folder| folder.read(&key))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        let (key, value) = (key.to_owned(), Zeroizing::new(value.to_owned()));
        self.run(move |folder| folder.write(&key, &value))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StorageError>> {
        let key = key.to_owned();
        self.run(move |folder| folder.remove(&key))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StorageError>> {
        self.run(|folder| folder.remove_all().map_err(StorageError::unavailable))
    }
}

impl fmt::Debug for FileStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStorage({:?})", self.0.path)
    }
}

struct Folder {
    path: PathBuf,
    key: AtRestKey,
}

impl Folder {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>, StorageError> {
        let sealed = match fs::read(self.place(name)?) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StorageError::unavailable(error)),
        };
        let value = self.key.open(name, &sealed).map_err(|_| StorageError::Damaged)?;
        let value = std::str::from_utf8(value.expose()).map_err(|_| StorageError::Damaged)?;
        Ok(Some(Zeroizing::new(value.to_owned())))
    }

    fn write(&self, name: &str, value: &str) -> Result<(), StorageError> {
        let sealed = self.key.seal(name, value.as_bytes()).map_err(StorageError::unavailable)?;
        let place = self.place(name)?;
        let partial = self.partial_place()?;
        let written = write_private_file(&partial, &sealed)
            .and_then(|()| fs::rename(&partial, &place))
            .and_then(|()| flush_folder(&self.path));
        written.map_err(|error| {
            // It is useless now, and the first error is the one to report.
            let _ = fs::remove_file(&partial);
            StorageError::unavailable(error)
        })
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        match fs::remove_file(self.place(name)?) {
            Ok(()) => flush_folder(&self.path).map_err(StorageError::unavailable),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StorageError::unavailable(error)),
        }
    }

    fn remove_all(&self) -> io::Result<()> {
        for file in self.files(&[VALUE, PARTIAL])? {
            remove_if_there(&file)?;
        }
        flush_folder(&self.path)
    }

    fn remove_abandoned(&self) -> io::Result<()> {
        for file in self.files(&[PARTIAL])? {
            let age = fs::metadata(&file).and_then(|meta| meta.modified()).map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                remove_if_there(&file)?;
            }
        }
        Ok(())
    }

    /// Files of this storage, whatever else lies in the folder.
    fn files(&self, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            let label = path.file_stem().and_then(|label| label.to_str()).unwrap_or_default();
            let ours = label.len() == 64 && label.bytes().all(|byte| byte.is_ascii_hexdigit());
            if ours && ending.is_some_and(|ending| endings.contains(&ending)) {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn place(&self, name: &str) -> Result<PathBuf, StorageError> {
        let label = self.key.label(name).map_err(StorageError::unavailable)?;
        Ok(self.path.join(label).with_extension(VALUE))
    }

    /// A name that no other process or thread uses.
    fn partial_place(&self) -> Result<PathBuf, StorageError> {
        let random = AtRestKey::random_bytes().map_err(StorageError::unavailable)?;
        let label: String = random.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.path.join(label).with_extension(PARTIAL))
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn write_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a rename or removal survive a power cut. Windows has no such call and needs none.
fn flush_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A storage whose folder lasts as long as the storage.
    struct Temporary {
        storage: FileStorage,
        folder: tempfile::TempDir,
    }

    impl std::ops::Deref for Temporary {
        type Target = FileStorage;

        fn deref(&self) -> &FileStorage {
            &self.storage
        }
    }

    fn temporary() -> Temporary {
        let folder = tempfile::tempdir().unwrap();
        let storage = FileStorage::open(folder.path(), StorageKey::from_bytes([7; 32])).unwrap();
        Temporary { storage, folder }
    }

    fn file_names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    crate::storage_test_suite!(tokio::test, temporary());

    #[tokio::test]
    async fn values_survive_reopening_with_the_same_key_only() {
        let first = temporary();
        first.set("key", "value").await.unwrap();
        let again = FileStorage::open(first.folder.path(), StorageKey::from_bytes([7; 32])).unwrap();
        assert_eq!(again.get("key").await.unwrap().unwrap().as_str(), "value");
        let other = FileStorage::open(first.folder.path(), StorageKey::from_bytes([8; 32])).unwrap();
        assert!(other.get("key").await.unwrap().is_none(), "not even the names are known without the key");
    }

    #[tokio::test]
    async fn neither_names_nor_values_can_be_seen_in_the_folder() {
        let storage = temporary();
        storage.set("user_data_id_alice", "her secret").await.unwrap();
        for name in file_names(storage.folder.path()) {
            assert!(!name.contains("alice"));
            let content = fs::read(storage.folder.path().join(name)).unwrap();
            assert!(!content.windows(6).any(|window| window == b"secret"));
        }
    }

    #[tokio::test]
    async fn a_value_that_was_moved_or_changed_is_damaged() {
        let storage = temporary();
        storage.set("a", "value of a").await.unwrap();
        storage.set("b", "value of b").await.unwrap();
        fs::copy(storage.0.place("a").unwrap(), storage.0.place("b").unwrap()).unwrap();
        assert!(matches!(storage.get("b").await, Err(StorageError::Damaged)));
        fs::write(storage.0.place("a").unwrap(), "").unwrap();
        assert!(matches!(storage.get("a").await, Err(StorageError::Damaged)));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_and_folder_belong_to_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("inner");
        let storage = FileStorage::open(&folder, StorageKey::from_bytes([7; 32])).unwrap();
        storage.set("key", "value").await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&storage.0.place("key").unwrap()), 0o600);
    }

    #[tokio::test]
    async fn a_crash_while_writing_leaves_the_old_value() {
        let storage = temporary();
        storage.set("key", "old").await.unwrap();
        // What a crash between writing and renaming leaves behind.
        fs::write(storage.0.partial_place().unwrap(), "half a val").unwrap();
        let again = FileStorage::open(storage.folder.path(), StorageKey::from_bytes([7; 32])).unwrap();
        assert_eq!(again.get("key").await.unwrap().unwrap().as_str(), "old");
    }

    #[tokio::test]
    async fn finished_writes_leave_nothing_else_behind() {
        let storage = temporary();
        for value in ["1", "2", "3"] {
            storage.set("key", value).await.unwrap();
        }
        assert_eq!(file_names(storage.folder.path()).len(), 1);
    }

    #[tokio::test]
    async fn clearing_leaves_files_of_others_alone() {
        let storage = temporary();
        fs::write(storage.folder.path().join("notes.txt"), "mine").unwrap();
        storage.set("key", "value").await.unwrap();
        storage.clear().await.unwrap();
        assert_eq!(file_names(storage.folder.path()), ["notes.txt"]);
    }
}
