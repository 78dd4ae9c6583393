//! The command line. Settings of the server are options as well: see [`crate::configuration`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Help the people who own apps: invite them, and do what a mail would do where none arrives
    #[command(subcommand)]
    Customer(Customer),
    /// Handle the root key, under which the server encrypts its own secrets
    #[command(subcommand)]
    Key(Key),
    /// Back up, restore, check the database
    #[command(subcommand)]
    Db(Database),
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

    /// Serve the page in this folder at /playground (`cargo xtask up` makes it)
    #[arg(long, requires = "dev", value_name = "FOLDER")]
    pub(crate) playground: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum App {
    /// Create an app and print its tokens; they are shown only here
    Create(AppCreate),
    /// List the apps, oldest first
    List(AppList),
    /// Show an app with all that is set for it
    Show(OneApp),
    /// Change what is set for an app, and show the result
    Options(AppOptions),
    /// Replace the tokens of an app
    #[command(subcommand)]
    Token(AppToken),
    /// Handle the keys that sign and verify an app's access tokens
    #[command(subcommand)]
    Jwt(AppJwt),
    /// Refuse all requests of an app
    Disable(OneApp),
    /// Answer the requests of a disabled app again
    Enable(OneApp),
    /// Delete all users, groups and files of an app, and keep the app
    Reset(AppDelete),
    /// Delete an app with all that is in it
    Delete(AppDelete),
}

#[derive(Args)]
pub(crate) struct AppCreate {
    /// What to call it
    #[arg(long)]
    pub(crate) name: String,

    /// What the public token may do: `standard` keeps registration and deletion for the app's own backend, `lax` opens everything,
    /// `closed` nothing
    #[arg(long, value_enum, default_value_t = Preset::Standard)]
    pub(crate) preset: Preset,

    /// The same as --preset lax
    #[arg(long, conflicts_with = "preset")]
    pub(crate) lax: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    Standard,
    Lax,
    Closed,
}

#[derive(Args)]
pub(crate) struct AppList {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct OneApp {
    /// Id of the app
    pub(crate) app: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AppOptions {
    /// Id of the app
    pub(crate) app: String,

    /// Start from a preset instead of what is set now
    #[arg(long, value_enum)]
    pub(crate) preset: Option<Preset>,

    /// Set one option, for example user_register=public: to blocked, public (both tokens) or secret (the backend's token).
    /// May be repeated
    #[arg(long, value_name = "OPTION=ACCESS")]
    pub(crate) set: Vec<String>,

    /// Key rotations that a group may start per calendar month
    #[arg(long, value_name = "N")]
    pub(crate) max_key_rotation_month: Option<i32>,

    /// Weakest rank that may start a key rotation, 0 (creator) to 4
    #[arg(long, value_name = "RANK")]
    pub(crate) min_rank_key_rotation: Option<i32>,

    /// Rename the app
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum AppToken {
    /// Make new tokens and print them; the old ones are refused at once
    Renew(OneApp),
}

#[derive(Subcommand)]
pub(crate) enum AppJwt {
    /// List the keys, newest first; the newest one signs
    List(AppJwtList),
    /// Add a key, which signs from now on
    Add(OneApp),
    /// Delete a key; what it has signed is refused at once
    Delete(AppJwtDelete),
}

#[derive(Args)]
pub(crate) struct AppJwtList {
    #[command(flatten)]
    pub(crate) app: OneApp,

    /// Show the private keys as well. Whoever has one can act as any user of the app
    #[arg(long)]
    pub(crate) private_keys: bool,
}

#[derive(Args)]
pub(crate) struct AppJwtDelete {
    /// Id of the app
    pub(crate) app: String,

    /// Id of the key
    pub(crate) key: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AppDelete {
    /// Id of the app
    pub(crate) app: String,

    /// Yes, this cannot be undone
    #[arg(long)]
    pub(crate) yes: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Customer {
    /// List customers in the order of registration
    List(CustomerList),
    /// Show a customer and its own apps
    Show(OneCustomer),
    /// Invite somebody to register, where registration is by invitation; an invitation works once, for a week
    Invite(CustomerInvite),
    /// Confirm an address without a mail. Make sure first that it belongs to the person
    Validate(CustomerValidate),
    /// Make a token with which the customer sets a new password within an hour. Make sure first who asks for it
    ResetPassword(OneCustomer),
    /// Turn the second factor off, for who has lost it and the recovery keys
    DisableMfa(CustomerChange),
    /// Delete a customer with its own apps, and with the groups of which it is the only member
    Delete(CustomerChange),
}

#[derive(Args)]
pub(crate) struct CustomerList {
    /// Most customers to list
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,

    /// Go on after the customer with this id, the last one of the page before
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct OneCustomer {
    /// E-mail address of the account
    pub(crate) address: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CustomerInvite {
    /// The e-mail address that may register
    pub(crate) address: String,

    /// Have the invitation mailed by a server, instead of printing it
    #[arg(long)]
    pub(crate) mail: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CustomerValidate {
    /// E-mail address of the account
    pub(crate) address: String,

    /// Confirm the address that the account wants to change to, and move the account there
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) new_address: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CustomerChange {
    /// E-mail address of the account
    pub(crate) address: String,

    /// Yes, this cannot be undone
    #[arg(long)]
    pub(crate) yes: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Database {
    /// Bring the tables up to date; servers do this by themselves when they start
    Migrate(Json),
    /// Copy the embedded database, the contents of files, or both, while servers run, and verify the copy
    Backup(Backup),
    /// Put a backup into the place of an embedded database that does not exist, and contents of files back into the storage
    Restore(Restore),
    /// Check the database, without changing anything: its structure, its references, and that its secrets open under the root key
    Check(DatabaseCheck),
}

#[derive(Args)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Backup {
    /// File to write the embedded database to; it must not exist
    #[arg(long, value_name = "FILE", required_unless_present = "files")]
    pub(crate) out: Option<PathBuf>,

    /// Folder to copy the contents of files to. It may hold those of earlier backups: only new ones are copied
    #[arg(long, value_name = "FOLDER")]
    pub(crate) files: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The backup of the embedded database
    #[arg(long, value_name = "FILE", required_unless_present = "files")]
    pub(crate) from: Option<PathBuf>,

    /// The folder with the contents of files. Those that are missing in the storage are put back there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) files: Option<PathBuf>,

    /// Restore what there is, though the contents of some files are in neither place
    #[arg(long, requires = "files")]
    pub(crate) accept_missing: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct DatabaseCheck {
    /// Look for the contents of all files in the storage, too
    #[arg(long)]
    pub(crate) files: bool,

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
    /// Connect to the database, the storage of files and the mail server, too
    #[arg(long)]
    pub(crate) connect: bool,

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
