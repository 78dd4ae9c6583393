//! What the server is told: command line, environment, file, defaults, in this order of precedence.
//!
//! **To add a setting** write one line into the table in `settings` (its name, type, default, and what it is for) and use the field. Everything
//! else follows from the line: the key in `keyfold.toml`, the variable, the option of the command line, `--help`, `keyfold config print`, the
//! suggestion for a misspelt key. A setting of the type `SecretText` is masked in all output and can be read from a file of its own, which is
//! named by the same setting with `_file` at its end. Run `keyfold config template > docs/keyfold.toml` afterwards.

mod flags;
mod settings;
mod sources;
mod value;

use std::path::PathBuf;

pub(crate) use flags::Flags;
pub(crate) use settings::{Settings, build};
pub(crate) use sources::{Effective, Origin};
pub(crate) use value::{LogFormat, MailKind};

use crate::failure::Failure;
use sources::Sources;

/// The settings that are in force, and where each of them comes from.
pub(crate) struct Configuration {
    /// The values.
    pub(crate) settings: Settings,
    /// In the order of the table.
    pub(crate) effective: Vec<Effective>,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// What is allowed and probably not meant.
    pub(crate) warnings: Vec<String>,
}

/// One thing that is wrong with the configuration.
pub(crate) struct Problem {
    /// Where it was found.
    pub(crate) origin: Origin,
    /// A sentence for people; never holds a secret.
    pub(crate) text: String,
}

impl Configuration {
    /// Reads everything there is.
    ///
    /// All problems are reported at once: exit code 2 when one of them is on the command line, else 3.
    pub(crate) fn load(flags: Flags) -> Result<Self, Failure> {
        let mut sources = Sources::gather(flags);
        let settings = Settings::read(&mut sources);
        let Sources { problems, warnings, effective, file, .. } = sources;
        match settings {
            Some(settings) if problems.is_empty() => match settings.contradictions().as_slice() {
                [] => Ok(Self { settings, effective, file, warnings }),
                texts => Err(Failure::Refused(several(texts))),
            },
            _ => Err(failure(&problems)),
        }
    }
}

fn failure(problems: &[Problem]) -> Failure {
    let lines: Vec<_> =
        problems.iter().map(|problem| format!("{}: {}", problem.origin, problem.text)).collect();
    let text = several(&lines);
    if problems.iter().any(|problem| matches!(problem.origin, Origin::Flag(_))) {
        Failure::CommandLine(text)
    } else {
        Failure::Refused(text)
    }
}

fn several<T: AsRef<str>>(lines: &[T]) -> String {
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    match lines.as_slice() {
        [line] => (*line).to_owned(),
        lines => format!("the configuration has {} problems:\n  {}", lines.len(), lines.join("\n  ")),
    }
}
