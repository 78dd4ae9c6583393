//! `cargo xtask docs`: the reference of the APIs, of the Rust crates and of the npm packages.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::test::SDK_FEATURES;
use crate::{packages, wasm};

/// Writes both below the target folder.
pub(crate) fn write(project: &Project) -> Result<()> {
    execute(&mut project.cargo(["doc", "--workspace", "--features", SDK_FEATURES, "--no-deps"]))?;
    println!("    the Rust crates: {}", project.target.join("doc/keyfold/index.html").display());

    wasm::build(project, None)?;
    packages::build(project, &["sdk", "light", "backend"])?;
    let tools = project.root.join("xtask/javascript");
    packages::install(project, &tools)?;
    let out = project.target.join("reference");
    execute(project.command("node").arg(tools.join("reference.js")).arg(&out))
}
