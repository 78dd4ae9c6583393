//! The command line. Settings of the server are options as well: see [`crate::configuration`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::configuration::Flags;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or stopped on request
  1  failed while running
  2  the command line is wrong
  3  refused to start: the configuration is wrong, unsafe, or does not fit the data";

/// End-to-end encryption for apps: the server and its operator's tools
#[derive(Parser)]
#[command(name = "keyfold", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: Flags,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the server
    Serve(Serve),
    /// Create and administer apps
    #[command(subcommand)]
    App(App),
    /// Handle the root key, under which the server encrypts its own secrets
    #[command(subcommand)]
    Key(Key),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Config),
}

#[derive(Args)]
pub(crate) struct Serve {
    /// For developers: seeds an app with well-known tokens, open to all, and relaxes rate limits
    #[arg(long)]
    pub(crate) dev: bool,

    /// Let --dev listen on an address that other machines reach
    #[arg(long, requires = "dev")]
    pub(crate) dev_insecure_listen: bool,
}

#[derive(Subcommand)]
pub(crate) enum App {
    /// Create an app and print its tokens; the secret token is shown only here
    Create(AppCreate),
    /// List the apps
    List(AppList),
}

#[derive(Args)]
pub(crate) struct AppCreate {
    /// What to call it
    #[arg(long)]
    pub(crate) name: String,

    /// Open every action to the public token, instead of keeping the risky ones for the app's own backend
    #[arg(long)]
    pub(crate) lax: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AppList {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a new root key file
    Generate {
        /// Where to write it; the file must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Encrypt the server's secrets under a new root key; stop every server on this database first
    RotateRoot,
}

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Say whether a server would start with the configuration
    Check(ConfigCheck),
    /// Print every setting with its value and where it comes from; secrets are masked
    Print(ConfigPrint),
    /// Print a configuration file with every setting, its meaning and its default
    Template,
}

#[derive(Args)]
pub(crate) struct ConfigCheck {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ConfigPrint {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
