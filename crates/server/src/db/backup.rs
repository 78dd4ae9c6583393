//! Copies of the embedded database, and their way back.
//!
//! A copy is made by SQLite itself (`VACUUM INTO`) in one read transaction: it holds the state of one moment, whatever servers write meanwhile, and
//! nobody waits for it. It is checked before it gets its name, so that a file of that name is a good backup or there is none. A restoration
//! is a copy as well, from the backup to the place of a database.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::DbError;
use super::migration::check_sqlite;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// There is something where the copy should go.
    #[error("{path} exists already and is left alone")]
    Exists {
        /// The file.
        path: String,
    },
    /// SQLite cannot read the file or does not find it in order.
    #[error("{path} is not a database in good order: {reason}")]
    Damaged {
        /// The file.
        path: String,
        /// What SQLite says.
        reason: String,
    },
    /// It is a database of another release.
    #[error(transparent)]
    Schema(#[from] DbError),
}

/// A copy of a database that has been checked and has no name yet. Dropped, it is removed.
pub struct Snapshot {
    partial: Partial,
    target: PathBuf,
}

impl Snapshot {
    /// Copies the database at `source`, which servers may be using, for the new file `target` (mode 0600).
    ///
    /// # Errors
    /// [`BackupError`]; nothing is left then.
    pub fn take(source: &Path, target: &Path) -> Result<Self, BackupError> {
        refuse_existing(&[target.to_owned(), with_suffix(target, "-wal"), with_suffix(target, "-shm")])?;
        let partial = Partial::beside(target)?;
        // A copy by SQLite rather than of bytes: it takes in what may still be in a log file beside the source.
        let connection = open(source)?;
        let path = partial.path.to_string_lossy().into_owned();
        connection.execute("VACUUM INTO ?1", [path]).map_err(|error| damaged(source, &error))?;
        drop(connection);
        check(&partial.path)?;
        Ok(Self { partial, target: target.to_owned() })
    }

    /// Where it lies until it is given its name. Nobody else uses it; it may be read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial.path
    }

    /// Flushes it and gives it its name. Returns its size in bytes.
    ///
    /// # Errors
    /// [`BackupError`]; there is no new file then.
    pub fn publish(self) -> Result<u64, BackupError> {
        self.partial.publish(&self.target)
    }
}

/// Reads the value of a server fact from a database file that nobody uses, without changing anything.
///
/// # Errors
/// [`BackupError::Damaged`].
pub fn server_fact(file: &Path, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
    let connection = open(file)?;
    let mut statement = connection
        .prepare("SELECT value FROM server_facts WHERE name = ?1")
        .map_err(|error| damaged(file, &error))?;
    let mut rows = statement.query([name]).map_err(|error| damaged(file, &error))?;
    let row = rows.next().map_err(|error| damaged(file, &error))?;
    row.map(|row| row.get(0)).transpose().map_err(|error| damaged(file, &error))
}

/// Structure, references, and that this release knows the tables.
fn check(file: &Path) -> Result<(), BackupError> {
    let connection = open(file)?;
    let failed = |error: rusqlite::Error| damaged(file, &error);
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if verdict != "ok" {
        return Err(damaged(file, &verdict));
    }
    let mut references = connection.prepare("PRAGMA foreign_key_check").map_err(failed)?;
    if references.exists([]).map_err(failed)? {
        return Err(damaged(file, &"a row refers to one that is not there"));
    }
    check_sqlite(&connection)?;
    Ok(())
}

fn open(file: &Path) -> Result<Connection, BackupError> {
    if !file.is_file() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "there is no such file");
        return Err(BackupError::File { path: file.display().to_string(), cause });
    }
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| damaged(file, &error))?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|error| damaged(file, &error))?;
    Ok(connection)
}

fn damaged(file: &Path, reason: &dyn std::fmt::Display) -> BackupError {
    BackupError::Damaged { path: file.display().to_string(), reason: reason.to_string() }
}

fn refuse_existing(files: &[PathBuf]) -> Result<(), BackupError> {
    match files.iter().find(|file| file.exists()) {
        Some(file) => Err(BackupError::Exists { path: file.display().to_string() }),
        None => Ok(()),
    }
}

/// A copy that is not finished. Dropped, it is removed.
struct Partial {
    path: PathBuf,
}

impl Partial {
    fn beside(target: &Path) -> Result<Self, BackupError> {
        let path = with_suffix(target, ".partial");
        // Of an earlier attempt that was killed; nobody uses it.
        let _ = fs::remove_file(&path);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|cause| BackupError::File { path: path.display().to_string(), cause })?;
        Ok(Self { path })
    }

    /// Flushes it and gives it its name, unless somebody else has taken it meanwhile.
    fn publish(self, target: &Path) -> Result<u64, BackupError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: target.display().to_string() },
            _ => BackupError::File { path: target.display().to_string(), cause },
        };
        let file = File::open(&self.path).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::hard_link(&self.path, target).map_err(failed)?;
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(file.metadata().map_err(failed)?.len())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // It is there or it is not.
            let _ = fs::remove_file(with_suffix(&self.path, suffix));
        }
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
