//! `keyfold db …`: backups while the server runs, restoration, checks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use keyfold_server::DatabaseConfig;
use keyfold_server::db::Db;
use keyfold_testkit::postgres::fresh_database;
use serde_json::json;
use support::{ServerProcess, run, run_json};

#[track_caller]
fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
}

fn create_app(data: &Path, name: &str) -> String {
    run_json(data, &["app", "create", "--name", name, "--json"])["app_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_backup_of_a_running_server_is_restored_elsewhere() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, backup) = (folder.path(), other.path().join("backup.db"));
    let server = ServerProcess::start(data, &[]);
    let app = create_app(data, "before");
    let backup_text = backup.to_str().unwrap();
    let report = run_json(data, &["db", "backup", "--out", backup_text, "--json"]);
    assert_eq!(report["bytes"], fs::metadata(&backup).unwrap().len());
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    create_app(data, "after");
    // Nothing is left beside it, and it is not overwritten.
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    assert_fails(&run(data, &["db", "backup", "--out", backup_text]), 3, &["exists"]);
    server.kill();

    let restored = other.path().join("data");
    fs::create_dir(&restored).unwrap();
    let restore = ["db", "restore", "--from", backup_text];
    assert_fails(&run(&restored, &restore), 3, &["root key"]);
    fs::copy(data.join("root.key"), restored.join("root.key")).unwrap();
    let output = run(&restored, &restore);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_fails(&run(&restored, &restore), 3, &["exists"]);
    let server = ServerProcess::start(&restored, &[]);
    let apps = run_json(&restored, &["app", "list", "--json"]);
    assert_eq!((apps.as_array().unwrap().len(), &apps[0]["app_id"]), (1, &json!(app)));
    server.terminate();
}

#[test]
fn a_backup_is_not_restored_under_a_foreign_root_key() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    create_app(folder.path(), "Diary");
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    run_json(folder.path(), &["db", "backup", "--out", backup, "--json"]);
    let key = other.path().join("root.key");
    run(other.path(), &["key", "generate", "--out", key.to_str().unwrap()]);
    assert_fails(&run(other.path(), &["db", "restore", "--from", backup]), 3, &["root key"]);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "only the key");
}

#[test]
fn a_damaged_file_is_neither_backed_up_nor_restored() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    for number in 0..20 {
        create_app(data, &format!("app {number}"));
    }
    let backup = data.join("backup.db");
    run_json(data, &["db", "backup", "--out", backup.to_str().unwrap(), "--json"]);
    let size = fs::metadata(&backup).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&backup).unwrap();
    file.seek(SeekFrom::Start(size / 2 / 4096 * 4096)).unwrap();
    file.write_all(&[0xa5; 16_384]).unwrap();
    drop(file);
    fs::copy(data.join("root.key"), other.path().join("root.key")).unwrap();
    let restore = run(other.path(), &["db", "restore", "--from", backup.to_str().unwrap()]);
    assert_eq!(restore.status.code(), Some(1));
    fs::copy(&backup, other.path().join("keyfold.db")).unwrap();
    let copy = other.path().join("copy.db");
    let again = run(other.path(), &["db", "backup", "--out", copy.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(!copy.exists());
}

#[test]
fn a_check_finds_secrets_that_do_not_open() {
    let database = fresh_database();
    for more in [&[][..], &["--database-url", database.url()]] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        run_json(data, &[&["app", "create", "--name", "Diary", "--json"], more].concat());
        let report = run_json(data, &[&["db", "check", "--json"], more].concat());
        assert_eq!((&report["good"], &report["unreadable_secrets"]), (&json!(true), &json!([])));
        let server = ServerProcess::start(data, more);
        assert!(run(data, &[&["db", "check"], more].concat()).status.success(), "while the server runs");
        server.terminate();
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    create_app(data, "Diary");
    spoil_a_secret(&data.join("keyfold.db"));
    let output = run(data, &["db", "check", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("JwtPrivateKey of"));
}

/// Puts a secret into another row, where it must not open.
fn spoil_a_secret(path: &Path) {
    keyfold_testkit::block_on(async {
        let db = Db::open(&DatabaseConfig::Sqlite { path: path.to_owned() }).await.unwrap();
        let spoilt = db.write((), |tx, ()| {
            Box::pin(async move {
                let sql =
                    "UPDATE app_jwt_keys SET sealed_private_key = (SELECT value FROM server_facts LIMIT 1)";
                Ok(tx.execute(sql, &[]).await?)
            })
        });
        assert_eq!(spoilt.await.unwrap(), 1);
        db.close().await;
    });
}

#[test]
fn there_is_nothing_to_check_or_to_back_up_where_there_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["db", "check"][..], &["db", "backup", "--out", "x.db"]] {
        assert_fails(&run(folder.path(), arguments), 1, &["there is no"]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn for_postgresql_the_commands_name_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://keyfold:sesame@127.0.0.1:1/x";
    for (arguments, tool) in
        [(["db", "backup", "--out", "x"], "pg_dump"), (["db", "restore", "--from", "x"], "pg_restore")]
    {
        let output = run(folder.path(), &[&arguments[..], &["--database-url", url]].concat());
        assert_fails(&output, 2, &[tool]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("sesame"));
    }
}

#[test]
fn migrating_makes_the_tables_and_is_repeatable() {
    let database = fresh_database();
    for more in [&[][..], &["--database-url", database.url()]] {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let report = run_json(folder.path(), &[&["db", "migrate", "--json"], more].concat());
            assert!(report["schema_version"].as_i64().unwrap() >= 6);
        }
    }
}

const PART: &str = "0190a6a4-3b1c-7cde-8f01-23456789abcd";
const PLACE: &str = "files/cd/0190a6a4-3b1c-7cde-8f01-23456789abcd";
const COPY: &str = "cd/0190a6a4-3b1c-7cde-8f01-23456789abcd";

fn change_rows(data: &Path, statements: &'static [&'static str]) {
    keyfold_testkit::block_on(async {
        let db = Db::open(&DatabaseConfig::Sqlite { path: data.join("keyfold.db") }).await.unwrap();
        let changed = db.write((), move |tx, ()| {
            Box::pin(async move {
                for sql in statements {
                    tx.execute(sql, &[]).await?;
                }
                Ok(())
            })
        });
        changed.await.unwrap();
        db.close().await;
    });
}

/// An installation with a file of one part, as a server stores it.
fn with_a_file(data: &Path) {
    create_app(data, "Diary");
    change_rows(
        data,
        &[
            "INSERT INTO files (id, app_id, owner_id, target_kind, created_at, master_key_id, encrypted_key_alg, encrypted_key)
             VALUES ('0190a6a4-3b1c-7cde-8f01-23456789aaaa', 'a', 'b', 0, 1, 'c', 'd', 'e')",
            "INSERT INTO file_parts (id, file_id, sequence, is_external, bytes)
             VALUES ('0190a6a4-3b1c-7cde-8f01-23456789abcd', '0190a6a4-3b1c-7cde-8f01-23456789aaaa', 1, 0, 5)",
        ],
    );
    fs::create_dir_all(data.join("files/cd")).unwrap();
    fs::write(data.join(PLACE), "hello").unwrap();
}

#[test]
fn contents_of_files_are_backed_up_and_restored_with_the_database() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, archive) = (folder.path(), other.path().join("contents"));
    with_a_file(data);
    let (copy, archive_text) = (other.path().join("backup.db"), archive.to_str().unwrap());
    let copy = copy.to_str().unwrap();
    let report = run_json(data, &["db", "backup", "--out", copy, "--files", archive_text, "--json"]);
    assert_eq!((&report["files"]["copied"], &report["files"]["lost"]), (&json!(1), &json!(0)));
    assert_eq!(fs::read_to_string(archive.join(COPY)).unwrap(), "hello");
    // Everybody's tool can check it.
    if let Ok(checked) =
        std::process::Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(&archive).output()
    {
        assert!(checked.status.success(), "{checked:?}");
    }

    let restored = other.path().join("data");
    fs::create_dir(&restored).unwrap();
    fs::copy(data.join("root.key"), restored.join("root.key")).unwrap();
    let report = run_json(&restored, &["db", "restore", "--from", copy, "--files", archive_text, "--json"]);
    assert_eq!(report["files"]["copied"], 1);
    assert_eq!(fs::read_to_string(restored.join(PLACE)).unwrap(), "hello");
    assert_eq!(run_json(&restored, &["db", "check", "--files", "--json"])["good"], true);

    // What was lost alone comes back alone.
    fs::remove_file(restored.join(PLACE)).unwrap();
    assert_fails(&run(&restored, &["db", "check", "--files"]), 1, &["not in good order"]);
    let output = run(&restored, &["db", "restore", "--files", archive_text]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(restored.join(PLACE).exists());
}

#[test]
fn a_backup_whose_contents_are_harmed_is_restored_only_when_told_so() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, archive) = (folder.path(), other.path().join("contents"));
    with_a_file(data);
    let (copy, archive_text) = (other.path().join("backup.db"), archive.to_str().unwrap());
    let copy = copy.to_str().unwrap();
    run_json(data, &["db", "backup", "--out", copy, "--files", archive_text, "--json"]);
    fs::write(archive.join(COPY), "HELLO").unwrap();
    let restored = other.path().join("data");
    fs::create_dir(&restored).unwrap();
    fs::copy(data.join("root.key"), restored.join("root.key")).unwrap();
    let restore = ["db", "restore", "--from", copy, "--files", archive_text];
    assert_fails(&run(&restored, &restore), 1, &[PART, "--accept-missing"]);
    assert!(!restored.join("keyfold.db").exists() && !restored.join(PLACE).exists());
    let output = run(&restored, &[&restore[..], &["--accept-missing"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(restored.join("keyfold.db").exists());
}

#[test]
fn a_backup_names_the_contents_that_are_lost_already() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    with_a_file(data);
    fs::remove_file(data.join(PLACE)).unwrap();
    let (copy, archive) = (other.path().join("backup.db"), other.path().join("contents"));
    let output = run(
        data,
        &["db", "backup", "--out", copy.to_str().unwrap(), "--files", archive.to_str().unwrap(), "--json"],
    );
    assert_fails(&output, 1, &["1 parts"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(PART));
    assert!(copy.exists(), "the rest is backed up");
}

#[test]
fn a_check_neither_migrates_nor_makes_anything() {
    let database = fresh_database();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    create_app(data, "Diary");
    let key = data.join("root.key");
    let empty = run(data, &["db", "check", "--database-url", database.url()]);
    assert_fails(&empty, 1, &["no tables", "db migrate"]);
    assert_fails(&run(data, &["db", "check", "--database-url", database.url()]), 1, &["no tables"]);

    change_rows(
        data,
        &["DELETE FROM schema_migrations WHERE version = (SELECT MAX(version) FROM schema_migrations)"],
    );
    for _ in 0..2 {
        assert_fails(&run(data, &["db", "check"]), 1, &["tables of version", "db migrate"]);
    }
    fs::remove_file(&key).unwrap();
    assert_fails(&run(data, &["db", "check"]), 3, &["root key is missing"]);
    assert!(!key.exists());
}
