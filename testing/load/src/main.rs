//! `keyfold-load`: how many requests a server answers, how fast, at what cost, and how far that is from what the machine could do at best.
//!
//! It starts the real program on a free port with a database of its own, fills the database with ready-made keys, and sends requests
//! over a few keep-alive connections, each of which waits for its answer before it sends the next one (a closed loop). Next to each figure
//! stands a bound, measured in the same run by a program that does nothing but the unavoidable part. `docs/performance.md` explains the rows.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod arguments;
mod bound;
mod closed_loop;
mod connection;
mod data;
mod process;
mod report;
mod run;
mod scenario;
mod storage;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Command, HELP};

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<lexopt::Error>() => {
            eprintln!("{error}\n\nRun with --help for the options.");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    match arguments::parse()? {
        Command::Help => {
            println!("{HELP}");
            println!("Scenarios:");
            for scenario in scenario::ALL {
                println!("  {:<22}{}", scenario.name, scenario.about);
            }
            Ok(())
        }
        Command::Measure(options) => run::measure(&options),
        Command::Report(options) => run::report(&options),
        Command::Serve(serve) => process::serve_linked(serve),
        Command::BareHttp(folder) => bound::http::serve(&folder),
    }
}
