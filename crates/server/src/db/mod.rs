//! The database: SQLite inside the process, or a PostgreSQL server.
//!
//! A rule never sees which of the two it runs on. It is written once, as one transaction:
//!
//! ```ignore
//! let taken = state.db.write((app_id, hash), |tx, (app_id, hash)| Box::pin(async move {
//!     let changed = tx.execute("UPDATE … WHERE app_id = $1 AND hash = $2", params![app_id, hash]).await?;
//!     Ok(changed == 0)
//! })).await?;
//! ```
//!
//! - [`Db::write`] runs the closure in a read-write transaction that is committed when it returns `Ok` and rolled back when it
//!   returns `Err`. The closure may run **more than once** (PostgreSQL aborts one of two transactions that collide); its
//!   input is therefore a value that it borrows, and it must have no effect outside of the transaction.
//! - [`Db::read`] runs the closure on a snapshot that does not change while it runs; [`Db::read_single`] does the same for a
//!   closure that needs one statement only, for less.
//! - Inside, `await` nothing but methods of [`Tx`]: on SQLite everything completes at once, and a future that would wait is
//!   an error ([`DbError::Blocked`]).
//! - After a failed statement, return. PostgreSQL accepts nothing more in that transaction. To find out whether a row is
//!   there already, use `INSERT … ON CONFLICT DO NOTHING` and look at the number of rows.
//! - PostgreSQL runs at `READ COMMITTED`: a rule that checks and then writes first locks the row that decides
//!   (`SELECT … FOR UPDATE`; the suffix is dropped for SQLite, where there is one writer), or leaves the decision to a unique
//!   index or to the `WHERE` of the write.
//!
//! What differs between the engines is in [`dialect`], and nowhere else. Placeholders are `$1`, `$2`, … for both; numbers are
//! `i64`, booleans the numbers 0 and 1, times milliseconds since 1970, ids and hashes compare byte by byte.

pub mod backup;
mod dialect;
mod error;
mod migration;
mod postgres;
mod presence;
mod sqlite;
mod value;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use dialect::Dialect;
pub use error::DbError;
pub use migration::SCHEMA_VERSION;
pub(crate) use presence::Presence;
pub use value::{Column, FromColumn, Param, Row, ToParam};

use crate::error::ApiError;

/// Where the data is.
#[derive(Clone)]
#[non_exhaustive]
pub enum DatabaseConfig {
    /// A file of this process alone; its directory must exist.
    Sqlite {
        /// The database file. SQLite keeps two more files beside it (`-wal`, `-shm`).
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres(PostgresConfig),
}

/// A PostgreSQL server, version 14 or later.
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database`. Never logged.
    pub url: String,
    /// Most connections this process opens, besides the one by which others see that it is alive.
    pub max_connections: usize,
    /// Whether connections are encrypted, and what is checked; `None` leaves it to the `sslmode` in the URL.
    pub tls: Option<TlsMode>,
    /// PEM file with the certificates that [`TlsMode::VerifyFull`] trusts, instead of the system's.
    pub root_certificate: Option<PathBuf>,
    /// How long a single statement may run before the server ends it; `None` for as long as it takes.
    pub statement_timeout: Option<Duration>,
}

/// Encryption of connections to PostgreSQL, in its own words (`sslmode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsMode {
    /// Never.
    Disable,
    /// When the server offers it; its certificate is not checked. The default.
    Prefer,
    /// Always; the certificate is not checked, which keeps out listeners but not somebody who poses as the server.
    Require,
    /// Always, with a certificate of a trusted authority for the name of the host.
    VerifyFull,
}

impl DatabaseConfig {
    /// A PostgreSQL server, with defaults for everything else.
    #[must_use]
    pub fn postgres(url: impl Into<String>, max_connections: usize) -> Self {
        Self::Postgres(PostgresConfig::new(url, max_connections))
    }

    /// Whether it makes sense, without connecting.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the URL or a certificate is not readable.
    pub fn check(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres(config) => postgres::check(config),
        }
    }
}

impl PostgresConfig {
    /// With defaults for everything else.
    #[must_use]
    pub fn new(url: impl Into<String>, max_connections: usize) -> Self {
        Self {
            url: url.into(),
            max_connections,
            tls: None,
            root_certificate: None,
            statement_timeout: Some(Duration::from_secs(30)),
        }
    }
}

/// How busy a database is, seen from this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbLoad {
    /// Open connections.
    pub connections: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Transactions that wait: on SQLite for the writer, on PostgreSQL for a connection.
    pub waiting: usize,
}

/// The future that a transaction's closure returns.
pub type TxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl Db {
    /// Opens the database and brings its tables up to date, in one transaction.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer release ([`DbError::NewerSchema`]).
    pub async fn open(config: &DatabaseConfig) -> Result<Self, DbError> {
        let engine = match config {
            DatabaseConfig::Sqlite { path } => Engine::Sqlite(Arc::new(sqlite::Sqlite::open(path)?)),
            DatabaseConfig::Postgres(config) => {
                Engine::Postgres(Arc::new(postgres::Postgres::open(config).await?))
            }
        };
        Ok(Self { engine })
    }

    /// Opens the database for reading alone, and changes nothing about it; the tables have to be those of this release.
    ///
    /// # Errors
    /// When it cannot be reached or is not there, [`DbError::NewerSchema`], [`DbError::OlderSchema`].
    pub async fn look(config: &DatabaseConfig) -> Result<Self, DbError> {
        let found = Self::schema_version(config).await?;
        if found != Some(SCHEMA_VERSION) {
            return Err(DbError::OlderSchema { found, known: SCHEMA_VERSION });
        }
        let engine = match config {
            DatabaseConfig::Sqlite { path } => Engine::Sqlite(Arc::new(sqlite::Sqlite::look(path)?)),
            DatabaseConfig::Postgres(config) => {
                Engine::Postgres(Arc::new(postgres::Postgres::connect(config)?))
            }
        };
        Ok(Self { engine })
    }

    /// Version of the tables in a database, `None` when there are none. Nothing is made or changed.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer release ([`DbError::NewerSchema`]).
    pub async fn schema_version(config: &DatabaseConfig) -> Result<Option<i64>, DbError> {
        match config {
            DatabaseConfig::Sqlite { path } => sqlite::Sqlite::schema_version(path),
            DatabaseConfig::Postgres(config) => postgres::Postgres::connect(config)?.schema_version().await,
        }
    }

    /// Runs `work` as one transaction. It is durable when this returns `Ok`.
    ///
    /// # Errors
    /// What `work` returns, or an error of the database. Either way nothing was written.
    pub async fn write<D, T, F>(&self, data: D, work: F) -> Result<T, ApiError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(data, work).await,
            Engine::Postgres(postgres) => postgres.write(&data, &work).await,
        }
    }

    /// Runs `work` on a snapshot of the database.
    ///
    /// # Errors
    /// What `work` returns, or an error of the database.
    pub async fn read<D, T, F>(&self, data: D, work: F) -> Result<T, ApiError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(&data, &work),
            Engine::Postgres(postgres) => postgres.read(&data, &work).await,
        }
    }

    /// Runs `work`, which reads with a **single statement**: that is a snapshot by itself and needs no transaction around it.
    ///
    /// # Errors
    /// What `work` returns, or an error of the database; [`DbError::NoTransaction`] for a second statement.
    pub async fn read_single<D, T, F>(&self, data: D, work: F) -> Result<T, ApiError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read_single(&data, &work),
            Engine::Postgres(postgres) => postgres.read_single(&data, &work).await,
        }
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), ApiError> {
        self.read_single((), |tx, ()| {
            Box::pin(async move {
                tx.query_opt("SELECT 1", &[], |row| row.col::<i64>()).await?;
                Ok(())
            })
        })
        .await
    }

    /// Shows the other processes on this database that this one is alive; `None` where there are no others.
    ///
    /// # Errors
    /// When there is no connection.
    pub(crate) async fn announce(&self) -> Result<Option<Presence>, DbError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(postgres) => postgres.announce().await.map(Some),
        }
    }

    /// How busy it is.
    #[must_use]
    pub fn load(&self) -> DbLoad {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.load(),
            Engine::Postgres(postgres) => postgres.load(),
        }
    }

    /// What is wrong with the database as such, one sentence each: on SQLite damage to the file and references to rows that are not there; on
    /// PostgreSQL, which sees to both itself, indexes that were not built and constraints that were not checked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_damage(&self) -> Result<Vec<String>, ApiError> {
        let statements: &'static [&'static str] = match self.dialect() {
            Dialect::Sqlite => &[
                "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
                "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there'
                 FROM pragma_foreign_key_check",
            ],
            Dialect::Postgres => &[
                "SELECT 'the index ' || c.relname::text || ' is not valid' FROM pg_index i
                 JOIN pg_class c ON c.oid = i.indexrelid
                 WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace",
                "SELECT 'the constraint ' || conname::text || ' was not checked' FROM pg_constraint
                 WHERE NOT convalidated AND connamespace = current_schema()::regnamespace",
            ],
        };
        self.read((), move |tx, ()| {
            Box::pin(async move {
                let mut damage = Vec::new();
                for sql in statements {
                    damage.extend(tx.query(sql, &[], |row| row.col::<String>()).await?);
                }
                Ok(damage)
            })
        })
        .await
    }

    /// Which engine this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Writes what is queued and closes the connections. Later calls fail with [`DbError::Unavailable`].
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}

/// An open transaction.
pub struct Tx {
    engine: TxEngine,
}

enum TxEngine {
    Sqlite(sqlite::Connection),
    Postgres(postgres::Transaction),
}

impl Tx {
    /// Runs a statement that returns no rows; the number of rows it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, DbError> {
        Param::check(params)?;
        match &mut self.engine {
            TxEngine::Sqlite(connection) => connection.execute(sql, params),
            TxEngine::Postgres(transaction) => transaction.execute(sql, params).await,
        }
    }

    /// Runs one statement for each of `rows`, without waiting in between; the number of rows changed in all.
    ///
    /// # Errors
    /// The first [`DbError`].
    pub async fn execute_many(&mut self, sql: &'static str, rows: &[Vec<Param<'_>>]) -> Result<u64, DbError> {
        for params in rows {
            Param::check(params)?;
        }
        match &mut self.engine {
            TxEngine::Sqlite(connection) => {
                let mut changed = 0_u64;
                for params in rows {
                    changed = changed.saturating_add(connection.execute(sql, params)?);
                }
                Ok(changed)
            }
            TxEngine::Postgres(transaction) => transaction.execute_many(sql, rows).await,
        }
    }

    /// Runs a query; `map` makes a value of each row.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn query<T, M>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        map: M,
    ) -> Result<Vec<T>, DbError>
    where
        M: FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    {
        Param::check(params)?;
        match &mut self.engine {
            TxEngine::Sqlite(connection) => connection.query(sql, params, map),
            TxEngine::Postgres(transaction) => transaction.query(sql, params, map).await,
        }
    }

    /// Runs a query of which the first row matters, if there is one.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn query_opt<T, M>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        map: M,
    ) -> Result<Option<T>, DbError>
    where
        M: FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    {
        Param::check(params)?;
        match &mut self.engine {
            TxEngine::Sqlite(connection) => connection.query_opt(sql, params, map),
            TxEngine::Postgres(transaction) => {
                transaction.query(sql, params, map).await.map(|rows| rows.into_iter().next())
            }
        }
    }

    /// Which engine this runs on. For SQL that cannot be said in both: `tx.dialect().pick("…", "…")`.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.engine {
            TxEngine::Sqlite(_) => Dialect::Sqlite,
            TxEngine::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// Parameters of a statement, in the order of their numbers: `params![id, name, time]`. Everything that is [`ToParam`] may
/// stand in it: text, ids, numbers, booleans, bytes and options of them.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::db::Param<'_>] };
    ($($value:expr),+ $(,)?) => { &[$($crate::db::ToParam::to_param(&$value)),+] };
}
pub use crate::params;

#[cfg(test)]
mod tests;
