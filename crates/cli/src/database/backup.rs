//! `keyfold db backup`, `keyfold db restore`: the embedded database, and the contents of files.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyfold_server::archive::{Archive, ArchiveError, Report};
use keyfold_server::db::Db;
use keyfold_server::db::backup::{BackupError, Snapshot};
use keyfold_server::{DatabaseConfig, RootKey, installation};
use serde_json::{Value, json};

use crate::arguments::{Backup, Restore};
use crate::configuration::Settings;
use crate::failure::Failure;

/// Copies of the database that are tried until one is found all of whose contents are still there.
const ROUNDS: u32 = 3;

/// Copies the database, the contents of files, or both.
pub(super) async fn back_up(settings: &Settings, arguments: &Backup) -> Result<(), Failure> {
    let source = match &arguments.out {
        Some(_) => Some(embedded(
            settings,
            "use pg_dump, which sees the state of one moment as well:\n  pg_dump --format=custom --file=keyfold.dump \"$KEYFOLD_DATABASE_URL\"",
        )?),
        None => None,
    };
    let mut archive = match &arguments.files {
        Some(folder) => Some(Archive::open(folder).await.map_err(archive_failure)?),
        None => None,
    };
    let mut progress = Meter::new("copied", arguments.json);
    let mut contents = None;
    let mut bytes = None;
    match (&source, &arguments.out) {
        (Some(source), Some(out)) => {
            for round in 1..=ROUNDS {
                let snapshot = Snapshot::take(source, out).map_err(failure)?;
                if let Some(archive) = &mut archive {
                    let copy = DatabaseConfig::Sqlite { path: snapshot.path().to_owned() };
                    let report = add(archive, &copy, settings, &mut progress).await?;
                    // Deleted between the two copies, if another copy of the database does not know them any more.
                    if report.lost > 0 && round < ROUNDS {
                        continue;
                    }
                    contents = Some(report);
                }
                bytes = Some(snapshot.publish().map_err(failure)?);
                break;
            }
        }
        _ => {
            if let Some(archive) = &mut archive {
                contents = Some(add(archive, &settings.database(), settings, &mut progress).await?);
            }
        }
    }
    progress.end();
    if arguments.json {
        let report = json!({
            "file": arguments.out.as_ref().map(|file| file.display().to_string()),
            "bytes": bytes,
            "root_key_file": settings.root_key_file().display().to_string(),
            "files": contents.as_ref().map(report_json),
        });
        println!("{report:#}");
    } else {
        explain_backup(settings, arguments, bytes, contents.as_ref());
    }
    match contents {
        Some(report) if report.lost > 0 => Err(Failure::Failed(format!(
            "the contents of {} parts of files are not in the storage, and not in the backup either: `keyfold db check --files`",
            report.lost
        ))),
        _ => Ok(()),
    }
}

/// Puts a backup where there is no database, and contents where they are missing. The root key of its time has to be in place already.
pub(super) async fn restore(settings: &Settings, arguments: &Restore) -> Result<(), Failure> {
    let target = match &arguments.from {
        Some(_) => Some(embedded(
            settings,
            "use pg_restore on an empty database:\n  pg_restore --no-owner --dbname=\"$KEYFOLD_DATABASE_URL\" keyfold.dump",
        )?),
        None => None,
    };
    let archive = match &arguments.files {
        Some(folder) => Some(Archive::open_existing(folder).map_err(archive_failure)?),
        None => None,
    };
    let mut progress = Meter::new("put back", arguments.json);
    let mut contents = None;
    let mut bytes = None;
    match (&arguments.from, &target) {
        (Some(from), Some(target)) => {
            let snapshot = accept(settings, from, target)?;
            if let Some(archive) = &archive {
                let copy = DatabaseConfig::Sqlite { path: snapshot.path().to_owned() };
                contents = Some(put_back(archive, &copy, settings, arguments, &mut progress).await?);
            }
            bytes = Some(snapshot.publish().map_err(failure)?);
        }
        _ => {
            if let Some(archive) = &archive {
                contents =
                    Some(put_back(archive, &settings.database(), settings, arguments, &mut progress).await?);
            }
        }
    }
    progress.end();
    if arguments.json {
        let report = json!({
            "file": target.as_ref().map(|file| file.display().to_string()),
            "bytes": bytes,
            "files": contents.as_ref().map(report_json),
        });
        println!("{report:#}");
        return Ok(());
    }
    if let Some(report) = &contents {
        println!("{} of {} contents were missing in the storage and are back.", report.copied, report.parts);
    }
    if let (Some(target), Some(bytes)) = (&target, bytes) {
        println!("Restored {} ({bytes} bytes). The server may start.", target.display());
    }
    Ok(())
}

/// A copy for the place of the database that opens with the root key.
fn accept(settings: &Settings, from: &Path, target: &Path) -> Result<Snapshot, Failure> {
    let key_file = settings.root_key_file();
    if !key_file.exists() {
        return Err(Failure::Refused(format!(
            "put the root key of the backup's time to {} first: without it the backup cannot be used",
            key_file.display()
        )));
    }
    let root_key = RootKey::load(&key_file).map_err(Failure::refused)?;
    let snapshot = Snapshot::take(from, target).map_err(failure)?;
    installation::check_file(snapshot.path(), &root_key).map_err(Failure::refused)?;
    Ok(snapshot)
}

async fn add(
    archive: &mut Archive,
    database: &DatabaseConfig,
    settings: &Settings,
    progress: &mut Meter,
) -> Result<Report, Failure> {
    let db = Db::look(database).await.map_err(Failure::failed)?;
    let report = archive.add(&db, &settings.storage(), &mut |report| progress.show(report)).await;
    db.close().await;
    report.map_err(archive_failure)
}

async fn put_back(
    archive: &Archive,
    database: &DatabaseConfig,
    settings: &Settings,
    arguments: &Restore,
    progress: &mut Meter,
) -> Result<Report, Failure> {
    let db = Db::look(database).await.map_err(Failure::failed)?;
    let report = archive.put_back(&db, &settings.storage(), &mut |report| progress.show(report)).await;
    db.close().await;
    let report = report.map_err(archive_failure)?;
    if report.lost == 0 || arguments.accept_missing {
        return Ok(report);
    }
    progress.end();
    for lost in &report.named {
        eprintln!("{}: {}", lost.part.as_str(), lost.reason);
    }
    Err(Failure::Failed(format!(
        "the contents of {} parts of files are neither in the storage nor, unharmed, in the folder. Nothing else was restored; \
         --accept-missing goes on without them",
        report.lost
    )))
}

fn explain_backup(settings: &Settings, arguments: &Backup, bytes: Option<u64>, contents: Option<&Report>) {
    if let (Some(out), Some(bytes)) = (&arguments.out, bytes) {
        println!("Wrote {bytes} bytes to {} and checked them.", out.display());
    }
    if let (Some(folder), Some(report)) = (&arguments.files, contents) {
        println!(
            "{} holds the contents of all {} parts of files ({} bytes); {} of them are new.",
            folder.display(),
            report.parts.saturating_sub(report.lost),
            report.bytes,
            report.copied
        );
    }
    println!();
    println!(
        "Not in it, and needed to use it: the root key ({}). Keep a copy of it in another place than the",
        settings.root_key_file().display()
    );
    println!("backups: both together are as good as the server.");
    if contents.is_none() {
        println!(
            "Not in it either: the contents of files that apps store on this server, which the clients have encrypted: --files FOLDER."
        );
    }
}

/// A report as programs read it.
pub(super) fn report_json(report: &Report) -> Value {
    let named = report.named.iter().map(|lost| json!({"part": lost.part.as_str(), "reason": lost.reason}));
    json!({
        "parts": report.parts,
        "bytes": report.bytes,
        "copied": report.copied,
        "copied_bytes": report.copied_bytes,
        "lost": report.lost,
        "lost_parts": named.collect::<Value>(),
    })
}

/// How far it has come, on standard error: once a second, on a terminal in place.
pub(super) struct Meter {
    verb: &'static str,
    is_silent: bool,
    is_terminal: bool,
    shown_at: Instant,
    has_shown: bool,
}

impl Meter {
    pub(super) fn new(verb: &'static str, is_silent: bool) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { verb, is_silent, is_terminal, shown_at: Instant::now(), has_shown: false }
    }

    pub(super) fn show(&mut self, report: &Report) {
        if self.is_silent || self.shown_at.elapsed() < Duration::from_secs(1) {
            return;
        }
        (self.shown_at, self.has_shown) = (Instant::now(), true);
        let line = format!(
            "{} parts looked at, {} {} ({} bytes)",
            report.parts, report.copied, self.verb, report.copied_bytes
        );
        if self.is_terminal {
            eprint!("\r{line}");
        } else {
            eprintln!("{line}");
        }
    }

    pub(super) fn end(&mut self) {
        if self.is_terminal && self.has_shown {
            eprintln!();
            self.has_shown = false;
        }
    }
}

/// The file of the embedded database.
fn embedded(settings: &Settings, instead: &str) -> Result<PathBuf, Failure> {
    match settings.database() {
        DatabaseConfig::Sqlite { path } => Ok(path),
        _ => Err(Failure::CommandLine(format!(
            "this is for the embedded database. For PostgreSQL {instead}\n--files alone works with both."
        ))),
    }
}

fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Exists { .. } => Failure::refused(error),
        other => Failure::failed(other),
    }
}

fn archive_failure(error: ArchiveError) -> Failure {
    Failure::failed(error)
}
