//! Opening what a command works on: the data folder, the root key, the database.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use keyfold_server::db::Db;
use keyfold_server::installation::{self, InstallationError};
use keyfold_server::storage::StorageError;
use keyfold_server::{DatabaseConfig, RootKey, StartError};

use crate::configuration::Settings;
use crate::failure::Failure;
use crate::key;

/// Where the secrets and the data of an installation are, with its root key loaded.
pub(crate) struct Installation {
    /// The database.
    pub(crate) database: DatabaseConfig,
    /// The key under which the server's secrets are encrypted.
    pub(crate) root_key: RootKey,
    /// The root key's file.
    key_file: PathBuf,
    /// It did not exist before this command.
    key_is_new: bool,
}

impl Installation {
    /// Makes what is missing (the data folder, mode 0700; the root key, mode 0600) and loads the root key.
    pub(crate) fn prepare(settings: &Settings) -> Result<Self, Failure> {
        DirBuilder::new().recursive(true).mode(0o700).create(&settings.server.data).map_err(|error| {
            Failure::Refused(format!(
                "cannot make the data folder {}: {error}",
                settings.server.data.display()
            ))
        })?;
        let file = settings.root_key_file();
        let missing = !file.exists();
        let database = settings.database();
        database.check().map_err(Failure::refused)?;
        // A new key could not read the secrets of an existing database; it would only hide that the old one is missing.
        if let DatabaseConfig::Sqlite { path } = &database
            && missing
            && path.exists()
        {
            return Err(Failure::Refused(format!(
                "there is a database ({}), but its root key is missing: put it back at {}",
                path.display(),
                file.display()
            )));
        }
        let root_key = RootKey::load_or_create(&file).map_err(Failure::refused)?;
        Ok(Self { database, root_key, key_file: file, key_is_new: missing })
    }

    /// As [`Self::prepare`], for commands that change nothing and need an installation that is there.
    pub(crate) fn existing(settings: &Settings) -> Result<Self, Failure> {
        let database = settings.database();
        database.check().map_err(Failure::refused)?;
        let file = settings.root_key_file();
        if let DatabaseConfig::Sqlite { path } = &database
            && !path.exists()
        {
            return Err(Failure::Failed(format!("there is no database at {}", path.display())));
        }
        if !file.exists() {
            return Err(Failure::Refused(format!("the root key is missing: put it to {}", file.display())));
        }
        let root_key = RootKey::load(&file).map_err(Failure::refused)?;
        Ok(Self { database, root_key, key_file: file, key_is_new: false })
    }

    /// Opens the database for reading alone and checks that the root key is its own. The tables have to be those of this release.
    pub(crate) async fn look(&self) -> Result<Db, Failure> {
        let db = Db::look(&self.database).await.map_err(Failure::failed)?;
        installation::check(&db, &self.root_key).await.map_err(|error| self.refused_key(&error))?;
        Ok(db)
    }

    /// Opens the database and checks that the root key is its own.
    pub(crate) async fn open(&self) -> Result<Db, Failure> {
        let db = Db::open(&self.database).await.map_err(Failure::failed)?;
        installation::open(&db, &self.root_key).await.map_err(|error| self.refused_key(&error))?;
        Ok(db)
    }

    /// The failure for a server that did not start.
    pub(crate) fn start_failure(&self, error: &StartError) -> Failure {
        match error {
            StartError::Installation(error) => self.refused_key(error),
            StartError::Mail(_) | StartError::Storage(StorageError::Configuration(_)) => {
                Failure::refused(error)
            }
            other => Failure::failed(other),
        }
    }

    fn refused_key(&self, error: &InstallationError) -> Failure {
        match error {
            InstallationError::WrongRootKey => {
                if self.key_is_new {
                    // A key made a moment ago for a database that has another one is only in the way of the right one.
                    let _ = std::fs::remove_file(&self.key_file);
                }
                if key::next_file(&self.key_file).exists() {
                    return Failure::Refused(format!(
                        "{error}. A change of the root key was interrupted: run `keyfold key rotate-root` to finish it"
                    ));
                }
                Failure::refused(error)
            }
            other => Failure::failed(other),
        }
    }
}
