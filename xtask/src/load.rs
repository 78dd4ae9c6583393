//! `cargo xtask load`: the server under load, built as it is released.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;

use anyhow::{Context as _, Result};

use crate::machine;
use crate::project::{Project, execute};

/// Builds the server and the load tool, and becomes the latter; `arguments` are its own.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<std::process::ExitCode> {
    if arguments.iter().any(|argument| argument == "postgres" || argument == "--report") {
        machine::ensure_postgres(project)?;
    }
    execute(&mut project.cargo([
        "build",
        "--release",
        "--locked",
        "-p",
        "keyfold-cli",
        "-p",
        "keyfold-load",
    ]))?;
    let program = project.target.join("release").join("keyfold-load");
    let mut tool = project.command(&program.to_string_lossy());
    Err(tool.args(arguments).exec()).with_context(|| format!("cannot start {}", program.display()))
}
