//! SQLite inside of the process.
//!
//! Durability: write-ahead log with `synchronous=FULL`, so that a commit is on disk when it returns. One thread owns the only
//! read-write connection. It takes the queued transactions, gives each a savepoint of its own inside one database transaction,
//! commits them together with one fsync, and answers only then (**group commit**): an answer is never ahead of the disk, and
//! the price of an fsync is shared by all who wait for it.
//!
//! Reads run where they are called, on one of a few read-only connections: a page of a list takes microseconds, less than
//! handing it to another thread.
//!
//! A second thread [copies the log into the database file](checkpoint) beside the writer, so that nobody's answer waits for it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

mod checkpoint;

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use tokio::sync::{mpsc, oneshot};

use self::checkpoint::Checkpoints;
use super::dialect::for_sqlite;
use super::{DbError, DbLoad, Param, Row, Tx, TxEngine, TxFuture, migration};
use crate::error::ApiError;

/// Most transactions that share one commit. Bounds how long the first of them waits for the last.
const MAX_BATCH: usize = 256;

/// Transactions that may wait for the writer before callers have to wait to hand in theirs.
const QUEUE: usize = 1_024;

/// Read connections that are kept open.
const IDLE_READERS: usize = 8;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

pub(super) struct Sqlite {
    path: PathBuf,
    /// `None` when closed.
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: Mutex<Vec<Tx>>,
    /// Of the readers.
    access: Access,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, DbError> {
        let mut connection = Connection::open(path, Access::Write)?;
        migration::migrate_sqlite(&mut connection.inner)?;
        let checkpoints = Checkpoints::start(&mut connection.inner, Connection::open(path, Access::Write)?)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                write_until_closed(Tx { engine: TxEngine::Sqlite(connection) }, checkpoints, jobs);
            })
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Vec::new()),
            access: Access::Read,
        })
    }

    /// For reading alone; nothing about the file changes.
    pub(super) fn look(path: &Path) -> Result<Self, DbError> {
        Connection::open(path, Access::Look)?;
        Ok(Self {
            path: path.to_owned(),
            queue: Mutex::new(None),
            writer: Mutex::new(None),
            readers: Mutex::new(Vec::new()),
            access: Access::Look,
        })
    }

    /// Version of the tables in a file; `None` when there is no file or nothing in it.
    pub(super) fn schema_version(path: &Path) -> Result<Option<i64>, DbError> {
        if !path.exists() {
            return Ok(None);
        }
        migration::version_sqlite(&Connection::open(path, Access::Look)?.inner)
    }

    pub(super) async fn write<D, T, F>(&self, data: D, work: F) -> Result<T, ApiError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let closed = || DbError::Unavailable("the database is closed".into());
        let queue = lock(&self.queue).clone().ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let job = Transaction { data, work, outcome: None, reply };
        queue.send(Box::new(job)).await.map_err(|_| closed())?;
        // Without this the writer would wait for us when it is told to end.
        drop(queue);
        answer.await.map_err(|_| closed())?
    }

    pub(super) fn read<D, T, F>(&self, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        let mut tx = self.reader()?;
        tx.sqlite()?.control("BEGIN")?;
        let result = complete(work(&mut tx, data));
        // A connection that cannot end its snapshot is dropped, not kept.
        tx.sqlite()?.control("COMMIT")?;
        self.keep(tx);
        result
    }

    pub(super) fn read_single<D, T, F>(&self, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        let mut tx = self.reader()?;
        tx.sqlite()?.statements_left = Some(1);
        let result = complete(work(&mut tx, data));
        tx.sqlite()?.statements_left = None;
        self.keep(tx);
        result
    }

    fn reader(&self) -> Result<Tx, DbError> {
        let idle = lock(&self.readers).pop();
        match idle {
            Some(tx) => Ok(tx),
            None => Ok(Tx { engine: TxEngine::Sqlite(Connection::open(&self.path, self.access)?) }),
        }
    }

    fn keep(&self, tx: Tx) {
        let mut readers = lock(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(tx);
        }
    }

    pub(super) fn load(&self) -> DbLoad {
        let idle = lock(&self.readers).len();
        let waiting = lock(&self.queue)
            .as_ref()
            .map_or(0, |queue| queue.max_capacity().saturating_sub(queue.capacity()));
        // The writer's own connection, and those of readers that are not in use right now.
        DbLoad { connections: idle.saturating_add(1), idle, waiting }
    }

    pub(super) async fn close(&self) {
        drop(lock(&self.queue).take());
        let writer = lock(&self.writer).take();
        if let Some(writer) = writer {
            // The thread ends when it has written what is queued; waiting for it must not block the runtime.
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
        lock(&self.readers).clear();
    }
}

impl Tx {
    fn sqlite(&mut self) -> Result<&mut Connection, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => Ok(connection),
            TxEngine::Postgres(_) => Err(DbError::Blocked),
        }
    }
}

/// A queued transaction, its types erased.
trait Job: Send {
    /// Runs it; whether its savepoint is to be kept.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Answers the caller, after the commit.
    fn finish(self: Box<Self>, committed: Result<(), DbError>);

    /// The caller has gone away before anything was done.
    fn is_abandoned(&self) -> bool;
}

struct Transaction<D, T, F> {
    data: D,
    work: F,
    outcome: Option<Result<T, ApiError>>,
    reply: oneshot::Sender<Result<T, ApiError>>,
}

impl<D, T, F> Job for Transaction<D, T, F>
where
    D: Send,
    T: Send,
    F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        // A panic must not take the only writer with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| complete((self.work)(tx, &self.data))));
        let outcome = outcome.unwrap_or_else(|_| Err(DbError::Panicked.into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn finish(self: Box<Self>, committed: Result<(), DbError>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Blocked.into()),
            (Err(error), Some(Ok(_)) | None) => Err(error.into()),
            (Err(_), Some(Err(error))) => Err(error),
        };
        // Nobody waits any more when the connection of the client was closed: the transaction stands all the same.
        let _ = self.reply.send(outcome);
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

fn write_until_closed(mut tx: Tx, checkpoints: Checkpoints, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.blocking_recv() {
        write_batch(&mut tx, first, &mut jobs);
        if let Ok(connection) = tx.sqlite() {
            checkpoints.after_commit(&connection.inner);
        }
    }
}

fn write_batch(tx: &mut Tx, first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>) {
    let mut done: Vec<Box<dyn Job>> = Vec::new();
    let mut next = Some(first);
    let mut broken = control(tx, "BEGIN IMMEDIATE").err();
    while let Some(mut job) = next {
        if broken.is_none() && !job.is_abandoned() {
            broken = run_in_savepoint(tx, job.as_mut()).err();
        }
        done.push(job);
        next = if broken.is_none() && done.len() < MAX_BATCH { jobs.try_recv().ok() } else { None };
    }
    let committed = match broken {
        None => control(tx, "COMMIT"),
        Some(error) => Err(error),
    };
    if let Err(error) = &committed {
        tracing::error!(%error, transactions = done.len(), "group commit failed");
        // Fails when SQLite has rolled back by itself, which is what is wanted.
        let _ = control(tx, "ROLLBACK");
    }
    for job in done {
        job.finish(committed.clone());
    }
}

/// Fails when the transaction around the savepoint is lost, and with it every job of the batch.
fn run_in_savepoint(tx: &mut Tx, job: &mut dyn Job) -> Result<(), DbError> {
    control(tx, "SAVEPOINT job")?;
    let keep = job.run(tx);
    if tx.sqlite()?.inner.is_autocommit() {
        // A full disk and the like: SQLite has rolled everything back.
        return Err(DbError::Transaction("the transaction was rolled back by the engine".into()));
    }
    if !keep {
        control(tx, "ROLLBACK TO job")?;
    }
    control(tx, "RELEASE job")
}

fn control(tx: &mut Tx, sql: &'static str) -> Result<(), DbError> {
    tx.sqlite()?.control(sql)
}

/// Polls once: on SQLite everything is there at once.
fn complete<T>(mut future: TxFuture<'_, T>) -> Result<T, ApiError> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(DbError::Blocked.into()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Beside the writer of this process.
    Read,
    Write,
    /// At the file of others: a copy, or one that a server may be using.
    Look,
}

/// One connection with its prepared statements.
pub(super) struct Connection {
    inner: rusqlite::Connection,
    /// Translated statements by the address of their text, which is static.
    translated: HashMap<(usize, usize), String>,
    /// Outside of a transaction: how many statements may still be run.
    statements_left: Option<u32>,
}

impl Connection {
    fn open(path: &Path, access: Access) -> Result<Self, DbError> {
        let access_flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            // The write-ahead index is shared memory that readers write to as well, hence no SQLITE_OPEN_READ_ONLY.
            Access::Read | Access::Look => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let inner =
            rusqlite::Connection::open_with_flags(path, access_flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(|error| DbError::Unavailable(error.to_string()))?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        let connection = Self { inner, translated: HashMap::new(), statements_left: None };
        connection.configure(access).map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(connection)
    }

    fn configure(&self, access: Access) -> rusqlite::Result<()> {
        self.inner.busy_timeout(std::time::Duration::from_secs(10))?;
        // A prepared statement keeps its plan. Without this SQLite plans a statement again for each new value of a parameter
        // that a partial index or a limit might depend on, which costs more than most of our queries.
        self.inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        match access {
            Access::Read | Access::Write => self.inner.pragma_update(None, "journal_mode", "WAL")?,
            // Whoever only looks copies nothing from the log into the file either.
            Access::Look => {
                self.inner.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            }
        }
        self.inner.pragma_update(None, "synchronous", "FULL")?;
        self.inner.pragma_update(None, "foreign_keys", true)?;
        self.inner.pragma_update(None, "trusted_schema", false)?;
        self.inner.pragma_update(None, "temp_store", "MEMORY")?;
        // What is deleted (tokens, ephemeral keys, one-time secrets) must not stay readable in free pages of the file. Measured, this costs
        // nothing but for deletions of large rows (2.5 times), which jobs do.
        self.inner.pragma_update(None, "secure_delete", true)?;
        // Kibibytes of page cache; the operating system caches the file as well.
        self.inner.pragma_update(
            None,
            "cache_size",
            match access {
                Access::Write => -8_192,
                Access::Read | Access::Look => -2_048,
            },
        )?;
        // Left to a thread of its own; see `checkpoint`.
        self.inner.pragma_update(None, "wal_autocheckpoint", 0)?;
        // The log file shrinks back to this after a burst.
        self.inner.pragma_update(None, "journal_size_limit", 67_108_864)?;
        if access != Access::Write {
            self.inner.pragma_update(None, "query_only", true)?;
        }
        Ok(())
    }

    fn control(&mut self, sql: &'static str) -> Result<(), DbError> {
        let failed = |error: rusqlite::Error| DbError::Transaction(error.to_string());
        self.inner.prepare_cached(sql).map_err(failed)?.execute([]).map(drop).map_err(failed)
    }

    fn statement(&mut self, sql: &'static str) -> Result<rusqlite::CachedStatement<'_>, DbError> {
        if let Some(left) = &mut self.statements_left {
            *left = left.checked_sub(1).ok_or(DbError::NoTransaction)?;
        }
        let key = (sql.as_ptr().addr(), sql.len());
        let translated = self.translated.entry(key).or_insert_with(|| for_sqlite(sql));
        self.inner.prepare_cached(translated).map_err(statement_error)
    }

    pub(super) fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let mut statement = self.statement(sql)?;
        let changed = statement.execute(rusqlite::params_from_iter(params)).map_err(statement_error)?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    pub(super) fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(statement_error)?;
        let mut values = Vec::new();
        while let Some(row) = rows.next().map_err(statement_error)? {
            values.push(map(&Row::sqlite(row))?);
        }
        Ok(values)
    }

    pub(super) fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(statement_error)?;
        match rows.next().map_err(statement_error)? {
            Some(row) => map(&Row::sqlite(row)).map(Some),
            None => Ok(None),
        }
    }
}

fn statement_error(error: rusqlite::Error) -> DbError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => DbError::Constraint(error.to_string()),
        _ => DbError::Statement(error.to_string()),
    }
}

/// A poisoned lock guards plain lists here, which a panic cannot leave half-changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
