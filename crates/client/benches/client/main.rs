//! What the SDK costs an app: accounts, groups and contents beside the cryptography they are made of, and large files beside
//! what carries them, with the memory that they take.
//!
//! ```text
//! cargo bench -p keyfold --bench client                              # everything, with a file of 1 GiB
//! cargo bench -p keyfold --bench client -- accounts contents         # some of it
//! cargo bench -p keyfold --bench client -- files --mebibytes 1024,2048
//! ```
//!
//! The server is this program once more, as a process of its own on the same machine, with SQLite. Contents are made and compared
//! in memory, so that no other disk access is in the figures than the server's.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::unit_arg,
    reason = "a program that prints a table for people"
)]

mod accounts;
#[allow(clippy::unwrap_used, reason = "a benchmark may panic")]
#[path = "../../../crypto/benches/bare/mod.rs"]
mod bare;
mod contents;
mod effort;
mod exchange;
mod files;
mod groups;
mod memory;
mod pattern;
mod primitives;
mod server;
#[allow(clippy::pedantic, clippy::unwrap_used, reason = "written as the format is documented")]
#[path = "../../../crypto/src/primitives/ope/transcription.rs"]
mod transcription;

use std::error::Error;

use crate::server::Server;

type Outcome<T> = Result<T, Box<dyn Error>>;

const SIZES: &str = "1024";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == server::SERVE) {
        return server::serve();
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("run with: cargo bench -p keyfold --bench client");
        return Ok(());
    }
    let sizes = arguments.iter().skip_while(|argument| *argument != "--mebibytes").nth(1);
    let chosen: Vec<&String> =
        arguments.iter().filter(|argument| !argument.starts_with('-') && Some(*argument) != sizes).collect();
    let is_chosen = |section: &str| chosen.is_empty() || chosen.iter().any(|name| *name == section);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let server = Server::start()?;
        if is_chosen("accounts") {
            accounts::measure_all(&server).await?;
        }
        if is_chosen("groups") {
            groups::measure_all(&server).await?;
        }
        if is_chosen("contents") {
            contents::measure_all(&server).await?;
        }
        if is_chosen("primitives") {
            primitives::measure_all()?;
        }
        if is_chosen("files") {
            for mebibytes in sizes.map_or(SIZES, String::as_str).split(',') {
                files::measure_all(&server, mebibytes.parse::<u64>()? << 20).await?;
            }
        }
        Ok(())
    })
}
