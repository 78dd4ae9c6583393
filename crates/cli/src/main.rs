//! `keyfold`: the server and its operator's tools. The only place that reads the environment.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod app;
mod arguments;
mod config;
mod configuration;
mod customer;
mod database;
mod failure;
mod installation;
mod key;
mod logging;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, Config, Key};
use crate::configuration::Configuration;
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
    // Neither needs a configuration that is right: one helps to write it, the other works on the file it is told.
    match &arguments.command {
        Command::Config(Config::Template) => {
            config::template();
            return Ok(());
        }
        Command::Key(Key::Generate { out }) => return key::generate(out),
        _ => {}
    }
    let configuration = Configuration::load(arguments.settings)?;
    let settings = &configuration.settings;
    logging::start(settings);
    if let Command::Config(command) = &arguments.command {
        return look_at(&configuration, command);
    }
    for warning in &configuration.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(serve) => serve::run(settings, serve).await,
            Command::App(command) => app::run(settings, command).await,
            Command::Customer(command) => customer::run(settings, command).await,
            Command::Db(command) => database::run(settings, command).await,
            Command::Key(Key::RotateRoot) => key::rotate_root(settings).await,
            Command::Key(Key::Generate { .. }) | Command::Config(_) => Ok(()),
        }
    })
}

fn look_at(configuration: &Configuration, command: &Config) -> Result<(), Failure> {
    match command {
        Config::Check(arguments) => {
            let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
            runtime.block_on(config::check(configuration, arguments))
        }
        Config::Print(arguments) => {
            config::print(configuration, arguments);
            Ok(())
        }
        Config::Template => Ok(()),
    }
}
