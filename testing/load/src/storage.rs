//! Where a measured server keeps its data: a folder, or a database on a PostgreSQL server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use keyfold_server::db::{Db, params};
use keyfold_server::{DatabaseConfig, RootKey};
use keyfold_test_postgres::{Cluster, Durability, URL_VARIABLE};
use tempfile::TempDir;

use crate::arguments::{Engine, Options};

/// An empty installation. Dropped, it is gone.
pub(crate) struct Storage {
    folder: TempDir,
    postgres: Option<Postgres>,
}

struct Postgres {
    url: String,
    administration_url: String,
    name: String,
    _cluster: Option<Cluster>,
}

impl Storage {
    pub(crate) fn create(options: &Options) -> Result<Self> {
        let folder = match &options.folder {
            Some(folder) => TempDir::new_in(folder)?,
            None => TempDir::new()?,
        };
        let postgres = match options.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Postgres::create()?),
        };
        Ok(Self { folder, postgres })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.folder.path().join("keyfold.db")
    }

    /// Where the bare server stores files: on the same disk. Made when it is missing.
    pub(crate) fn bare_folder(&self) -> Result<PathBuf> {
        let folder = self.folder.path().join("bare");
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Of the database, for the server.
    pub(crate) fn url(&self) -> Option<&str> {
        self.postgres.as_ref().map(|postgres| postgres.url.as_str())
    }

    pub(crate) fn root_key(&self) -> Result<RootKey> {
        Ok(RootKey::load_or_create(&self.folder.path().join("root.key"))?)
    }

    /// Opens the database as the server would. To be closed before a server on SQLite starts.
    pub(crate) async fn open(&self) -> Result<Db> {
        let config = match self.url() {
            Some(url) => DatabaseConfig::postgres(url, 2),
            None => DatabaseConfig::Sqlite { path: self.sqlite_file() },
        };
        Ok(Db::open(&config).await?)
    }

    /// The process whose children are the database's, where it runs on this machine.
    pub(crate) async fn postmaster(&self, db: &Db) -> Result<Option<u32>> {
        if self.postgres.is_none() {
            return Ok(None);
        }
        let backend = db.read((), |tx, ()| {
            Box::pin(async move {
                let sql = "SELECT CAST(pg_backend_pid() AS BIGINT)";
                Ok(tx.query_opt(sql, params![], |row| row.col::<u32>()).await?)
            })
        });
        Ok(backend.await?.and_then(crate::process::parent))
    }
}

impl Postgres {
    fn create() -> Result<Self> {
        let (administration_url, cluster) = match std::env::var(URL_VARIABLE) {
            Ok(url) if !url.is_empty() => (url, None),
            _ => {
                let cluster = Cluster::start(Durability::Durable)?;
                (cluster.url().to_owned(), Some(cluster))
            }
        };
        let name = format!("keyfold_load_{}", std::process::id());
        execute(&administration_url, &format!("DROP DATABASE IF EXISTS {name}"))?;
        execute(&administration_url, &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        let url =
            with_database(&administration_url, &name).context("the PostgreSQL URL names no database")?;
        Ok(Self { url, administration_url, name, _cluster: cluster })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A database that stays behind is the lesser evil.
        let _ =
            execute(&self.administration_url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn execute(url: &str, statement: &str) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let (client, driver) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(driver);
        Ok(client.batch_execute(statement).await?)
    })
}

/// `url` with its path replaced.
fn with_database(url: &str, database: &str) -> Option<String> {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let (scheme, rest) = base.split_once("://")?;
    let server = rest.split('/').next()?;
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{scheme}://{server}/{database}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            ("postgres://u:p@127.0.0.1:5432/postgres", "postgres://u:p@127.0.0.1:5432/d"),
            ("postgres://u@localhost", "postgres://u@localhost/d"),
            ("postgresql://h/x?sslmode=disable", "postgresql://h/d?sslmode=disable"),
        ] {
            assert_eq!(with_database(url, "d").unwrap(), expected);
        }
    }
}
