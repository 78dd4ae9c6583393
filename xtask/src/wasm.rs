//! `cargo xtask wasm`: the WebAssembly module and its JavaScript glue, as `packages/sdk` wraps them.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::machine::find_program;
use crate::project::{Project, execute};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds `keyfold-wasm`, makes the glue beside it and shrinks the module where `wasm-opt` is at hand.
pub(crate) fn build(project: &Project, out: Option<PathBuf>) -> Result<()> {
    ensure_target(project)?;
    execute(&mut project.cargo(["build", "-p", "keyfold-wasm", "--profile", "wasm", "--target", TARGET]))?;

    let module = project.target.join(TARGET).join("wasm/keyfold_wasm.wasm");
    let out = match out {
        Some(folder) => std::path::absolute(folder).context("no such folder")?,
        None => project.root.join("packages/sdk/wasm"),
    };
    // The generator refuses a module that another version of wasm-bindgen made: the lock file pins both.
    let mut bindgen = project.cargo(["run", "--quiet", "-p", "xtask-bindgen", "--"]);
    execute(bindgen.arg(&module).arg(&out))?;

    let made = out.join("keyfold_wasm_bg.wasm");
    let wasm_opt = Some(project.root.join("packages/sdk/node_modules/.bin/wasm-opt"))
        .filter(|program| program.exists())
        .or_else(|| find_program("wasm-opt"));
    if let Some(program) = wasm_opt {
        let mut optimise = project.command(&program.to_string_lossy());
        execute(optimise.args(["-Oz", "--all-features"]).arg(&made).arg("-o").arg(&made))?;
    }
    let size = std::fs::metadata(&made).with_context(|| format!("{} was not made", made.display()))?.len();
    println!("    {} KiB in {}", size / 1024, made.display());
    Ok(())
}

/// The standard library for WebAssembly comes as a component of the toolchain.
fn ensure_target(project: &Project) -> Result<()> {
    if target_is_installed(project)? {
        return Ok(());
    }
    if find_program("rustup").is_some() {
        println!("    the Rust target {TARGET} is missing: adding it");
        // Whether it worked is asked below, of the compiler.
        let _ = execute(project.command("rustup").args(["target", "add", TARGET]));
    }
    if !target_is_installed(project)? {
        bail!(
            "the Rust standard library for {TARGET} is missing: run `rustup target add {TARGET}` \
             (Debian's own Rust has it in the package libstd-rust-dev-wasm32)"
        );
    }
    Ok(())
}

fn target_is_installed(project: &Project) -> Result<bool> {
    let output = project
        .command("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot run rustc")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(output.status.success() && folder.is_dir())
}
