//! Where the project's files are, and how its programs are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The checkout this program was built from.
pub(crate) struct Project {
    /// Folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// What `cargo metadata` says of the workspace and its dependencies.
    pub(crate) metadata: Value,
    environment: Vec<(&'static str, String)>,
}

impl Project {
    /// Asks cargo about the workspace around the current folder.
    pub(crate) fn discover() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in a workspace")?;
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("`cargo metadata` failed (is Cargo.lock up to date?)");
        }
        let metadata: Value =
            serde_json::from_slice(&output.stdout).context("`cargo metadata` printed no JSON")?;
        let target =
            metadata["target_directory"].as_str().context("`cargo metadata` names no target folder")?;
        Ok(Self { root: root.to_owned(), target: target.into(), metadata, environment: Vec::new() })
    }

    /// Sets an environment variable for every program started from now on.
    pub(crate) fn set_environment(&mut self, name: &'static str, value: String) {
        self.environment.push((name, value));
    }

    /// A cargo command to be run at the workspace's root.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(&cargo());
        command.args(arguments);
        command
    }

    /// A program to be run at the workspace's root, without the variables that `cargo run` set for this process alone:
    /// build scripts that watch them would run again each time.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null()).envs(self.environment.iter().cloned());
        for (name, _) in std::env::vars_os() {
            let set_by_cargo = name.to_str().is_some_and(|name| {
                name == "LD_LIBRARY_PATH"
                    || name.starts_with("CARGO_PKG_")
                    || name.starts_with("CARGO_MANIFEST_")
            });
            if set_by_cargo {
                command.env_remove(name);
            }
        }
        // Other workspaces of the project (interop, fuzz) share what they can with this one.
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// Prints a command and runs it to its end.
pub(crate) fn execute(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("    $ {line}");
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// The command as one would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
