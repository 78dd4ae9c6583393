//! `keyfold db …`

use std::path::PathBuf;

use keyfold_server::db::backup::{self, BackupError};
use keyfold_server::db::{Dialect, SCHEMA_VERSION};
use keyfold_server::{DatabaseConfig, RootKey, installation};
use serde_json::json;

use crate::arguments::{Backup, Database, Json, Restore};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::installation::Installation;

/// Runs a command on the database.
pub(crate) async fn run(settings: &Settings, command: Database) -> Result<(), Failure> {
    match command {
        Database::Migrate(arguments) => migrate(settings, &arguments).await,
        Database::Backup(arguments) => back_up(settings, &arguments),
        Database::Restore(arguments) => restore(settings, &arguments),
        Database::Check(arguments) => check(settings, &arguments).await,
    }
}

/// Opening is migrating; this only does nothing else.
async fn migrate(settings: &Settings, arguments: &Json) -> Result<(), Failure> {
    let installation = Installation::prepare(settings)?;
    let db = installation.open().await?;
    let engine = db.dialect();
    db.close().await;
    if arguments.json {
        println!("{:#}", json!({"schema_version": SCHEMA_VERSION, "engine": engine.name()}));
    } else {
        println!("The tables are those of this release (version {SCHEMA_VERSION}).");
    }
    Ok(())
}

fn back_up(settings: &Settings, arguments: &Backup) -> Result<(), Failure> {
    let source = embedded(
        settings,
        "use pg_dump, which sees the state of one moment as well:\n  pg_dump --format=custom --file=keyfold.dump \"$KEYFOLD_DATABASE_URL\"",
    )?;
    let bytes = backup::back_up(&source, &arguments.out).map_err(failure)?;
    let key_file = settings.root_key_file();
    if arguments.json {
        let report = json!({
            "file": arguments.out.display().to_string(),
            "bytes": bytes,
            "root_key_file": key_file.display().to_string(),
        });
        println!("{report:#}");
    } else {
        println!("Wrote {bytes} bytes to {} and checked them.", arguments.out.display());
        println!();
        println!(
            "Not in it, and needed to use it: the root key ({}). Keep a copy of it in another place than the",
            key_file.display()
        );
        println!(
            "backups: both together are as good as the server. Not in it either: the contents of files that apps store on this"
        );
        println!("server, which lie in the storage and are encrypted by the clients.");
    }
    Ok(())
}

/// Puts a backup where there is no database. The root key of its time has to be in place already.
fn restore(settings: &Settings, arguments: &Restore) -> Result<(), Failure> {
    let target = embedded(
        settings,
        "use pg_restore on an empty database:\n  pg_restore --no-owner --dbname=\"$KEYFOLD_DATABASE_URL\" keyfold.dump",
    )?;
    let key_file = settings.root_key_file();
    if !key_file.exists() {
        return Err(Failure::Refused(format!(
            "put the root key of the backup's time to {} first: without it the backup cannot be used",
            key_file.display()
        )));
    }
    let root_key = RootKey::load(&key_file).map_err(Failure::refused)?;
    let restored = backup::restore::<Refusal>(&arguments.from, &target, |copy| {
        installation::check_file(copy, &root_key).map_err(|error| Refusal(Failure::refused(error)))
    });
    let bytes = restored.map_err(|refusal| refusal.0)?;
    if arguments.json {
        println!("{:#}", json!({"file": target.display().to_string(), "bytes": bytes}));
    } else {
        println!("Restored {} ({bytes} bytes). The server may start.", target.display());
    }
    Ok(())
}

async fn check(settings: &Settings, arguments: &Json) -> Result<(), Failure> {
    if let DatabaseConfig::Sqlite { path } = settings.database()
        && !path.exists()
    {
        return Err(Failure::Failed(format!("there is no database at {}", path.display())));
    }
    let installation = Installation::prepare(settings)?;
    let db = installation.open().await?;
    let damage = db.find_damage().await;
    let unreadable = installation::find_unreadable_secrets(&db, &installation.root_key).await;
    let engine = db.dialect();
    db.close().await;
    let (damage, unreadable) = (damage.map_err(Failure::failed)?, unreadable.map_err(Failure::failed)?);
    let is_good = damage.is_empty() && unreadable.is_empty();
    if arguments.json {
        let report = json!({
            "good": is_good,
            "schema_version": SCHEMA_VERSION,
            "engine": engine.name(),
            "damage": damage,
            "unreadable_secrets": unreadable,
        });
        println!("{report:#}");
    } else {
        for sentence in &damage {
            println!("Damage: {sentence}");
        }
        for name in &unreadable {
            println!("Does not open under the root key: {name}");
        }
        if is_good {
            match engine {
                Dialect::Sqlite => println!("The database is in good order: structure, references, secrets."),
                Dialect::Postgres => {
                    println!("The database is in good order: indexes, constraints, secrets.")
                }
            }
        }
    }
    if is_good { Ok(()) } else { Err(Failure::Failed("the database is not in good order".to_owned())) }
}

/// The file of the embedded database.
fn embedded(settings: &Settings, instead: &str) -> Result<PathBuf, Failure> {
    match settings.database() {
        DatabaseConfig::Sqlite { path } => Ok(path),
        _ => Err(Failure::CommandLine(format!(
            "this command is for the embedded database. For PostgreSQL {instead}"
        ))),
    }
}

/// The end of a restoration, by either side.
struct Refusal(Failure);

impl From<BackupError> for Refusal {
    fn from(error: BackupError) -> Self {
        Self(failure(error))
    }
}

fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Exists { .. } => Failure::refused(error),
        other => Failure::failed(other),
    }
}
