//! What an operator relies on: files and their modes, exit codes, refusals.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use keyfold_testkit::postgres::fresh_database;
use support::{ServerProcess, keyfold, run, run_json};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn assert_refused(output: &Output, because: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains(because), "{text}");
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let output = keyfold(&["--help"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for word in ["serve", "app", "key", "Exit codes:", "KEYFOLD_LOG"] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    for arguments in [
        &["serve", "--port", "1"][..],
        &["serve", "--listen", "here"],
        &["--log", "keyfold=loud", "app", "list"],
    ] {
        assert_eq!(keyfold(arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_first_start_makes_files_that_only_their_owner_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/data");
    ServerProcess::start(&data, &[]).terminate();
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("root.key")), 0o600);
    assert!(data.join("keyfold.db").exists());
}

#[test]
fn a_server_that_is_told_to_stop_exits_with_0() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ServerProcess::start(folder.path(), &[]).terminate().code(), Some(0));
}

#[test]
fn the_development_profile_refuses_other_machines_unless_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["serve", "--dev", "--listen", "0.0.0.0:0"]);
    assert_refused(&output, "--dev-insecure-listen");
    assert!(!folder.path().join("keyfold.db").exists(), "a refused start left a database");

    let server = ServerProcess::start(folder.path(), &["--dev", "--dev-insecure-listen"]);
    assert!(server.terminate().success());
}

#[test]
fn an_app_that_was_created_is_listed_after_a_restart_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = ServerProcess::start(data, &[]);
    let app = run_json(data, &["app", "create", "--name", "Diary", "--json"]);
    for field in ["public_token", "secret_token", "jwt_key_id", "jwt_sign_key", "jwt_verify_key"] {
        assert!(app[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {app}");
    }
    server.terminate();
    let server = ServerProcess::start(data, &[]);
    let apps = run_json(data, &["app", "list", "--json"]);
    assert_eq!(apps[0]["app_id"], app["app_id"]);
    assert_eq!(apps[0]["name"], "Diary");
    assert_eq!(apps.as_array().unwrap().len(), 1);
    server.terminate();
}

#[test]
fn the_development_app_is_seeded_once() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        ServerProcess::start(folder.path(), &["--dev"]).terminate();
    }
    assert_eq!(run_json(folder.path(), &["app", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_database_without_its_root_key_is_not_given_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run_json(data, &["app", "list", "--json"]);
    fs::remove_file(data.join("root.key")).unwrap();
    assert_refused(&run(data, &["app", "list"]), "root key is missing");
    assert!(!data.join("root.key").exists());
}

#[test]
fn a_foreign_root_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run_json(data, &["app", "list", "--json"]);
    fs::remove_file(data.join("root.key")).unwrap();
    assert!(
        run(data, &["key", "generate", "--out", data.join("root.key").to_str().unwrap()]).status.success()
    );
    assert_refused(
        &run(data, &["serve", "--listen", "127.0.0.1:0"]),
        "not the one this database was made with",
    );
}

#[test]
fn on_postgresql_a_new_key_for_an_old_database_is_refused_and_removed() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = fresh_database();
    let list = ["app", "list", "--json", "--database-url", database.url()];
    run_json(first.path(), &list);
    assert_refused(&run(second.path(), &list), "not the one this database was made with");
    assert!(!second.path().join("root.key").exists());
}

#[test]
fn a_root_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run_json(folder.path(), &["app", "list", "--json"]);
    fs::set_permissions(folder.path().join("root.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_refused(&run(folder.path(), &["app", "list"]), "0600");
}

#[test]
fn a_generated_key_never_overwrites_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    let generate = ["key", "generate", "--out", file.to_str().unwrap()];
    assert!(run(folder.path(), &generate).status.success());
    let first = fs::read(&file).unwrap();
    assert_eq!(run(folder.path(), &generate).status.code(), Some(1));
    assert_eq!(fs::read(&file).unwrap(), first);
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_database_url_with_its_password_is_in_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://keyfold:sesame@127.0.0.1:1/nowhere";
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["app", "list"], &["serve", "--help"]] {
        let output = keyfold(arguments)
            .env("KEYFOLD_DATA", folder.path())
            .env("KEYFOLD_DATABASE_URL", url)
            .env("KEYFOLD_LOG", "trace")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&text).contains("sesame"), "{arguments:?}");
    }
}
