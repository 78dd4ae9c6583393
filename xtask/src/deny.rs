//! Licences, sources and known holes of the dependencies, by cargo-deny (rules in `deny.toml`).

use std::path::PathBuf;

use anyhow::Result;

use crate::machine::find_program;
use crate::project::{Project, execute};
use crate::runner::Outcome;

/// Where the security advisories are published.
const ADVISORY_DATABASE: &str = "https://github.com/rustsec/advisory-db";

/// Checks bans, licences and sources always, advisories where their database can be reached.
pub(crate) fn run(project: &Project) -> Result<Outcome> {
    let program = ensure_cargo_deny(project)?;
    let deny = |checks: &[&str]| {
        let mut command = project.command(&program.to_string_lossy());
        command.args(["--all-features", "check", "--hide-inclusion-graph"]).args(checks);
        execute(&mut command)
    };
    deny(&["bans", "licenses", "sources"])?;
    if database_is_reachable(project) {
        deny(&["advisories"])?;
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::PassedWithNote(
        "bans, licences and sources; no advisories: their database cannot be reached from here".to_owned(),
    ))
}

/// The installed cargo-deny, else one of our own under the target folder.
fn ensure_cargo_deny(project: &Project) -> Result<PathBuf> {
    if let Some(program) = find_program("cargo-deny") {
        return Ok(program);
    }
    let tools = project.target.join("tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        println!("    cargo-deny is missing: building it once into {}", tools.display());
        // It checks a few files: the time to optimise it would never be earned back.
        let mut install = project.cargo(["install", "--quiet", "--locked", "--debug", "--root"]);
        install
            .arg(&tools)
            .args(["--version", "^0.20", "cargo-deny"])
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0");
        execute(&mut install)?;
    }
    Ok(program)
}

fn database_is_reachable(project: &Project) -> bool {
    project
        .command("git")
        .args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=15"])
        .args(["ls-remote", "--exit-code", ADVISORY_DATABASE, "HEAD"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .is_ok_and(|output| output.status.success())
}
