//! Memory that a transfer takes.

use std::fmt::Write;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::Outcome;

/// When memory is looked at, in percent of a transfer.
pub(crate) const MARKS: [u64; 6] = [1, 5, 25, 50, 75, 100];

/// Memory of both processes at some points of a transfer.
pub(crate) struct Memory {
    server: u32,
    marks: Arc<Vec<(u64, AtomicU64, AtomicU64)>>,
    lock: Arc<Mutex<()>>,
}

impl Memory {
    pub(crate) fn new(server: u32, size: u64) -> Self {
        let marks = MARKS.map(|percent| (size / 100 * percent, AtomicU64::default(), AtomicU64::default()));
        Self { server, marks: Arc::new(marks.into()), lock: Arc::default() }
    }

    pub(crate) fn listener(&self) -> Outcome<impl Fn(keyfold::Progress) + Send + Sync + 'static> {
        for (_, client, server) in self.marks.iter() {
            client.store(0, Ordering::SeqCst);
            server.store(0, Ordering::SeqCst);
        }
        // From here on the system looks for the most anew.
        fs::write("/proc/self/clear_refs", "5")?;
        let (server, marks, lock) = (self.server, Arc::clone(&self.marks), Arc::clone(&self.lock));
        Ok(move |progress: keyfold::Progress| {
            let _one = lock.lock();
            for (at, client, theirs) in marks.iter() {
                if progress.bytes >= *at && client.load(Ordering::SeqCst) == 0 {
                    client.store(status(std::process::id(), "VmRSS:"), Ordering::SeqCst);
                    theirs.store(status(server, "VmRSS:"), Ordering::SeqCst);
                }
            }
        })
    }

    /// The names of the columns.
    pub(crate) fn head(&self) -> String {
        self.marks.iter().fold(String::new(), |mut head, (at, ..)| {
            let _ = write!(head, " at {} MiB |", at >> 20);
            head
        })
    }

    pub(crate) fn row(&self, what: &str) -> String {
        let mut row = format!("| {what} |");
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        for (_, client, server) in self.marks.iter() {
            let (client, server) = (client.load(Ordering::SeqCst), server.load(Ordering::SeqCst));
            let _ = write!(row, " {:.0} ({:.0}) |", megabytes(client), megabytes(server));
        }
        let _ = write!(row, " {:.0} |", megabytes(status(std::process::id(), "VmHWM:")));
        row
    }
}

/// What the system says about the memory of a process, in bytes; 0 where it does not.
fn status(process: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
