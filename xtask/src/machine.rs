//! What the project needs on a machine beyond Rust, Node and a C compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use anyhow::{Result, bail};

use crate::project::{Project, execute};

/// A program of the Debian package of the same name.
struct DebianPackage {
    name: &'static str,
    /// Why the project wants it, as the end of the sentence "… is missing".
    purpose: &'static str,
}

/// Makes sure that PostgreSQL's server programs are here.
pub(crate) fn ensure_postgres(project: &Project) -> Result<()> {
    if !keyfold_test_postgres::is_installed() {
        install(project, &DebianPackage { name: "postgresql", purpose: "to run the tests on PostgreSQL" })?;
    }
    Ok(())
}

/// Makes sure that a Chromium is here, and says where.
pub(crate) fn ensure_chromium(project: &Project) -> Result<PathBuf> {
    if let Some(path) = find_chromium() {
        return Ok(path);
    }
    install(project, &DebianPackage { name: "chromium", purpose: "to run the browser tests" })?;
    match find_chromium() {
        Some(path) => Ok(path),
        None => bail!("the package chromium was installed, but there is no `chromium` in PATH"),
    }
}

/// Makes sure that a C++ compiler is here (libFuzzer is written in C++).
pub(crate) fn ensure_cxx(project: &Project) -> Result<()> {
    if find_program("c++").is_none() && find_program("g++").is_none() && find_program("clang++").is_none() {
        install(project, &DebianPackage { name: "g++", purpose: "to build the fuzz targets" })?;
    }
    Ok(())
}

/// The first of these programs in `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("KEYFOLD_CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find_program))
}

/// Installs a package where that needs nobody's permission: as root on Debian and its relatives.
fn install(project: &Project, package: &DebianPackage) -> Result<()> {
    let DebianPackage { name, purpose } = package;
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!("{name} is missing {purpose}: install it (Debian: `sudo apt-get install {name}`)");
    }
    println!("    {name} is missing {purpose}: installing Debian's package");
    static UPDATE: Once = Once::new();
    let mut updated = Ok(());
    UPDATE.call_once(|| updated = execute(project.command("apt-get").args(["-qq", "update"])));
    updated?;
    execute(
        project
            .command("apt-get")
            .args(["-qq", "-y", "--no-install-recommends", "install", name])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
