//! Where the partner programs are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Environment variable with the path of a partner program that is already built.
const PROGRAM_VARIABLE: &str = "KEYFOLD_INTEROP_PARTNER";

/// The native partner program, built on first use with the cargo that runs the tests.
///
/// # Panics
/// If it cannot be built: no test here means anything without it. So with the next function.
pub(super) fn native() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    Command::new(PROGRAM.get_or_init(|| std::env::var_os(PROGRAM_VARIABLE).map_or_else(build, PathBuf::from)))
}

/// The WebAssembly partner program, with what it needs installed on first use.
pub(super) fn web_assembly() -> Command {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/wasm"));
    INSTALLED.get_or_init(|| install(folder));
    let mut node = Command::new("node");
    node.arg(folder.join("partner.mjs"));
    node
}

fn install(folder: &Path) {
    // npm writes this copy of the lock file when it has finished.
    if folder.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("npm starts");
    assert!(status.success(), "the packages of the WebAssembly partner cannot be installed");
}

fn build() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells a test about its package would look like a changed environment to build scripts.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["build", "--locked", "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/partner/Cargo.toml"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "the partner program does not build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .expect("cargo names the program it built")
}
