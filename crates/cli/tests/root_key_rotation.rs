//! `keyfold key rotate-root`, also when it is interrupted between two of its steps.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::fs;
use std::path::Path;

use keyfold_testkit::postgres::fresh_database;
use support::{ServerProcess, run, run_json};

fn rotate(data: &Path, more: &[&str]) {
    let output = run(data, &[&["key", "rotate-root"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn assert_rotated(data: &Path, more: &[&str]) {
    assert!(fs::read_to_string(data.join("root.key")).unwrap().contains(" 2 "));
    assert!(fs::read_to_string(data.join("root.key.v1")).unwrap().contains(" 1 "));
    assert!(!data.join("root.key.next").exists());
    assert!(ServerProcess::start(data, more).terminate().success());
}

#[test]
fn the_server_starts_with_the_new_key_and_the_old_one_is_kept() {
    let database = fresh_database();
    for more in [&[][..], &["--database-url", database.url()]] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        run_json(data, &[&["app", "create", "--name", "Diary", "--json"], more].concat());
        rotate(data, more);
        assert_rotated(data, more);
        fs::copy(data.join("root.key.v1"), data.join("root.key")).unwrap();
        assert_eq!(
            run(data, &[&["app", "list"], more].concat()).status.code(),
            Some(3),
            "the old key still opens"
        );
    }
}

#[test]
fn an_interruption_before_the_database_changed_is_made_good() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run_json(data, &["app", "create", "--name", "Diary", "--json"]);
    // The new key is written, nothing else has happened.
    let next = fs::read_to_string(data.join("root.key")).unwrap().replacen(" 1 ", " 2 ", 1);
    fs::copy(data.join("root.key"), data.join("root.key.next")).unwrap();
    fs::write(data.join("root.key.next"), next).unwrap();
    rotate(data, &[]);
    assert_rotated(data, &[]);
}

#[test]
fn an_interruption_after_the_database_changed_is_made_good() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run_json(data, &["app", "create", "--name", "Diary", "--json"]);
    fs::copy(data.join("root.key"), data.join("old.key")).unwrap();
    rotate(data, &[]);
    // As it was before the files changed places.
    fs::rename(data.join("root.key"), data.join("root.key.next")).unwrap();
    fs::remove_file(data.join("root.key.v1")).unwrap();
    fs::rename(data.join("old.key"), data.join("root.key")).unwrap();

    let refused = run(data, &["app", "list"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("rotate-root"));
    rotate(data, &[]);
    assert_rotated(data, &[]);
}
