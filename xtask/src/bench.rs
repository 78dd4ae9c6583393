//! `cargo xtask bench`: every criterion benchmark of the workspace.

use std::ffi::OsString;

use anyhow::Result;

use crate::project::{Project, execute};

/// Runs the benchmarks; `arguments` go to criterion.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<()> {
    execute(project.cargo(["bench", "--workspace", "--locked", "--bench", "*", "--"]).args(arguments))
}
