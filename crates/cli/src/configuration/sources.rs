//! Where values come from, and which one wins.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use keyfold_protocol::encoding::SecretText;
use zeroize::Zeroizing;

use super::Problem;
use super::flags::Flags;
use super::settings::{Setting, Settings};
use super::value::Value;

/// Names the configuration file.
const FILE_VARIABLE: &str = "KEYFOLD_CONFIG";

/// Looked for in this order when none is named.
const USUAL_FILES: [&str; 2] = ["keyfold.toml", "/etc/keyfold/keyfold.toml"];

/// Variables with the prefix that are not settings of this program.
const OTHER_VARIABLES: [&str; 1] = [FILE_VARIABLE];

const PREFIX: &str = "KEYFOLD_";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The program itself.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// An option of the command line.
    Flag(String),
}

/// A setting with the value that is in force.
pub(crate) struct Effective {
    pub(crate) setting: &'static Setting,
    pub(crate) text: SecretText,
    pub(crate) origin: Origin,
    /// For a secret: the file that holds it.
    pub(crate) secret_file: Option<PathBuf>,
}

/// All values, by source.
pub(super) struct Sources {
    flags: BTreeMap<String, SecretText>,
    variables: BTreeMap<String, SecretText>,
    keys: BTreeMap<String, SecretText>,
    pub(super) file: Option<PathBuf>,
    pub(super) effective: Vec<Effective>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

impl Sources {
    /// Reads the environment of the process and the configuration file.
    pub(super) fn gather(flags: Flags) -> Self {
        let mut unreadable = Vec::new();
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => variables.push((name.to_owned(), value)),
                Err(_) => unreadable.push(Problem {
                    origin: Origin::Variable(name.to_owned()),
                    text: "the value is not UTF-8".into(),
                }),
            }
        }
        let mut sources = Self::of(flags, variables);
        sources.problems.extend(unreadable);
        sources
    }

    pub(super) fn of(flags: Flags, variables: Vec<(String, String)>) -> Self {
        let mut sources = Self {
            flags: flags.values,
            // An empty variable is as good as none: container files often pass on what is not set.
            variables: variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name, SecretText::new(value)))
                .collect(),
            keys: BTreeMap::new(),
            file: None,
            effective: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        sources.warn_of_unknown_variables();
        sources.read_file(flags.file);
        sources
    }

    /// The value of a setting, parsed; a problem is noted.
    pub(super) fn value<T: Value>(&mut self, section: &str, key: &str) -> Option<T> {
        let setting =
            Settings::ALL.iter().find(|setting| setting.section == section && setting.key == key)?;
        let (text, origin, secret_file) = self.find(setting)?;
        let parsed = if text.expose().is_empty() {
            T::absent().ok_or_else(|| "a value is missing".to_owned())
        } else {
            T::parse(text.expose())
        };
        let parsed = match parsed {
            Ok(value) => Some(value),
            Err(expected) => {
                self.problems.push(Problem {
                    origin: origin.clone(),
                    text: format!("{}: {expected}", setting.path()),
                });
                None
            }
        };
        self.effective.push(Effective { setting, text, origin, secret_file });
        parsed
    }

    /// The text from the source that goes first.
    fn find(&mut self, setting: &'static Setting) -> Option<(SecretText, Origin, Option<PathBuf>)> {
        let path = setting.path();
        let file = self.file.clone().unwrap_or_default();
        let levels = [
            (&self.flags, setting.flag(), "-file", Origin::Flag(setting.flag())),
            (&self.variables, setting.variable(), "_FILE", Origin::Variable(setting.variable())),
            (&self.keys, path.clone(), "_file", Origin::File(file)),
        ]
        .map(|(values, name, suffix, origin)| {
            let secret_file = values.get(&format!("{name}{suffix}")).filter(|_| setting.secret);
            (values.get(&name).cloned(), secret_file.cloned(), origin)
        });
        for (text, secret_file, origin) in levels {
            match (text, secret_file) {
                (Some(_), Some(_)) => {
                    let text = format!("{path} is given twice, by itself and as a file");
                    self.problems.push(Problem { origin, text });
                    return None;
                }
                (Some(text), None) => return Some((text, origin, None)),
                (None, Some(file)) => {
                    let file = PathBuf::from(file.expose());
                    let text = self.read_secret(setting, &file, &origin)?;
                    return Some((text, origin, Some(file)));
                }
                (None, None) => {}
            }
        }
        Some((SecretText::new(setting.default), Origin::Default, None))
    }

    fn read_secret(&mut self, setting: &Setting, file: &Path, origin: &Origin) -> Option<SecretText> {
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                if is_readable_by_others(file) {
                    self.warnings.push(format!(
                        "{} holds {} and is readable by others: set its mode to 0600",
                        file.display(),
                        setting.path()
                    ));
                }
                // Editors end a file with a line break, which belongs to no password.
                Some(SecretText::new(text.trim_end_matches(['\r', '\n'])))
            }
            Err(error) => {
                let text = format!("{}: cannot read {}: {error}", setting.path(), file.display());
                self.problems.push(Problem { origin: origin.clone(), text });
                None
            }
        }
    }

    fn warn_of_unknown_variables(&mut self) {
        let known: Vec<String> = Settings::ALL
            .iter()
            .flat_map(|setting| {
                [Some(setting.variable()), setting.secret.then(|| format!("{}_FILE", setting.variable()))]
            })
            .flatten()
            .collect();
        for name in self.variables.keys() {
            if !known.contains(name) && !OTHER_VARIABLES.contains(&name.as_str()) {
                // No error: platforms set variables of this form for services of this name (`KEYFOLD_PORT`, `KEYFOLD_SERVICE_HOST`).
                let nearest = nearest(name, known.iter().map(String::as_str));
                self.warnings.push(format!("{name} is not a setting. The nearest one is {nearest}"));
            }
        }
    }

    fn read_file(&mut self, named: Option<PathBuf>) {
        let named = match named {
            Some(file) => Some((file, Origin::Flag("config".into()))),
            None => self
                .variables
                .get(FILE_VARIABLE)
                .map(|file| (PathBuf::from(file.expose()), Origin::Variable(FILE_VARIABLE.into()))),
        };
        let (file, origin) = match named {
            Some(named) => named,
            None => match USUAL_FILES.iter().map(PathBuf::from).find(|file| file.exists()) {
                Some(file) => (file.clone(), Origin::File(file)),
                None => return,
            },
        };
        self.file = Some(file.clone());
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => Zeroizing::new(text),
            Err(error) => {
                let text = format!("cannot read the configuration file {}: {error}", file.display());
                self.problems.push(Problem { origin, text });
                return;
            }
        };
        match text.parse::<toml::Table>() {
            Ok(table) => self.take_tables(&file, table),
            Err(error) => {
                // Its own display would repeat the line, which may hold a secret.
                let line = error
                    .span()
                    .and_then(|span| text.get(..span.start))
                    .map(|head| head.lines().count().max(1));
                let line = line.map_or_else(String::new, |line| format!("line {line}: "));
                self.problems
                    .push(Problem { origin: Origin::File(file), text: format!("{line}{}", error.message()) });
            }
        }
    }

    fn take_tables(&mut self, file: &Path, table: toml::Table) {
        let mut holds_secret = false;
        for (section, keys) in table {
            let toml::Value::Table(keys) = keys else {
                self.refuse(file, format!("{section} stands outside of a section{}", suggestion(&section)));
                continue;
            };
            for (key, value) in keys {
                let path = format!("{section}.{key}");
                let Some(setting) = known(&path) else {
                    self.refuse(file, format!("there is no setting {path}{}", suggestion(&path)));
                    continue;
                };
                let Some(text) = plain_text(&value) else {
                    self.refuse(
                        file,
                        format!("{path}: expected a text, a number, true or false, or a list of texts"),
                    );
                    continue;
                };
                holds_secret |= setting.secret && path == setting.path() && !text.is_empty();
                self.keys.insert(path, SecretText::new(text));
            }
        }
        if holds_secret && is_readable_by_others(file) {
            self.warnings.push(format!(
                "{} holds secrets and is readable by others: set its mode to 0600, or put each secret into a file of its own",
                file.display()
            ));
        }
    }

    fn refuse(&mut self, file: &Path, text: String) {
        self.problems.push(Problem { origin: Origin::File(file.to_owned()), text });
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// The setting of a key in the file, which may be the one for a secret's file.
fn known(path: &str) -> Option<&'static Setting> {
    Settings::ALL.iter().find(|setting| {
        setting.path() == path
            || (setting.secret && path.strip_suffix("_file") == Some(setting.path().as_str()))
    })
}

fn suggestion(path: &str) -> String {
    let paths: Vec<_> = Settings::ALL.iter().map(Setting::path).collect();
    let key = path.rsplit('.').next().unwrap_or(path);
    let moved = Settings::ALL.iter().find(|setting| setting.key == key).map(Setting::path);
    let nearest = moved.unwrap_or_else(|| nearest(path, paths.iter().map(String::as_str)));
    format!(". The nearest one is {nearest}")
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known.min_by_key(|known| strsim::damerau_levenshtein(name, known)).unwrap_or_default().to_owned()
}

/// Values in the file as they would stand in the environment.
fn plain_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
            texts.filter(|texts| texts.iter().all(|text| !text.contains(','))).map(|texts| texts.join(","))
        }
        _ => None,
    }
}

fn is_readable_by_others(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}
