//! `keyfold`: the server and its operator's tools. The only place that reads the environment.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod app;
mod arguments;
mod failure;
mod installation;
mod key;
mod logging;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{App, Arguments, Command, Key};
use crate::failure::Failure;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("keyfold: {failure}");
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    logging::start(&arguments.log, arguments.log_format)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(serve) => serve::run(serve).await,
            Command::App(App::Create(create)) => app::create(create).await,
            Command::App(App::List(list)) => app::list(list).await,
            Command::Key(Key::Generate { out }) => key::generate(&out),
            Command::Key(Key::RotateRoot { location }) => key::rotate_root(&location).await,
        }
    })
}
