//! Why the program ends, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

/// What went wrong. The text is a whole sentence for the person at the terminal.
pub(crate) enum Failure {
    /// Something failed while running.
    Failed(String),
    /// An option has a value that makes no sense.
    CommandLine(String),
    /// The configuration is unsafe or does not fit the data.
    Refused(String),
}

impl Failure {
    /// For errors that need no explanation beyond their own text.
    pub(crate) fn failed(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// For errors that mean that the server must not start like this.
    pub(crate) fn refused(error: impl fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }

    /// The documented exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::CommandLine(_) => 2,
            Self::Refused(_) => 3,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(text) | Self::CommandLine(text) | Self::Refused(text) => f.write_str(text),
        }
    }
}
