//! `cargo xtask test`: the steps that a change must pass, in the order of what fails fastest.

use std::process::ExitCode;

use anyhow::{Result, bail};
use keyfold_test_postgres::{Cluster, Durability, URL_VARIABLE};

use crate::project::{Project, execute};
use crate::runner::{Outcome, Runner};
use crate::{architecture, deny, fuzz, machine, packages, repository, wasm};

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&mut Session) -> Result<Outcome>,
}

const STEPS: &[Step] = &[
    Step { name: "format", about: "every Rust file is as rustfmt writes it", run: format },
    Step { name: "repository", about: "no file names a path of one machine", run: repository },
    Step { name: "arrows", about: "the dependencies are those of ARCHITECTURE.md", run: arrows },
    Step { name: "clippy", about: "no lint warns, in any target of the workspace", run: clippy },
    Step { name: "unit", about: "unit tests", run: unit },
    Step { name: "integration", about: "integration tests, on SQLite and PostgreSQL", run: integration },
    Step { name: "doctest", about: "the examples of the documentation work", run: doctest },
    Step {
        name: "rustdoc",
        about: "the documentation builds without a warning, that of the SDK also for WebAssembly",
        run: rustdoc,
    },
    Step {
        name: "interop",
        about: "published third-party clients work with ours and with our server",
        run: interop,
    },
    Step { name: "wasm", about: "the WebAssembly package builds", run: wasm_package },
    Step {
        name: "javascript",
        about: "the npm packages pass their tests, in Node and in Chromium",
        run: javascript,
    },
    Step {
        name: "fuzz",
        about: "mutated input breaks no parser (two minutes; longer: cargo xtask fuzz)",
        run: fuzzing,
    },
    Step { name: "deny", about: "licences, sources and known holes of the dependencies", run: deny },
];

/// Which steps to run.
#[derive(Default)]
pub(crate) struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

impl Selection {
    /// Adds to the steps to run; while none is added, all run.
    pub(crate) fn only(&mut self, names: &str) {
        self.only.extend(split(names));
    }

    /// Adds to the steps to leave out.
    pub(crate) fn skip(&mut self, names: &str) {
        self.skip.extend(split(names));
    }

    fn steps(&self) -> Result<Vec<&'static Step>> {
        for name in self.only.iter().chain(&self.skip) {
            if !STEPS.iter().any(|step| step.name == name) {
                bail!("there is no step `{name}` (`cargo xtask test --list` names them)");
            }
        }
        let named = |names: &[String], step: &Step| names.iter().any(|name| name == step.name);
        Ok(STEPS
            .iter()
            .filter(|step| (self.only.is_empty() || named(&self.only, step)) && !named(&self.skip, step))
            .collect())
    }
}

fn split(names: &str) -> impl Iterator<Item = String> {
    names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Prints the steps.
pub(crate) fn list() {
    for Step { name, about, .. } in STEPS {
        println!("{name:<13}{about}");
    }
}

/// Runs the selected steps; a step that fails does not keep the others from running unless `fail_fast` says so.
pub(crate) fn run(project: Project, selection: &Selection, fail_fast: bool) -> Result<ExitCode> {
    let steps = selection.steps()?;
    let mut session = Session::new(project);
    let mut runner = Runner::default();
    for Step { name, about, run } in steps {
        let passed = runner.step(name, about, || run(&mut session));
        if !passed && fail_fast {
            break;
        }
    }
    Ok(if runner.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the steps of one run share.
pub(crate) struct Session {
    pub(crate) project: Project,
    postgres: Postgres,
    /// The tests of this run have built the `keyfold` program.
    program_is_built: bool,
}

enum Postgres {
    /// No step has needed it yet.
    Unknown,
    /// The developer's own, named in the environment.
    Named,
    /// Ours; it goes away with this value, or with this process however that ends.
    Started(#[expect(dead_code, reason = "held for its drop")] Cluster),
}

impl Session {
    pub(crate) fn new(project: Project) -> Self {
        Self { project, postgres: Postgres::Unknown, program_is_built: false }
    }

    /// Starts one PostgreSQL for all tests of this run.
    pub(crate) fn ensure_postgres(&mut self) -> Result<()> {
        if !matches!(self.postgres, Postgres::Unknown) {
            return Ok(());
        }
        if std::env::var(URL_VARIABLE).is_ok_and(|url| !url.is_empty()) {
            println!("    PostgreSQL: the one that {URL_VARIABLE} names");
            self.postgres = Postgres::Named;
            return Ok(());
        }
        machine::ensure_postgres(&self.project)?;
        let cluster = Cluster::start(Durability::Volatile)?;
        println!("    PostgreSQL: started one for this run");
        self.project.set_environment(URL_VARIABLE, cluster.url().to_owned());
        self.postgres = Postgres::Started(cluster);
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Outcome> {
        execute(&mut self.project.cargo(arguments))?;
        Ok(Outcome::Passed)
    }
}

/// Workspaces of their own beside the main one.
const OTHER_WORKSPACES: [&str; 3] = ["testing/interop", "testing/interop/partner", "crates/crypto/fuzz"];

fn format(session: &mut Session) -> Result<Outcome> {
    session.cargo(&["fmt", "--all", "--check"])?;
    for workspace in OTHER_WORKSPACES {
        let folder = session.project.root.join(workspace);
        if folder.join("Cargo.toml").is_file() {
            execute(session.project.cargo(["fmt", "--check"]).current_dir(&folder))?;
        }
    }
    Ok(Outcome::Passed)
}

fn repository(session: &mut Session) -> Result<Outcome> {
    report(repository::findings(&session.project)?)
}

fn arrows(session: &mut Session) -> Result<Outcome> {
    report(architecture::findings(&session.project)?)
}

fn report(findings: Vec<String>) -> Result<Outcome> {
    for finding in &findings {
        println!("    {finding}");
    }
    match findings.len() {
        0 => Ok(Outcome::Passed),
        count => bail!("{count} findings"),
    }
}

/// Parts of the SDK that stand behind features.
pub(crate) const SDK_FEATURES: &str = "keyfold/blocking,keyfold/system-keyring";

fn clippy(session: &mut Session) -> Result<Outcome> {
    session.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        SDK_FEATURES,
        "--",
        "-D",
        "warnings",
    ])
}

fn unit(session: &mut Session) -> Result<Outcome> {
    session.ensure_postgres()?;
    session.cargo(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"])
}

fn integration(session: &mut Session) -> Result<Outcome> {
    session.ensure_postgres()?;
    session.cargo(&[
        "test",
        "--workspace",
        "--features",
        SDK_FEATURES,
        "--test",
        "*",
        "--examples",
        "--no-fail-fast",
    ])?;
    session.program_is_built = true;
    Ok(Outcome::Passed)
}

fn doctest(session: &mut Session) -> Result<Outcome> {
    session.ensure_postgres()?;
    session.cargo(&["test", "--workspace", "--features", SDK_FEATURES, "--doc"])
}

fn rustdoc(session: &mut Session) -> Result<Outcome> {
    let mut command = session.project.cargo(["doc", "--workspace", "--features", SDK_FEATURES, "--no-deps"]);
    // Module documentation also leads people who change the module, into its private parts.
    let flags = "-D warnings -A rustdoc::private_intra_doc_links";
    execute(command.env("RUSTDOCFLAGS", flags))?;
    // The SDK's page has a second half for browsers, where some types are not there to be linked to.
    wasm::ensure_target(&session.project)?;
    let mut command = session.project.cargo([
        "doc",
        "-p",
        "keyfold",
        "--all-features",
        "--no-deps",
        "--target",
        wasm::TARGET,
    ]);
    execute(command.env("RUSTDOCFLAGS", flags))?;
    Ok(Outcome::Passed)
}

fn interop(session: &mut Session) -> Result<Outcome> {
    let folder = session.project.root.join("testing/interop");
    if !folder.join("Cargo.toml").is_file() {
        return Ok(Outcome::Skipped("there is no workspace testing/interop".to_owned()));
    }
    session.ensure_postgres()?;
    execute(
        session.project.cargo(["test", "--workspace", "--locked", "--no-fail-fast"]).current_dir(&folder),
    )?;
    Ok(Outcome::Passed)
}

fn wasm_package(session: &mut Session) -> Result<Outcome> {
    wasm::build(&session.project, None)?;
    Ok(Outcome::Passed)
}

fn javascript(session: &mut Session) -> Result<Outcome> {
    packages::test(&mut session.project, session.program_is_built)
}

fn fuzzing(session: &mut Session) -> Result<Outcome> {
    if fuzz::folder(&session.project).is_none() {
        return Ok(Outcome::Skipped("there is no workspace crates/crypto/fuzz".to_owned()));
    }
    fuzz::run(&session.project, 120, None)
}

fn deny(session: &mut Session) -> Result<Outcome> {
    deny::run(&session.project)
}
