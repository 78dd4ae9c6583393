//! What can go wrong with a database.

/// An error of the database.
///
/// The text inside is for the operator's log. A client gets the code alone.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// No connection, or the server is closing down.
    #[error("database is not available: {0}")]
    Unavailable(String),
    /// A statement failed.
    #[error("statement failed: {0}")]
    Statement(String),
    /// A unique index or a foreign key forbids the change.
    #[error("constraint violated: {0}")]
    Constraint(String),
    /// A text with a null character, which PostgreSQL cannot hold. Refused on both engines.
    #[error("text with a null character")]
    Unstorable,
    /// The transaction collided with another one and may be run again.
    #[error("transaction collided with another: {0}")]
    Conflict(String),
    /// The transaction could not be started or committed.
    #[error("transaction failed: {0}")]
    Transaction(String),
    /// A column does not hold what the program expects.
    #[error("column {index} holds {found}, expected {expected}")]
    Column {
        /// Number of the column, from 0.
        index: usize,
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
    /// A transaction waited for something other than the database.
    #[error("a transaction waited for something other than the database")]
    Blocked,
    /// More than the single statement that needs no transaction.
    #[error("a second statement outside of a transaction")]
    NoTransaction,
    /// A rule inside of a transaction panicked; its transaction was rolled back.
    #[error("a transaction panicked")]
    Panicked,
    /// The database was written by a newer release. It is left untouched.
    #[error(
        "the database has schema version {found}, this release knows versions up to {known}: run the newer release"
    )]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// The tables are older than this release, or there are none. They are left untouched.
    #[error(
        "the database has {}, this release has version {known}: start the server or run `keyfold db migrate` first",
        tables(.found)
    )]
    OlderSchema {
        /// Version in the database.
        found: Option<i64>,
        /// Version of this release.
        known: i64,
    },
    /// A migration that was applied earlier differs from the one in this program.
    #[error("migration {version} in the database is not the one of this release")]
    MigrationChanged {
        /// Number of the migration.
        version: i64,
    },
}

fn tables(version: &Option<i64>) -> String {
    version.map_or_else(|| "no tables".to_owned(), |version| format!("tables of version {version}"))
}
