//! Runs the built program as an operator would.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

/// The program with a clean environment and JSON logs.
pub(crate) fn keyfold(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfold"));
    command.args(arguments).env_clear().env("KEYFOLD_LOG_FORMAT", "json").stdin(Stdio::null());
    command
}

/// Runs the program to its end on a data folder.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    keyfold(arguments).env("KEYFOLD_DATA", data).output().unwrap()
}

/// As [`run`], for what must succeed; what it printed.
pub(crate) fn run_json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A request to the API of a server: the status and the answer.
pub(crate) fn request(server: SocketAddr, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(server).unwrap();
    write!(
        stream,
        "{method} /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// A server process on a free port. Dropped, it is killed.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts `keyfold serve` and waits until it listens.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = keyfold(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command
            .args(arguments)
            .env("KEYFOLD_DATA", data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut seen = Vec::new();
        let address = lines.by_ref().find_map(|line| {
            let event = serde_json::from_str::<Value>(&line).unwrap_or_default();
            seen.push(line);
            (event["message"] == "listening").then(|| event["address"].as_str().unwrap().parse().unwrap())
        });
        // Whoever does not read a pipe blocks its writer sooner or later.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(address) = address else { panic!("the server did not start: {seen:#?}") };
        Self { child, address }
    }

    /// Asks the process to stop, as service managers do, and waits for it.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }

    /// Ends the process as a power failure would: without notice.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
