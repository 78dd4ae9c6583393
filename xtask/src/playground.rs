//! The page at `/playground` of a development server: the SDK, and a page that uses it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::project::{Project, execute};
use crate::{machine, wasm};

/// Builds what is not up to date, and says where the page is.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    if machine::find_program("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    wasm::build_full(project)?;
    let packages = project.root.join("packages");
    for name in ["sdk", "playground"] {
        let folder = packages.join(name);
        install(project, &folder)?;
        execute(project.command("npm").args(["run", "--silent", "build"]).current_dir(&folder))?;
    }
    Ok(packages.join("playground/dist"))
}

/// Installs what the lock file names, unless that was done since it last changed.
fn install(project: &Project, folder: &Path) -> Result<()> {
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified());
    let wanted = changed("package-lock.json").context("a package without a lock file")?;
    // npm writes this file at the end of every installation.
    if changed("node_modules/.package-lock.json").is_ok_and(|installed| installed >= wanted) {
        return Ok(());
    }
    execute(project.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}
