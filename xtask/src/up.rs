//! `cargo xtask up`: from a checkout to a running development server.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use anyhow::{Context as _, Result};

use crate::project::{Project, execute};

/// Builds the server and becomes it: signals reach it directly, and its exit code is this command's.
pub(crate) fn run(project: &Project, release: bool, arguments: &[OsString]) -> Result<()> {
    println!("==> building the server (the first time takes a few minutes)");
    let mut build = project.cargo(["build", "-p", "keyfold-cli"]);
    if release {
        build.arg("--release");
    }
    execute(&mut build)?;
    let program = project.target.join(if release { "release" } else { "debug" }).join("keyfold");
    let mut server = project.command(&program.to_string_lossy());
    server.args(["serve", "--dev"]).args(arguments).stdin(Stdio::inherit());
    println!("==> starting it; Ctrl-C stops it");
    Err(server.exec()).with_context(|| format!("cannot start {}", program.display()))
}
