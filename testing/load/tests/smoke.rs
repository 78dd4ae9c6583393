//! Every scenario runs, and measures something.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;

/// The server is the library linked into the tool: the real program may not have been built.
fn measure(arguments: &[&str]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfold-load"));
    command.args(["--program", "self", "--json", "--members", "100"]).args(arguments);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_scenario_measures_something() {
    let rows = measure(&["--requests", "5", "--connections", "2"]);
    assert!(rows.len() > 15, "{rows:#?}");
    for row in rows {
        let name = row["name"].as_str().unwrap();
        if !name.starts_with("memory") {
            assert!(row["per_second"].as_f64().unwrap() > 0.0, "{row:#}");
        }
        for (label, bound) in row["bounds"].as_object().unwrap() {
            assert!(bound["per_second"].as_f64().unwrap() > 0.0, "{name}: {label}");
        }
    }
}

#[test]
fn a_scenario_can_be_measured_alone_and_for_a_time() {
    let rows = measure(&["--scenario", "access", "--seconds", "0.2", "--no-bounds"]);
    let names: Vec<_> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["memory, idle", "access through 5 parents", "memory, after all of it"]);
}

#[test]
fn a_wrong_command_line_is_explained() {
    for (arguments, text) in [
        (&["--scenario", "nonsense"][..], "no scenario `nonsense`"),
        (&["--engine", "abacus"], "no engine `abacus`"),
        (&["--servers", "2"], "--engine postgres"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_keyfold-load")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(text));
    }
}
