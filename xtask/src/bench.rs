//! `cargo xtask bench`: every criterion benchmark of the workspace, and what the JavaScript SDK weighs and takes.

use std::ffi::OsString;

use anyhow::Result;

use crate::packages;
use crate::project::{Project, execute};

/// Runs the benchmarks; `arguments` go to criterion.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Result<()> {
    execute(project.cargo(["bench", "--workspace", "--locked", "--bench", "*", "--"]).args(arguments))?;
    // Arguments choose among the benchmarks of criterion.
    if arguments.is_empty() {
        packages::measure(project)?;
    }
    Ok(())
}
