//! `keyfold config …`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::arguments::{ConfigCheck, ConfigPrint};
use crate::configuration::{Configuration, Effective, Origin, Settings, build};
use crate::failure::Failure;
use keyfold_server::RootKey;

const MASK: &str = "********";

/// Whether a server would accept the configuration; problems have been reported by whoever loaded it.
pub(crate) fn check(configuration: &Configuration, arguments: &ConfigCheck) -> Result<(), Failure> {
    let settings = &configuration.settings;
    let database = settings.database();
    database.check().map_err(Failure::refused)?;
    let key_file = settings.root_key_file();
    let root_key = if key_file.exists() {
        RootKey::load(&key_file).map_err(Failure::refused)?
    } else {
        RootKey::new(1, &[0; keyfold_server::ROOT_KEY_BYTES]).map_err(Failure::failed)?
    };
    drop(build(settings, database, root_key));
    if arguments.json {
        let file = configuration.file.as_ref().map(|file| file.display().to_string());
        println!("{:#}", json!({"file": file, "warnings": configuration.warnings}));
    } else {
        match &configuration.file {
            Some(file) => println!("The configuration ({}) is good.", file.display()),
            None => println!("The configuration is good. There is no configuration file."),
        }
        for warning in &configuration.warnings {
            println!("Warning: {warning}");
        }
    }
    Ok(())
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
