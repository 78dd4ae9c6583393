//! `keyfold db …`

mod backup;

use keyfold_server::db::{Dialect, SCHEMA_VERSION};
use keyfold_server::{archive, installation};
use serde_json::json;

use self::backup::Meter;
use crate::arguments::{Database, DatabaseCheck, Json};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::installation::Installation;

/// Runs a command on the database.
pub(crate) async fn run(settings: &Settings, command: Database) -> Result<(), Failure> {
    match command {
        Database::Migrate(arguments) => migrate(settings, &arguments).await,
        Database::Backup(arguments) => backup::back_up(settings, &arguments).await,
        Database::Restore(arguments) => backup::restore(settings, &arguments).await,
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

/// Changes nothing: neither the tables of an older release nor a missing root key are its business.
async fn check(settings: &Settings, arguments: &DatabaseCheck) -> Result<(), Failure> {
    let installation = Installation::existing(settings)?;
    let db = installation.look().await?;
    let damage = db.find_damage().await;
    let unreadable = installation::find_unreadable_secrets(&db, &installation.root_key).await;
    let mut progress = Meter::new("copied", arguments.json);
    let contents = if arguments.files {
        Some(archive::verify(&db, &settings.storage(), &mut |report| progress.show(report)).await)
    } else {
        None
    };
    progress.end();
    let engine = db.dialect();
    db.close().await;
    let (damage, unreadable) = (damage.map_err(Failure::failed)?, unreadable.map_err(Failure::failed)?);
    let contents = contents.transpose().map_err(Failure::failed)?;
    let has_all_contents = contents.as_ref().is_none_or(|report| report.lost == 0);
    let is_good = damage.is_empty() && unreadable.is_empty() && has_all_contents;
    if arguments.json {
        let report = json!({
            "good": is_good,
            "schema_version": SCHEMA_VERSION,
            "engine": engine.name(),
            "damage": damage,
            "unreadable_secrets": unreadable,
            "files": contents.as_ref().map(backup::report_json),
        });
        println!("{report:#}");
    } else {
        for sentence in &damage {
            println!("Damage: {sentence}");
        }
        for name in &unreadable {
            println!("Does not open under the root key: {name}");
        }
        if let Some(report) = &contents {
            for lost in &report.named {
                println!("Content of {}: {}", lost.part.as_str(), lost.reason);
            }
            println!(
                "{} of {} contents are in the storage.",
                report.parts.saturating_sub(report.lost),
                report.parts
            );
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
