//! `cargo xtask openapi`: the document of the API, as the server describes itself.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// Writes `docs/api/openapi.json`. A test of the server compares it with what the server says.
pub(crate) fn write(project: &Project) -> Result<()> {
    let output = project
        .cargo(["run", "--quiet", "-p", "keyfold-server", "--example", "openapi"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the server could not describe itself");
    }
    let folder = project.root.join("docs/api");
    fs::create_dir_all(&folder).context("cannot make docs/api")?;
    let file = folder.join("openapi.json");
    fs::write(&file, output.stdout).with_context(|| format!("cannot write {}", file.display()))?;
    println!("    {}", file.display());
    Ok(())
}
