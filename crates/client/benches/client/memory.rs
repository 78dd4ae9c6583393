//! Memory that a transfer takes.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Memory of both processes at some points of a transfer.
pub(crate) struct Memory {
    server: u32,
    marks: Arc<Vec<(u64, AtomicU64, AtomicU64)>>,
    highest: Arc<AtomicU64>,
    lock: Arc<Mutex<()>>,
}

impl Memory {
    pub(crate) fn new(server: u32, size: u64) -> Self {
        let marks = [1, 5, 25, 50, 75, 100]
            .map(|percent| (size / 100 * percent, AtomicU64::default(), AtomicU64::default()));
        Self { server, marks: Arc::new(marks.into()), highest: Arc::default(), lock: Arc::default() }
    }

    pub(crate) fn listener(&self) -> impl Fn(keyfold::Progress) + Send + Sync + 'static {
        for (_, client, server) in self.marks.iter() {
            client.store(0, Ordering::SeqCst);
            server.store(0, Ordering::SeqCst);
        }
        self.highest.store(0, Ordering::SeqCst);
        let (server, marks, highest) = (self.server, Arc::clone(&self.marks), Arc::clone(&self.highest));
        let lock = Arc::clone(&self.lock);
        move |progress| {
            let _one = lock.lock();
            let ours = resident(std::process::id());
            highest.fetch_max(ours, Ordering::SeqCst);
            for (at, client, theirs) in marks.iter() {
                if progress.bytes >= *at && client.load(Ordering::SeqCst) == 0 {
                    client.store(ours, Ordering::SeqCst);
                    theirs.store(resident(server), Ordering::SeqCst);
                }
            }
        }
    }

    pub(crate) fn print(&self, what: &str) {
        println!("{what:<10} resident memory in MB: SDK (server)");
        for (at, client, server) in self.marks.iter() {
            let (client, server) = (client.load(Ordering::SeqCst), server.load(Ordering::SeqCst));
            println!("  at {:>6} MiB  {:>6.1} ({:.1})", at >> 20, client as f64 / 1e6, server as f64 / 1e6);
        }
        println!("  highest        {:>6.1}", self.highest.load(Ordering::SeqCst) as f64 / 1e6);
    }
}

/// Resident memory of a process in bytes; 0 where the system does not tell.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
