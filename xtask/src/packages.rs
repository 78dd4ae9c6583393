//! The npm packages: each is built and tested by its own scripts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::project::{Project, execute};
use crate::runner::Outcome;
use crate::{machine, wasm};

/// Installs what the lock files name and runs `npm test` in every package.
///
/// The tests find the browser in `KEYFOLD_CHROMIUM` and a built `keyfold` program in `KEYFOLD_PROGRAM`. `program_is_built` says that an
/// earlier step built it from the same sources: alone, cargo would choose other features for its dependencies, and build many of them again.
pub(crate) fn test(project: &mut Project, program_is_built: bool) -> Result<Outcome> {
    let folders = folders(project)?;
    if folders.is_empty() {
        return Ok(Outcome::Skipped("there is no package under packages/".to_owned()));
    }
    if machine::find_program("npm").is_none() {
        bail!("npm is missing to test the JavaScript packages: install Node.js 20 or newer");
    }
    let chromium = machine::ensure_chromium(project)?;
    project.set_environment("KEYFOLD_CHROMIUM", chromium.to_string_lossy().into_owned());
    if !program_is_built {
        execute(&mut project.cargo(["build", "-p", "keyfold-cli"]))?;
    }
    let program = project.target.join("debug/keyfold");
    project.set_environment("KEYFOLD_PROGRAM", program.to_string_lossy().into_owned());
    for folder in folders {
        println!("    in {}", folder.strip_prefix(&project.root).unwrap_or(&folder).display());
        execute(project.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
        execute(project.command("npm").arg("test").current_dir(&folder))?;
    }
    let partner = project.root.join("testing/interop/wasm");
    if partner.join("package.test.mjs").is_file() {
        println!("    in testing/interop/wasm");
        execute(project.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&partner))?;
        execute(project.command("node").args(["--test", "package.test.mjs"]).current_dir(&partner))?;
    }
    Ok(Outcome::Passed)
}

/// Builds these packages of `packages/`; `xtask wasm` comes first.
pub(crate) fn build(project: &Project, names: &[&str]) -> Result<()> {
    for name in names {
        let folder = project.root.join("packages").join(name);
        install(project, &folder)?;
        execute(project.command("npm").args(["run", "--silent", "build"]).current_dir(&folder))?;
    }
    Ok(())
}

/// Installs what the lock file names, unless that was done since it last changed.
pub(crate) fn install(project: &Project, folder: &Path) -> Result<()> {
    if machine::find_program("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified());
    let wanted = changed("package-lock.json").context("a package without a lock file")?;
    // npm writes this file at the end of every installation.
    if changed("node_modules/.package-lock.json").is_ok_and(|installed| installed >= wanted) {
        return Ok(());
    }
    execute(project.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

/// Prints size and speed of the SDK, in Node and in Chromium, against the server as it is released.
pub(crate) fn measure(project: &Project) -> Result<()> {
    let folder = project.root.join("packages/sdk");
    let chromium = machine::ensure_chromium(project)?;
    execute(&mut project.cargo(["build", "--release", "--locked", "-p", "keyfold-cli"]))?;
    wasm::build_full(project)?;
    build(project, &["sdk"])?;
    // The published client beside which each figure stands. It is never linked to anything of ours.
    let partner = project.root.join("testing/interop/wasm");
    install(project, &partner)?;
    let mut measure = project.command("node");
    measure.env("KEYFOLD_PARTNER", partner.join("node_modules/sentc_wasm"));
    measure.arg("scripts/measure.js").current_dir(&folder);
    measure.env("KEYFOLD_CHROMIUM", chromium).env("KEYFOLD_PROGRAM", project.target.join("release/keyfold"));
    execute(&mut measure)
}

/// npm packages that are not ours to publish: tools and tests with dependencies that the packages shall not have.
const TOOLS: [&str; 2] = ["testing/bundlers", "xtask/javascript"];

/// Every folder under `packages/` with a `package.json`, and the tools. The SDK comes first: others build on it; the tools last.
pub(crate) fn folders(project: &Project) -> Result<Vec<PathBuf>> {
    let packages = project.root.join("packages");
    if !packages.is_dir() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(&packages).context("cannot read packages/")? {
        let folder = entry.context("cannot read packages/")?.path();
        if folder.join("package.json").is_file() {
            folders.push(folder);
        }
    }
    folders.sort_by_key(|folder| (!folder.ends_with("sdk"), folder.clone()));
    folders.extend(TOOLS.map(|tool| project.root.join(tool)));
    Ok(folders)
}
