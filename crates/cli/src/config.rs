//! `keyfold config …`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use keyfold_server::db::{Db, SCHEMA_VERSION};
use keyfold_server::mail::MailTransport;
use keyfold_server::storage::{self, StorageError};
use keyfold_server::{Config as Server, RootKey, installation};
use serde_json::{Map, Value, json};

use crate::arguments::{ConfigCheck, ConfigPrint};
use crate::configuration::{Configuration, Effective, Origin, Settings, build};
use crate::failure::Failure;

const MASK: &str = "********";

/// Whether a server would accept the configuration; problems have been reported by whoever loaded it.
pub(crate) async fn check(configuration: &Configuration, arguments: &ConfigCheck) -> Result<(), Failure> {
    let settings = &configuration.settings;
    let database = settings.database();
    database.check().map_err(Failure::refused)?;
    let key_file = settings.root_key_file();
    let root_key = if key_file.exists() {
        RootKey::load(&key_file).map_err(Failure::refused)?
    } else {
        RootKey::new(1, &[0; keyfold_server::ROOT_KEY_BYTES]).map_err(Failure::failed)?
    };
    let config = build(settings, database, root_key);
    config.mail.check(false).map_err(|error| Failure::refused(format!("mail: {error}")))?;
    let connections = if arguments.connect { connect(&config, key_file.exists()).await } else { Vec::new() };
    if arguments.json {
        let file = configuration.file.as_ref().map(|file| file.display().to_string());
        let connections: Vec<_> = connections.iter().map(Connection::json).collect();
        println!(
            "{:#}",
            json!({"file": file, "warnings": configuration.warnings, "connections": connections})
        );
    } else {
        match &configuration.file {
            Some(file) => println!("The configuration ({}) is good.", file.display()),
            None => println!("The configuration is good. There is no configuration file."),
        }
        for warning in &configuration.warnings {
            println!("Warning: {warning}");
        }
        for Connection { name, outcome } in &connections {
            match outcome {
                Ok(text) => println!("{name}: {text}"),
                Err(text) => println!("{name}: FAILED: {text}"),
            }
        }
    }
    let failed: Vec<_> = connections
        .iter()
        .filter(|connection| connection.outcome.is_err())
        .map(|failed| failed.name)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed(format!("out of order: {}", failed.join(", "))))
    }
}

/// Something that a server needs, as it is found to be.
struct Connection {
    name: &'static str,
    outcome: Result<String, String>,
}

impl Connection {
    fn json(&self) -> Value {
        let (Ok(text) | Err(text)) = &self.outcome;
        json!({"name": self.name, "good": self.outcome.is_ok(), "text": text})
    }
}

/// Tries everything out that a server connects to. Neither tables nor folders are made.
async fn connect(config: &Server, has_key: bool) -> Vec<Connection> {
    vec![
        Connection { name: "database", outcome: connect_database(config, has_key).await },
        Connection { name: "storage", outcome: connect_storage(config).await },
        Connection { name: "mail", outcome: connect_mail(config).await },
    ]
}

async fn connect_database(config: &Server, has_key: bool) -> Result<String, String> {
    let version = Db::schema_version(&config.database).await.map_err(|error| error.to_string())?;
    match version {
        None => Ok("reached; the first start makes the tables".to_owned()),
        Some(version) if version < SCHEMA_VERSION => Ok(format!(
            "reached; the next start changes the tables from version {version} to {SCHEMA_VERSION}"
        )),
        Some(version) if !has_key => Err(format!("reached (version {version}), but its root key is missing")),
        Some(version) => {
            let db = Db::look(&config.database).await.map_err(|error| error.to_string())?;
            let checked = installation::check(&db, &config.root_key).await;
            db.close().await;
            checked
                .map(|()| format!("reached (version {version}), and the root key is its own"))
                .map_err(|error| error.to_string())
        }
    }
}

async fn connect_storage(config: &Server) -> Result<String, String> {
    match storage::probe(&config.storage).await {
        Err(StorageError::Disabled) => Ok("none is set up".to_owned()),
        Err(error) => Err(error.to_string()),
        Ok(true) => Ok("a content was written, read and deleted".to_owned()),
        Ok(false) => Ok("the folder is not there yet; the first start makes it".to_owned()),
    }
}

async fn connect_mail(config: &Server) -> Result<String, String> {
    match (config.mail.probe().await?, &config.mail.transport) {
        (true, _) => Ok("the mail server lets this one in".to_owned()),
        (false, MailTransport::None) => Ok("none is set up: see `keyfold customer --help`".to_owned()),
        (false, _) => Ok("needs no connection".to_owned()),
    }
}

/// The settings in force and where they come from, secrets masked.
pub(crate) fn print(configuration: &Configuration, arguments: &ConfigPrint) {
    if arguments.json {
        println!("{:#}", as_json(&configuration.effective));
    } else {
        print!("{}", as_text(&configuration.effective));
    }
}

/// A configuration file with every setting, its meaning and its default, all commented out.
pub(crate) fn template() {
    print!("{}", template_text());
}

fn as_text(effective: &[Effective]) -> String {
    let mut text = String::new();
    let mut section = "";
    for entry in effective {
        if entry.setting.section != section {
            section = entry.setting.section;
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{section}]");
        }
        let line = format!("{} = {}", entry.setting.key, shown(entry));
        let _ = writeln!(text, "{line:<48} # {}", origin(entry));
    }
    text
}

fn as_json(effective: &[Effective]) -> Value {
    let entries = effective.iter().map(|entry| {
        let value = match (entry.text.expose(), entry.setting.secret) {
            ("", _) => Value::Null,
            (_, true) => MASK.into(),
            (text, false) if entry.setting.bare => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            (text, false) => text.into(),
        };
        let kind = match entry.origin {
            Origin::Default => "default",
            Origin::File(_) => "file",
            Origin::Variable(_) => "environment",
            Origin::Flag(_) => "command line",
        };
        let secret_file = entry.secret_file.as_ref().map(|file| file.display().to_string());
        let origin = json!({"kind": kind, "name": entry.origin.to_string(), "secret_file": secret_file});
        (entry.setting.path(), json!({"value": value, "origin": origin}))
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

fn shown(entry: &Effective) -> String {
    match (entry.text.expose(), entry.setting.secret) {
        ("", _) => "\"\"".to_owned(),
        (_, true) => format!("\"{MASK}\""),
        (text, false) => literal(entry.setting.bare, text),
    }
}

fn origin(entry: &Effective) -> String {
    match (&entry.origin, &entry.secret_file) {
        (origin, None) => origin.to_string(),
        (origin, Some(file)) => format!("{origin}, from {}", file.display()),
    }
}

fn literal(bare: bool, text: &str) -> String {
    if bare { text.to_owned() } else { toml::Value::String(text.to_owned()).to_string() }
}

fn template_text() -> String {
    let mut text = String::from(
        "# Configuration of a Keyfold server. Every setting stands here with its default; remove the # to change it.\n\
         #\n\
         # The environment goes before this file, and options of the command line go before both. Each setting says its variable;\n\
         # the option has the same name in small letters, with dashes and without KEYFOLD. Secrets can also be read from a file of\n\
         # their own: url_file instead of url. `keyfold config check` says whether a file is good, `keyfold config print` what\n\
         # is in force and where it comes from.\n",
    );
    let sections: BTreeSet<_> = Settings::ALL.iter().map(|setting| setting.section).collect();
    for (section, about) in Settings::SECTIONS.iter().filter(|(section, _)| sections.contains(section)) {
        let _ = write!(text, "\n#{about}\n[{section}]\n");
        for setting in Settings::ALL.iter().filter(|setting| setting.section == *section) {
            let default = literal(setting.bare && !setting.default.is_empty(), setting.default);
            let _ =
                write!(text, "\n#{} [{}]\n#{} = {default}\n", setting.help, setting.variable(), setting.key);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_is_the_template() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keyfold.toml");
        let documented = std::fs::read_to_string(file).unwrap_or_default();
        assert!(documented == template_text(), "run `keyfold config template > docs/keyfold.toml`");
        assert!(documented.parse::<toml::Table>().is_ok());
    }
}
