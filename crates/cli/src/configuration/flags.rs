//! Settings as options of the command line: one for each line of the table, on every command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use keyfold_protocol::encoding::SecretText;

use super::settings::{Setting, Settings};

/// What was given on the command line.
#[derive(Clone, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(super) file: Option<PathBuf>,
    /// By the option's name.
    pub(super) values: BTreeMap<String, SecretText>,
}

const CONFIG: &str = "config";

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .global(true)
            .help_heading("Configuration")
            .help("The configuration file [variable: KEYFOLD_CONFIG] [default: ./keyfold.toml, /etc/keyfold/keyfold.toml]");
        Settings::ALL.iter().fold(command.arg(file), |command, setting| {
            let command = command.arg(option(setting, setting.flag(), help(setting)));
            if setting.secret {
                let help = format!("File that holds --{}, and nothing else", setting.flag());
                command.arg(option(setting, format!("{}-file", setting.flag()), help))
            } else {
                command
            }
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.file = matches.get_one::<PathBuf>(CONFIG).cloned();
        for setting in Settings::ALL {
            let names = [Some(setting.flag()), setting.secret.then(|| format!("{}-file", setting.flag()))];
            for name in names.into_iter().flatten() {
                if let Some(value) = matches.get_one::<String>(&name) {
                    self.values.insert(name, SecretText::new(value.as_str()));
                }
            }
        }
        Ok(())
    }
}

fn option(setting: &Setting, name: String, help: String) -> Arg {
    // The short help shows what most people need; `--help` shows all.
    let is_common = matches!(setting.section, "server" | "database");
    Arg::new(name.clone())
        .long(name)
        .value_name(if setting.bare { "N" } else { "VALUE" })
        .global(true)
        .allow_hyphen_values(true)
        .hide_short_help(!is_common)
        .help_heading(format!("Settings: {}", setting.section))
        .help(help)
}

fn help(setting: &Setting) -> String {
    let default =
        if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
    format!("{} [variable: {}]{default}", setting.help.trim(), setting.variable())
}
