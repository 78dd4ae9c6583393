//! What an operator relies on: files and their modes, exit codes, refusals.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
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
    for word in ["serve", "app", "customer", "key", "Exit codes:", "KEYFOLD_LOG"] {
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
fn the_playground_is_a_page_of_the_development_profile_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, page) = (folder.path().join("data"), folder.path().join("page"));
    let page_option = page.to_str().unwrap();
    assert_refused(
        &run(&data, &["serve", "--dev", "--listen", "127.0.0.1:0", "--playground", page_option]),
        "the page cannot be read",
    );
    fs::create_dir(&page).unwrap();
    fs::write(page.join("index.html"), "<!doctype html><p>hello").unwrap();
    let without = run(&data, &["serve", "--playground", page_option]);
    assert_eq!(without.status.code(), Some(2), "{without:?}");

    let server = ServerProcess::start(&data, &["--dev", "--playground", page_option]);
    let answer = get(server.address, "/playground");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("content-security-policy: default-src 'none'"), "{answer}");
    assert!(answer.ends_with("<!doctype html><p>hello"), "{answer}");
    for unknown in ["/playground/root.key", "/playground/..%2Fdata%2Froot.key"] {
        assert!(get(server.address, unknown).starts_with("HTTP/1.1 404"), "{unknown}");
    }
    server.terminate();
    let server = ServerProcess::start(&data, &["--dev"]);
    assert!(get(server.address, "/playground").starts_with("HTTP/1.1 404"));
}

/// The whole answer to a GET, as it came.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
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
