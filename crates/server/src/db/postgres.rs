//! A PostgreSQL server.
//!
//! Transactions begin with their first statement (`BEGIN` travels in the same packet), run at `READ COMMITTED`, and are run
//! again when PostgreSQL ends them because of a collision. Reads run on a `REPEATABLE READ` snapshot, whose end nobody waits for;
//! those of a single statement without a transaction.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::FutureExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres_rustls::MakeRustlsConnect;

mod tls;

use self::tls::UrlTls;
use super::{DbError, DbLoad, Param, PostgresConfig, Presence, Row, Tx, TxEngine, TxFuture, migration};
use crate::error::ApiError;

/// Times a transaction is run again after collisions.
const MAX_RETRIES: u32 = 8;

/// How long a request waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);

pub(super) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) async fn open(config: &PostgresConfig) -> Result<Self, DbError> {
        let postgres = Self::connect(config)?;
        let mut client = postgres.client().await?;
        migration::migrate_postgres(&mut client).await?;
        Ok(postgres)
    }

    /// Version of the tables; `None` for an empty database.
    pub(super) async fn schema_version(&self) -> Result<Option<i64>, DbError> {
        let client = self.client().await?;
        migration::version_postgres(&client).await
    }

    /// Without looking at the tables.
    pub(super) fn connect(config: &PostgresConfig) -> Result<Self, DbError> {
        let (parsed, connector) = parse(config)?;
        let manager = Manager::from_config(
            parsed,
            connector,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(config.max_connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECTION_WAIT))
            .create_timeout(Some(CONNECTION_WAIT))
            .build()
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self { pool })
    }

    pub(super) async fn write<D, T, F>(&self, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        let mut attempt = 0_u32;
        loop {
            match self.run(BEGIN_WRITE, data, work).await {
                Err(error) if error.is_conflict() && attempt < MAX_RETRIES => {
                    attempt = attempt.saturating_add(1);
                    tokio::time::sleep(backoff(attempt)).await;
                }
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn read<D, T, F>(&self, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        self.run(BEGIN_READ, data, work).await
    }

    /// Takes a lock that nobody else has, on a connection that is no more one of the pool.
    pub(super) async fn announce(&self) -> Result<Presence, DbError> {
        let connection = Object::take(self.client().await?);
        let id = i64::try_from(crate::random::u64_below(i64::MAX.unsigned_abs())).unwrap_or(i64::MAX);
        let locked = connection.query_one("SELECT pg_try_advisory_lock($1)", &[&id]).await;
        match locked.and_then(|row| row.try_get(0)).map_err(statement_error)? {
            true => Ok(Presence::new(id, connection)),
            false => Err(DbError::Unavailable("somebody else has the same random number".into())),
        }
    }

    pub(super) async fn read_single<D, T, F>(&self, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        let transaction = Transaction { client: Some(self.client().await?), state: State::Single };
        work(&mut Tx { engine: TxEngine::Postgres(transaction) }, data).await
    }

    pub(super) fn load(&self) -> DbLoad {
        let status = self.pool.status();
        DbLoad { connections: status.size, idle: status.available, waiting: status.waiting }
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }

    async fn run<D, T, F>(&self, begin: &'static str, data: &D, work: &F) -> Result<T, ApiError>
    where
        F: for<'a> Fn(&'a mut Tx, &'a D) -> TxFuture<'a, T>,
    {
        let transaction = Transaction { client: Some(self.client().await?), state: State::NotBegun(begin) };
        let mut tx = Tx { engine: TxEngine::Postgres(transaction) };
        let result = work(&mut tx, data).await;
        let TxEngine::Postgres(transaction) = &mut tx.engine else {
            return Err(DbError::Blocked.into());
        };
        if begin == BEGIN_READ {
            transaction.end_read()?;
            return result;
        }
        match result {
            Ok(value) => transaction.end("COMMIT").await.map(|()| value).map_err(ApiError::from),
            Err(error) => {
                if let Err(rollback) = transaction.end("ROLLBACK").await {
                    tracing::warn!(error = %rollback, "rollback failed");
                }
                Err(error)
            }
        }
    }

    async fn client(&self) -> Result<Object, DbError> {
        self.pool.get().await.map_err(|error| DbError::Unavailable(with_causes(&error)))
    }
}

/// Whether a connection could be tried.
pub(super) fn check(config: &PostgresConfig) -> Result<(), DbError> {
    parse(config).map(drop)
}

fn parse(config: &PostgresConfig) -> Result<(tokio_postgres::Config, MakeRustlsConnect), DbError> {
    let tls = UrlTls::split(&config.url)?;
    // The parser's message could repeat the URL, which holds a password.
    let mut parsed: tokio_postgres::Config =
        tls.url.parse().map_err(|_| DbError::Unavailable("the PostgreSQL URL is not readable".into()))?;
    let (mode, connector) = tls.connector(config)?;
    parsed.ssl_mode(mode);
    let mut options = PLANS.to_owned();
    if let Some(given) = parsed.get_options() {
        options.push(' ');
        options.push_str(given);
    }
    if let Some(timeout) = config.statement_timeout {
        options.push_str(&format!(" -c statement_timeout={}", timeout.as_millis()));
    }
    parsed.options(options);
    if parsed.get_application_name().is_none() {
        parsed.application_name("keyfold");
    }
    Ok((parsed, connector))
}

/// Every statement finds its rows by an index, whatever its parameters are: planning it once is enough, and compiling it never pays.
const PLANS: &str = "-c plan_cache_mode=force_generic_plan -c jit=off";

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A transaction on a connection of the pool. Dropped half-way (the client went away), it closes the connection, and
/// PostgreSQL rolls back.
pub(super) struct Transaction {
    client: Option<Object>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NotBegun(&'static str),
    Open,
    Ended,
    /// One statement may run by itself, without a transaction.
    Single,
}

impl Transaction {
    pub(super) async fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, DbError> {
        let begin = self.begin()?;
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(statement_error)?;
        let values = as_sql(params);
        let executed = client.execute(&statement, &values);
        match begin {
            Some(begin) => {
                let (begun, executed) =
                    futures_util::future::join(client.batch_execute(begin), executed).await;
                begun.map_err(transaction_error)?;
                executed
            }
            None => executed.await,
        }
        .map_err(statement_error)
    }

    pub(super) async fn execute_many(
        &mut self,
        sql: &'static str,
        rows: &[Vec<Param<'_>>],
    ) -> Result<u64, DbError> {
        let Some((first, rest)) = rows.split_first() else {
            return Ok(0);
        };
        let mut changed = self.execute(sql, first).await?;
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(statement_error)?;
        // All are sent before the first answer is read: one round trip for the lot.
        let values: Vec<_> = rest.iter().map(|params| as_sql(params)).collect();
        let pending = values.iter().map(|values| client.execute(&statement, values));
        for count in futures_util::future::try_join_all(pending).await.map_err(statement_error)? {
            changed = changed.saturating_add(count);
        }
        Ok(changed)
    }

    pub(super) async fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let begin = self.begin()?;
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(statement_error)?;
        let values = as_sql(params);
        let queried = client.query(&statement, &values);
        let rows = match begin {
            Some(begin) => {
                let (begun, queried) = futures_util::future::join(client.batch_execute(begin), queried).await;
                begun.map_err(transaction_error)?;
                queried
            }
            None => queried.await,
        }
        .map_err(statement_error)?;
        rows.iter().map(|row| map(&Row::postgres(row))).collect()
    }

    /// What has to be sent before the first statement.
    fn begin(&mut self) -> Result<Option<&'static str>, DbError> {
        match self.state {
            State::NotBegun(begin) => {
                self.state = State::Open;
                Ok(Some(begin))
            }
            State::Open => Ok(None),
            State::Single => {
                self.state = State::Ended;
                Ok(None)
            }
            State::Ended => Err(DbError::NoTransaction),
        }
    }

    /// Sends the end without waiting for the answer: nothing was written, and whatever uses the connection next comes after it.
    fn end_read(&mut self) -> Result<(), DbError> {
        if self.state == State::Open {
            let mut end = std::pin::pin!(self.client()?.batch_execute("COMMIT"));
            // Sent when it is polled first.
            if let Some(Err(error)) = end.as_mut().now_or_never() {
                return Err(transaction_error(error));
            }
        }
        self.state = State::Ended;
        Ok(())
    }

    async fn end(&mut self, how: &'static str) -> Result<(), DbError> {
        if self.state == State::Open {
            self.client()?.batch_execute(how).await.map_err(transaction_error)?;
        }
        self.state = State::Ended;
        Ok(())
    }

    fn client(&self) -> Result<&Object, DbError> {
        self.client.as_ref().ok_or_else(|| DbError::Unavailable("the connection was given back".into()))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.state == State::Open
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

fn as_sql<'a>(params: &'a [Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

/// 1 to 2 ms, doubling; the jitter keeps two that collided from colliding again.
fn backoff(attempt: u32) -> Duration {
    let base = 1_u64 << attempt.min(7);
    let jitter = crate::random::u64_below(base.saturating_mul(1_000));
    Duration::from_micros(base.saturating_mul(500).saturating_add(jitter))
}

fn statement_error(error: tokio_postgres::Error) -> DbError {
    classify(&error).unwrap_or_else(|| DbError::Statement(describe(&error)))
}

fn transaction_error(error: tokio_postgres::Error) -> DbError {
    classify(&error).unwrap_or_else(|| DbError::Transaction(describe(&error)))
}

fn classify(error: &tokio_postgres::Error) -> Option<DbError> {
    if error.is_closed() {
        return Some(DbError::Unavailable(error.to_string()));
    }
    let state = error.code()?;
    if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(state) {
        Some(DbError::Conflict(describe(error)))
    } else if state.code().starts_with("23") {
        Some(DbError::Constraint(describe(error)))
    } else {
        None
    }
}

/// The driver says no more than "error connecting to server" by itself.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// Code and message without the detail line, which repeats values of the row.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => error.to_string(),
    }
}

pub(super) fn migration_error(error: tokio_postgres::Error) -> DbError {
    transaction_error(error)
}
