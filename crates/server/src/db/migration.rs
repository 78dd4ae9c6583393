//! The tables, in numbered steps that are applied once, in order, at start.
//!
//! A step that was released is never edited: its checksum is stored, and a difference stops the start. All missing steps are
//! applied in one transaction, so that a crash in between leaves the old state.

use aws_lc_rs::digest;
use tokio_postgres::Client;

use super::postgres::migration_error;
use super::{DbError, Dialect};

/// Version of the newest migration this program knows.
pub const SCHEMA_VERSION: i64 = 10;

struct Migration {
    version: i64,
    template: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, template: include_str!("../../migrations/0001_users_and_groups.sql") },
    Migration { version: 2, template: include_str!("../../migrations/0002_group_administration.sql") },
    Migration { version: 3, template: include_str!("../../migrations/0003_groups_at_scale.sql") },
    Migration { version: 4, template: include_str!("../../migrations/0004_files.sql") },
    Migration { version: 5, template: include_str!("../../migrations/0005_customers.sql") },
    Migration { version: 6, template: include_str!("../../migrations/0006_app_administration.sql") },
    Migration { version: 7, template: include_str!("../../migrations/0007_stored_key_counts.sql") },
    Migration { version: 8, template: include_str!("../../migrations/0008_lease_holders.sql") },
    Migration { version: 9, template: include_str!("../../migrations/0009_app_resets.sql") },
    Migration { version: 10, template: include_str!("../../migrations/0010_keys_of_a_member.sql") },
];

const LEDGER: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version $INT PRIMARY KEY, checksum $BLOB NOT NULL) $TABLE";
const APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";

impl Migration {
    /// Of the file as it is in the source: the same for both engines.
    fn checksum(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.template.as_bytes()).as_ref().to_vec()
    }
}

pub(super) fn migrate_sqlite(connection: &mut rusqlite::Connection) -> Result<(), DbError> {
    let failed = |error: rusqlite::Error| DbError::Transaction(error.to_string());
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    transaction.execute_batch(&Dialect::Sqlite.render_migration(LEDGER)).map_err(failed)?;
    let applied = {
        let mut statement = transaction.prepare(APPLIED).map_err(failed)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        rows.collect::<Result<Vec<(i64, Vec<u8>)>, _>>().map_err(failed)?
    };
    for migration in missing(&applied)? {
        transaction.execute_batch(&Dialect::Sqlite.render_migration(migration.template)).map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, checksum) VALUES (?1, ?2)",
                rusqlite::params![migration.version, migration.checksum()],
            )
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// Whether this release knows the tables of a database.
pub(super) fn check_sqlite(connection: &rusqlite::Connection) -> Result<(), DbError> {
    missing(&applied_sqlite(connection)?).map(drop)
}

fn applied_sqlite(connection: &rusqlite::Connection) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let failed = |error: rusqlite::Error| DbError::Statement(error.to_string());
    let mut statement = connection.prepare(APPLIED).map_err(failed)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    rows.collect::<Result<Vec<_>, _>>().map_err(failed)
}

/// Version of the tables; `None` when there are none.
pub(super) fn version_sqlite(connection: &rusqlite::Connection) -> Result<Option<i64>, DbError> {
    let failed = |error: rusqlite::Error| DbError::Statement(error.to_string());
    let sql = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
    if tables == 0 {
        return Ok(None);
    }
    version(&applied_sqlite(connection)?)
}

/// Version of the tables; `None` when there are none.
pub(super) async fn version_postgres(client: &tokio_postgres::Client) -> Result<Option<i64>, DbError> {
    let sql = "SELECT COUNT(*) FROM pg_tables WHERE tablename = 'schema_migrations' AND schemaname = current_schema()";
    let tables: i64 =
        client.query_one(sql, &[]).await.and_then(|row| row.try_get(0)).map_err(migration_error)?;
    if tables == 0 {
        return Ok(None);
    }
    let rows = client.query(APPLIED, &[]).await.map_err(migration_error)?;
    let applied = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<(i64, Vec<u8>)>, tokio_postgres::Error>>()
        .map_err(migration_error)?;
    version(&applied)
}

pub(super) async fn migrate_postgres(client: &mut Client) -> Result<(), DbError> {
    let transaction = client.transaction().await.map_err(migration_error)?;
    // Rewriting a large table may take longer than any request should.
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await.map_err(migration_error)?;
    // Several servers may start at once: one migrates, the others wait and then find nothing to do.
    transaction
        .batch_execute("SELECT pg_advisory_xact_lock(7310579812664571493)")
        .await
        .map_err(migration_error)?;
    transaction.batch_execute(&Dialect::Postgres.render_migration(LEDGER)).await.map_err(migration_error)?;
    let rows = transaction.query(APPLIED, &[]).await.map_err(migration_error)?;
    let applied = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<(i64, Vec<u8>)>, tokio_postgres::Error>>()
        .map_err(migration_error)?;
    for migration in missing(&applied)? {
        transaction
            .batch_execute(&Dialect::Postgres.render_migration(migration.template))
            .await
            .map_err(migration_error)?;
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)",
                &[&migration.version, &migration.checksum()],
            )
            .await
            .map_err(migration_error)?;
    }
    transaction.commit().await.map_err(migration_error)
}

/// What is still to be applied.
fn missing(applied: &[(i64, Vec<u8>)]) -> Result<Vec<&'static Migration>, DbError> {
    for (version, checksum) in applied {
        match MIGRATIONS.iter().find(|migration| migration.version == *version) {
            None => return Err(DbError::NewerSchema { found: *version, known: SCHEMA_VERSION }),
            Some(known) if known.checksum() != *checksum => {
                return Err(DbError::MigrationChanged { version: *version });
            }
            Some(_) => {}
        }
    }
    Ok(MIGRATIONS
        .iter()
        .filter(|known| !applied.iter().any(|(version, _)| *version == known.version))
        .collect())
}

/// The newest step that was applied, if this release knows all of them.
fn version(applied: &[(i64, Vec<u8>)]) -> Result<Option<i64>, DbError> {
    missing(applied)?;
    Ok(applied.iter().map(|(version, _)| *version).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as the release before step 10 left it, without the tables around.
    fn before_step_10(dialect: Dialect) -> String {
        let steps = MIGRATIONS.iter().take_while(|step| step.version < 10);
        let mut script = dialect.render_migration(&format!("{LEDGER};\n"));
        for step in steps {
            script += &dialect.render_migration(step.template);
            let checksum: String = step.checksum().iter().map(|byte| format!("{byte:02x}")).collect();
            let (before, after) = (dialect.pick("x'", "decode('"), dialect.pick("'", "', 'hex')"));
            script += &format!(
                "INSERT INTO schema_migrations (version, checksum) VALUES ({}, {before}{checksum}{after});\n",
                step.version
            );
        }
        script
            + "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
                encrypted_group_key_alg, encrypted_group_key) VALUES ('k', 'm', 'g', 1, 2, 'p', 'a', 'e');
            INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, error,
                encrypted_ephemeral_key, sealed_ephemeral_key) VALUES ('k', 'm', 'g', 1, 'p', 'failed', 'e', NULL);"
    }

    const KEPT: &str = "SELECT c.key_id || c.member_id || c.group_id || c.public_key_id || c.encrypted_group_key_alg || c.encrypted_group_key
            || p.group_id || p.public_key_id || p.error || p.encrypted_ephemeral_key
        FROM group_member_keys c JOIN pending_key_rotations p ON p.key_id = c.key_id AND p.member_id = c.member_id
        WHERE c.key_created_at = 1 AND c.created_at = 2 AND p.key_created_at = 1";

    #[test]
    fn keys_and_waiting_rotations_survive_the_change_of_their_tables_on_sqlite() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        connection.execute_batch(&before_step_10(Dialect::Sqlite)).unwrap();
        migrate_sqlite(&mut connection).unwrap();
        let kept: String = connection.query_row(KEPT, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "kmgpaegpfailede");
    }

    #[tokio::test]
    async fn keys_and_waiting_rotations_survive_the_change_of_their_tables_on_postgres() {
        let database = keyfold_testkit::postgres::fresh_database();
        let (mut client, connection) =
            tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        // Foreign keys are not looked at: the groups are not there.
        client.batch_execute("SET session_replication_role = replica").await.unwrap();
        client.batch_execute(&before_step_10(Dialect::Postgres)).await.unwrap();
        migrate_postgres(&mut client).await.unwrap();
        let kept: String = client.query_one(KEPT, &[]).await.unwrap().get(0);
        assert_eq!(kept, "kmgpaegpfailede");
    }
}
