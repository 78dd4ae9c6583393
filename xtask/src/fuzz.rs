//! `cargo xtask fuzz`: libFuzzer over every parser that sees outside bytes.
//!
//! The targets are ordinary programs linked with libFuzzer. Coverage is asked for with compiler flags that the stable
//! toolchain has, so neither nightly nor cargo-fuzz is needed; the address sanitizer, which is nightly only, would find
//! nothing in code that forbids `unsafe`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::machine;
use crate::project::{Project, execute};
use crate::runner::Outcome;

/// What rustc needs to be told so that libFuzzer sees which branches an input takes. Overflow and debug assertions are on:
/// an input that trips one is a finding.
const COVERAGE_FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Builds every target and runs each for its share of `seconds`.
pub(crate) fn run(project: &Project, seconds: u64, only: Option<&str>) -> Result<Outcome> {
    let folder = project.root.join("crates/crypto/fuzz");
    machine::ensure_cxx(project)?;
    let host = host_triple(project)?;
    let target = project.target.join("fuzz");

    let mut build = project.cargo(["build", "--locked", "--release", "--bins", "--target", &host]);
    build.current_dir(&folder).env("RUSTFLAGS", COVERAGE_FLAGS).env("CARGO_TARGET_DIR", &target);
    execute(&mut build)?;

    let mut names = target_names(project, &folder)?;
    names.retain(|name| only.is_none_or(|only| only == name));
    if names.is_empty() {
        bail!("there is no fuzz target {}", only.map_or_else(String::new, |name| format!("`{name}`")));
    }
    let share = (seconds / names.len() as u64).max(1);
    for name in &names {
        let program = target.join(&host).join("release").join(name);
        fuzz(project, &folder, &program, name, share)?;
    }
    Ok(Outcome::PassedWithNote(format!("{} targets, {share} s each", names.len())))
}

/// Runs one target on its seeds (in the repository) and on what earlier runs found worth keeping (in the target folder).
fn fuzz(project: &Project, folder: &Path, program: &Path, name: &str, seconds: u64) -> Result<()> {
    let state = project.target.join("fuzz");
    let corpus = state.join("corpus").join(name);
    let artifacts = state.join("artifacts").join(name);
    for made in [&corpus, &artifacts] {
        fs::create_dir_all(made).with_context(|| format!("cannot create {}", made.display()))?;
    }
    let mut command = project.command(&program.to_string_lossy());
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // A parser that hangs or hoards memory is a finding as well.
        .args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(&corpus);
    let seeds = folder.join("seeds").join(name);
    if seeds.is_dir() {
        command.arg(&seeds);
    }
    // libFuzzer tells of every branch it finds: only its last words are of interest, and all of them when an input broke something.
    let output = command.output().with_context(|| format!("cannot run {}", program.display()))?;
    let words = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{words}");
        bail!("`{name}` broke: the input that did it lies in {}", artifacts.display());
    }
    let inputs = words.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("    {name}: {} inputs in {seconds} s, none breaks it", inputs.unwrap_or("some").trim());
    Ok(())
}

fn target_names(project: &Project, folder: &Path) -> Result<Vec<String>> {
    let output = project
        .cargo(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(folder)
        .output()
        .context("cannot run cargo")?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("`cargo metadata` printed no JSON")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    Ok(targets
        .filter(|target| target["kind"][0] == "bin")
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect())
}

fn host_triple(project: &Project) -> Result<String> {
    let output = project.command("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// The folder of the fuzz targets, where there is one.
pub(crate) fn folder(project: &Project) -> Option<PathBuf> {
    Some(project.root.join("crates/crypto/fuzz")).filter(|folder| folder.join("Cargo.toml").is_file())
}
