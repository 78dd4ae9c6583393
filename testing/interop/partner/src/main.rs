//! The published client as a process: reads one JSON request per line from stdin, writes one JSON answer per line
//! to stdout, and ends with its input.
//!
//! `partner [BASE_URL APP_TOKEN]` — both are needed for the requests in [`online`], none for those in [`offline`]
//! and [`wire`].
//!
//! | answer | meaning |
//! |---|---|
//! | `{"ok":<value>}` | the call succeeded |
//! | `{"error":{"server_code":<number or null>,"text":"…"}}` | it did not; the code is set when the server refused it |

mod failure;
mod offline;
mod online;
mod wire;

use std::io::{BufRead, Write};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;

/// `{"account":{"op":"login",…}}` and the like.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Account(online::account::Request),
    Group(online::group::Request),
    Member(online::member::Request),
    Membership(online::membership::Request),
    Content(online::content::Request),
    File(online::file::Request),
    Offline(offline::Request),
    Wire(wire::Request),
}

struct Partner {
    runtime: tokio::runtime::Runtime,
    online: online::Client,
    offline: offline::Bench,
}

impl Partner {
    fn answer(&mut self, line: &str) -> Value {
        let result = serde_json::from_str(line)
            .map_err(|error| Failure::here(format!("request not understood: {error}")))
            .and_then(|request| self.perform(request));
        match result {
            Ok(value) => json!({ "ok": value }),
            Err(failure) => json!({ "error": failure }),
        }
    }

    fn perform(&mut self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::Account(request) => self.runtime.block_on(self.online.account(request)),
            Request::Group(request) => self.runtime.block_on(self.online.group(request)),
            Request::Member(request) => self.runtime.block_on(self.online.member(request)),
            Request::Membership(request) => self.runtime.block_on(self.online.membership(request)),
            Request::Content(request) => self.runtime.block_on(self.online.content(request)),
            Request::File(request) => self.runtime.block_on(self.online.file(request)),
            Request::Offline(request) => self.offline.perform(request),
            Request::Wire(request) => wire::perform(request),
        }
    }
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut partner = Partner {
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        online: online::Client::new(
            arguments.next().unwrap_or_default(),
            arguments.next().unwrap_or_default(),
        ),
        offline: offline::Bench::default(),
    };
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        writeln!(output, "{}", partner.answer(&line?))?;
        output.flush()?;
    }
    Ok(())
}
