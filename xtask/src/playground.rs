//! The page at `/playground` of a development server: the SDK, and a page that uses it.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::{machine, packages, wasm};

/// Builds what is not up to date, and says where the page is.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    // Before the WebAssembly, which takes minutes the first time.
    if machine::find_program("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    wasm::build_full(project)?;
    packages::build(project, &["sdk", "playground"])?;
    Ok(project.root.join("packages/playground/dist"))
}
