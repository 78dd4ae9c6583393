//! One request, one answer, over the pipes of a child process.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Why the partner did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// Number of the error with which the server refused; `None` if the partner itself gave up.
    pub server_code: Option<u32>,
    /// The server's or the partner's words.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.server_code {
            Some(code) => write!(f, "the server refused with {code}: {}", self.text),
            None => write!(f, "the partner gave up: {}", self.text),
        }
    }
}

impl std::error::Error for Refusal {}

/// A running partner program. It ends when this value is dropped.
pub(super) struct Process {
    child: Child,
    pipes: Mutex<Option<Pipes>>,
}

struct Pipes {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Value),
    Error(Refusal),
}

impl Process {
    pub(super) fn start(mut program: Command) -> Self {
        let mut child =
            program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the partner program starts");
        let input = child.stdin.take().expect("stdin is piped");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, pipes: Mutex::new(Some(Pipes { input, output })) }
    }

    /// Sends `request` to `family` and reads the result as `T`.
    ///
    /// # Panics
    /// If the process died or its answer is not a `T`: that is a bug of the test equipment.
    pub(super) fn ask<T: DeserializeOwned>(&self, family: &str, request: Value) -> Result<T, Refusal> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let pipes = pipes.as_mut().expect("the pipes are open until the drop");
        writeln!(pipes.input, "{}", json!({ family: request })).expect("the partner process listens");
        let mut line = String::new();
        pipes.output.read_line(&mut line).expect("the partner process answers");
        match serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in the answer {line:?}")) {
            Answer::Ok(value) => Ok(serde_json::from_value(value).expect("the answer has the expected form")),
            Answer::Error(refusal) => Err(refusal),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The program ends with its input; waiting for it leaves no zombie behind.
        *self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        let _ = self.child.wait();
    }
}
