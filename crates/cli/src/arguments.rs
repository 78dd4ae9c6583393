//! The command line, and the environment variables that may stand for it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use keyfold_server::db::DatabaseConfig;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or stopped on request
  1  failed while running
  2  the command line is wrong
  3  refused to start: the configuration is unsafe or does not fit the data";

/// End-to-end encryption for apps: the server and its operator's tools
#[derive(Parser)]
#[command(name = "keyfold", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to log, as level or `target=level` pairs: error, warn, info, debug, trace
    #[arg(
        long,
        env = "KEYFOLD_LOG",
        default_value = "info",
        global = true,
        value_name = "FILTER",
        help_heading = "Log"
    )]
    pub(crate) log: String,

    /// Form of the log: `auto` is text on a terminal and JSON elsewhere
    #[arg(
        long,
        env = "KEYFOLD_LOG_FORMAT",
        default_value = "auto",
        global = true,
        value_name = "FORMAT",
        help_heading = "Log"
    )]
    pub(crate) log_format: LogFormat,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Auto,
    Text,
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the server
    Serve(Serve),
    /// Create and list apps
    #[command(subcommand)]
    App(App),
    /// Handle the root key, under which the server encrypts its own secrets
    #[command(subcommand)]
    Key(Key),
}

/// Where the data lies. Every command that touches it takes these. (No `Debug`: the URL may hold a password.)
#[derive(Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataLocation {
    /// Folder of the embedded database and the root key; made if missing
    #[arg(long, env = "KEYFOLD_DATA", default_value = "./keyfold-data", value_name = "FOLDER")]
    pub(crate) data: PathBuf,

    /// PostgreSQL instead of the embedded database: postgres://user:password@host/database
    #[arg(long, env = "KEYFOLD_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,

    /// Most connections to PostgreSQL
    #[arg(long, env = "KEYFOLD_DATABASE_CONNECTIONS", default_value_t = 16, value_name = "N")]
    database_connections: usize,

    /// Root key file, if not `root.key` in the data folder; made on the first start, mode 0600
    #[arg(long, env = "KEYFOLD_ROOT_KEY_FILE", value_name = "FILE")]
    root_key: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "KEYFOLD_LISTEN", default_value = "127.0.0.1:3002", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,

    /// Number of reverse proxies of yours in front: the client's address is then taken from X-Forwarded-For
    #[arg(long, env = "KEYFOLD_TRUSTED_PROXIES", default_value_t = 0, value_name = "N")]
    pub(crate) trusted_proxies: usize,

    /// For developers: seeds an app with well-known tokens, open to all, and relaxes rate limits
    #[arg(long)]
    pub(crate) dev: bool,

    /// Let --dev listen on an address that other machines reach
    #[arg(long, requires = "dev")]
    pub(crate) dev_insecure_listen: bool,

    #[command(flatten)]
    pub(crate) location: DataLocation,
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

    #[command(flatten)]
    pub(crate) location: DataLocation,
}

#[derive(Args)]
pub(crate) struct AppList {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) location: DataLocation,
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
    RotateRoot {
        #[command(flatten)]
        location: DataLocation,
    },
}

impl DataLocation {
    /// The database that was asked for.
    pub(crate) fn database(&self) -> DatabaseConfig {
        match &self.database_url {
            Some(url) => {
                DatabaseConfig::Postgres { url: url.clone(), max_connections: self.database_connections }
            }
            None => DatabaseConfig::Sqlite { path: self.data.join("keyfold.db") },
        }
    }

    /// The root key file that was asked for.
    pub(crate) fn root_key_file(&self) -> PathBuf {
        self.root_key.clone().unwrap_or_else(|| self.data.join("root.key"))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_password_in_a_database_url_never_shows_in_the_help() {
        let mut command = Arguments::command();
        let serve = command.find_subcommand_mut("serve").unwrap();
        let url = serve.get_arguments().find(|argument| argument.get_id() == "database_url").unwrap();
        assert!(url.is_hide_env_values_set());
    }
}
