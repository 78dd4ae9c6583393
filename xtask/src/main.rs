//! Project automation: `cargo xtask <command>`.
//!
//! Two commands are all that a newcomer needs: `up` starts a server, `test` says whether a change may land.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod architecture;
mod bench;
mod deny;
mod fuzz;
mod load;
mod machine;
mod openapi;
mod packages;
mod playground;
mod project;
mod reference;
mod repository;
mod runner;
mod soak;
mod test;
mod up;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::project::Project;

const HELP: &str = "\
Keyfold's project automation

Usage: cargo xtask <command> [options]

Commands:
  up        Build what is missing and start a development server on 127.0.0.1:3002
              --release        Build it optimised
              --no-playground  Without the page at /playground, which takes Node and a WebAssembly build
              -- <arguments>   Passed on to `keyfold serve`
  test      Everything a change must pass
              --only <steps>   Only these steps, separated by commas
              --skip <steps>   All but these steps
              --fail-fast      Stop at the first step that fails
              --list           Print the steps and what each does
  wasm      Build the WebAssembly modules that the JavaScript SDKs wrap
              --out <folder>   Build that of packages/sdk alone, and put it there
  fuzz      Feed mutated input to every parser that sees outside bytes
              --seconds <n>    Time for all targets together (120)
              --target <name>  Only this target
  bench     Run the benchmarks, and measure size and speed of the JavaScript SDK
              -- <arguments>   Only those of criterion, to which they are passed on, for example a filter
  docs      Write the reference of the APIs: of the Rust crates and of the npm packages
  soak      Let devices and users of the SDK do whatever they like, on both databases
              --seconds <n>    For so long in each of the four runs (60)
              --seed <n>       What each of them wants to do; a failure names its seed
  openapi   Write the document of the API, docs/api/openapi.json
  load      Build the server optimised and measure it under load
              <options>        Passed on to the load tool: --help, --report for all tables of docs/performance.md
  arrows    Check that crates depend on each other only as ARCHITECTURE.md says

Exit code: 0 when everything passed, 1 when something failed, 2 for a wrong command line.";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) if error.is::<lexopt::Error>() => {
            eprintln!("{error}\n\nRun `cargo xtask --help` for the commands.");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        None | Some(Short('h') | Long("help")) => {
            println!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(Value(command)) => command.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    let project = Project::discover()?;
    match command.as_str() {
        "up" => {
            let mut release = false;
            let mut with_playground = true;
            let mut server_arguments = Vec::new();
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("release") => release = true,
                    Long("no-playground") => with_playground = false,
                    Value(value) => server_arguments.push(value),
                    other => return Err(other.unexpected().into()),
                }
            }
            up::run(&project, release, with_playground, &server_arguments)?;
        }
        "test" => {
            let mut selection = test::Selection::default();
            let mut fail_fast = false;
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("only") => selection.only(&arguments.value()?.string()?),
                    Long("skip") => selection.skip(&arguments.value()?.string()?),
                    Long("fail-fast") => fail_fast = true,
                    Long("list") => {
                        test::list();
                        return Ok(ExitCode::SUCCESS);
                    }
                    other => return Err(other.unexpected().into()),
                }
            }
            return test::run(project, &selection, fail_fast);
        }
        "wasm" => {
            let mut out = None;
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("out") => out = Some(arguments.value()?.into()),
                    other => return Err(other.unexpected().into()),
                }
            }
            wasm::build(&project, out)?;
        }
        "fuzz" => {
            let mut seconds = 120;
            let mut target = None;
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("seconds") => seconds = arguments.value()?.parse()?,
                    Long("target") => target = Some(arguments.value()?.string()?),
                    other => return Err(other.unexpected().into()),
                }
            }
            fuzz::run(&project, seconds, target.as_deref())?;
        }
        "bench" => {
            let mut criterion_arguments = Vec::new();
            while let Some(argument) = arguments.next()? {
                match argument {
                    Value(value) => criterion_arguments.push(value),
                    other => return Err(other.unexpected().into()),
                }
            }
            bench::run(&project, &criterion_arguments)?;
        }
        "docs" => {
            no_more(&mut arguments)?;
            reference::write(&project)?;
        }
        "soak" => {
            let mut seconds = 60;
            let mut seed = None;
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("seconds") => seconds = arguments.value()?.parse()?,
                    Long("seed") => seed = Some(arguments.value()?.parse()?),
                    other => return Err(other.unexpected().into()),
                }
            }
            soak::run(project, seconds, seed)?;
        }
        "openapi" => {
            no_more(&mut arguments)?;
            openapi::write(&project)?;
        }
        "load" => {
            let load_arguments: Vec<_> = arguments.raw_args()?.collect();
            return load::run(&project, &load_arguments);
        }
        "arrows" => {
            no_more(&mut arguments)?;
            let findings = architecture::findings(&project)?;
            if !findings.is_empty() {
                bail!("{}", findings.join("\n"));
            }
            println!("the crates depend on each other as ARCHITECTURE.md says");
        }
        "help" => println!("{HELP}"),
        other => return Err(lexopt::Error::Custom(format!("there is no command `{other}`").into()).into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn no_more(arguments: &mut lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        None => Ok(()),
        Some(argument) => Err(argument.unexpected().into()),
    }
}
