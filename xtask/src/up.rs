//! `cargo xtask up`: from a checkout to a running development server, with a page to try things out on.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use anyhow::{Context as _, Result};

use crate::playground;
use crate::project::{Project, execute};

/// Builds the server and becomes it: signals reach it directly, and its exit code is this command's.
pub(crate) fn run(
    project: &Project,
    release: bool,
    with_playground: bool,
    arguments: &[OsString],
) -> Result<()> {
    println!("==> building the server (the first time takes a few minutes)");
    let mut build = project.cargo(["build", "-p", "keyfold-cli"]);
    if release {
        build.arg("--release");
    }
    execute(&mut build)?;
    let program = project.target.join(if release { "release" } else { "debug" }).join("keyfold");
    let mut server = project.command(&program.to_string_lossy());
    server.args(["serve", "--dev"]).stdin(Stdio::inherit());
    if with_playground {
        println!("==> building the playground (--no-playground leaves it out)");
        // The server is useful without the page, too.
        match playground::build(project) {
            Ok(folder) => drop(server.arg("--playground").arg(folder)),
            Err(error) => println!("    there will be no playground: {error:#}"),
        }
    }
    server.args(arguments);
    println!("==> starting it; Ctrl-C stops it");
    Err(server.exec()).with_context(|| format!("cannot start {}", program.display()))
}
