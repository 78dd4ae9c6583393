//! `cargo xtask wasm`: the WebAssembly modules and their JavaScript glue, as `packages/sdk` and `packages/light` wrap them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::machine::find_program;
use crate::project::{Project, execute};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What the compiler makes use of, and every browser of the last years knows. The optimiser would use more if it were allowed to.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// A crate and the npm package that wraps it.
struct Module {
    krate: &'static str,
    /// Name of the module's file, without its ending.
    name: &'static str,
    package: &'static str,
}

const FULL: Module = Module { krate: "keyfold-wasm", name: "keyfold_wasm", package: "packages/sdk" };
const LIGHT: Module =
    Module { krate: "keyfold-wasm-light", name: "keyfold_wasm_light", package: "packages/light" };

/// Builds the modules, makes the glue beside them and shrinks them with `wasm-opt`. With a folder, builds the one of
/// the full SDK into it and no other.
pub(crate) fn build(project: &Project, out: Option<PathBuf>) -> Result<()> {
    ensure_target(project)?;
    match out {
        Some(folder) => build_module(project, &FULL, &std::path::absolute(folder).context("no such folder")?),
        None => [FULL, LIGHT].iter().try_for_each(|module| {
            build_module(project, module, &project.root.join(module.package).join("wasm"))
        }),
    }
}

/// Builds the module of the full SDK.
pub(crate) fn build_full(project: &Project) -> Result<()> {
    ensure_target(project)?;
    build_module(project, &FULL, &project.root.join(FULL.package).join("wasm"))
}

fn build_module(project: &Project, &Module { krate, name, .. }: &Module, out: &Path) -> Result<()> {
    // One at a time: built together, the features that one asks of a dependency would swell the other.
    let mut build = project.cargo(["build", "-p", krate, "--profile", "wasm", "--target", TARGET]);
    execute(build.env("CARGO_ENCODED_RUSTFLAGS", compiler_flags(project).join("\u{1f}")))?;

    let module = project.target.join(TARGET).join("wasm").join(name).with_extension("wasm");
    // The generator refuses a module that another version of wasm-bindgen made: the lock file pins both.
    let mut glue = project.cargo(["run", "--quiet", "-p", "xtask-bindgen", "--", "glue"]);
    execute(glue.arg(&module).arg(out))?;

    let made = out.join(format!("{name}_bg.wasm"));
    let mut optimise = project.command(&wasm_opt(project)?.to_string_lossy());
    // Flat code is easier to optimise, and structured anew after that. Nothing stands in the first kilobyte of the memory: it is the end of
    // the stack.
    let options = ["--flatten", "--rereloop", "-Oz", "-Oz", "--low-memory-unused", "--debuginfo"];
    execute(optimise.args(options).args(FEATURES).arg(&made).arg("-o").arg(&made))?;
    // After the optimisation, which has an order of its own at its end.
    let mut name = project.cargo(["run", "--quiet", "-p", "xtask-bindgen", "--", "order"]);
    execute(name.arg(&made))?;
    let mut order = project.command(&wasm_opt(project)?.to_string_lossy());
    let options = ["--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
    execute(order.args(options).args(FEATURES).arg(&made).arg("-o").arg(&made))?;
    let size = std::fs::metadata(&made).with_context(|| format!("{} was not made", made.display()))?.len();
    println!("    {} KiB in {}", size / 1024, made.display());
    Ok(())
}

/// What makes the module smaller, and the same on every machine.
fn compiler_flags(project: &Project) -> Vec<String> {
    let mut flags: Vec<String> =
        // SHA-2 in loops: unrolled it would be a fiftieth of the module. And only functions that become no longer by it are put into their
        // callers: the compiler's own threshold for small code makes it larger.
        ["--cfg", "sha2_backend_soft=\"compact\"", "-Cllvm-args=-inline-threshold=2"].map(str::to_owned).into();
    // Texts of panics name files: without what is above the crates.
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let indexes = sources.and_then(|sources| sources.read_dir().ok()).into_iter().flatten().flatten();
    let folders = indexes.map(|index| index.path()).chain([project.root.clone()]);
    flags.extend(folders.map(|folder| format!("--remap-path-prefix={}/=", folder.display())));
    flags
}

/// The optimiser: an installed one, or that of the SDK's development packages.
fn wasm_opt(project: &Project) -> Result<PathBuf> {
    let package = project.root.join("packages/sdk");
    let program = package.join("node_modules/.bin/wasm-opt");
    if !program.exists() {
        if let Some(installed) = find_program("wasm-opt") {
            return Ok(installed);
        }
        execute(project.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&package))
            .context(
                "npm is needed for the optimiser of WebAssembly, wasm-opt: install Node.js 20 or newer",
            )?;
    }
    Ok(program)
}

/// The standard library for WebAssembly comes as a component of the toolchain.
pub(crate) fn ensure_target(project: &Project) -> Result<()> {
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
