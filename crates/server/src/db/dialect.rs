//! What differs between SQLite and PostgreSQL.

/// The SQL dialect of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The statement for this engine.
    #[must_use]
    pub fn pick(self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }

    /// Name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.pick("sqlite", "postgres")
    }

    /// Column types and table options of a migration. `$TEXT` compares byte by byte on both.
    pub(super) fn render_migration(self, template: &str) -> String {
        let (text, blob, int, serial, table) = match self {
            Self::Sqlite => ("TEXT", "BLOB", "INTEGER", "INTEGER PRIMARY KEY AUTOINCREMENT", " STRICT"),
            Self::Postgres => (
                "TEXT COLLATE \"C\"",
                "BYTEA",
                "BIGINT",
                "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                "",
            ),
        };
        template
            .replace("$SERIAL", serial)
            .replace("$TEXT", text)
            .replace("$BLOB", blob)
            .replace("$INT", int)
            .replace(" $TABLE", table)
    }
}

/// A statement in the words of SQLite: `$1` is the *name* of a parameter there and becomes the number `?1`; row locks are
/// dropped, because there is only ever one writer.
pub(super) fn for_sqlite(sql: &str) -> String {
    let without_locks =
        sql.replace(" FOR UPDATE SKIP LOCKED", "").replace(" FOR UPDATE", "").replace(" FOR SHARE", "");
    without_locks.replace('$', "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_translated_for_sqlite() {
        assert_eq!(
            for_sqlite("SELECT a FROM t WHERE b = $2 AND c = $10 FOR UPDATE"),
            "SELECT a FROM t WHERE b = ?2 AND c = ?10"
        );
        assert_eq!(for_sqlite("SELECT a FROM t LIMIT 1 FOR UPDATE SKIP LOCKED"), "SELECT a FROM t LIMIT 1");
    }
}
