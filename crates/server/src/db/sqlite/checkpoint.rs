//! Copies the write-ahead log into the database file.
//!
//! A copy of some thousand pages takes a tenth of a second on a slow disk. SQLite does it in the commit that makes the log long enough, and
//! everybody who wants to write waits. Here a thread with a connection of its own does it, which SQLite allows beside readers and the
//! writer. The log can begin anew only when all of it is copied, and under load something is always written while the thread copies: the
//! writer copies this rest, which is short, as soon as the thread is done.
//!
//! A registration touches some thirty pages, most of them again and again: copying seldom means copying less.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::super::DbError;

/// Pages of the log (16 MiB) after which the thread is told to copy.
const BEGIN_PAGES: i32 = 4_096;

/// Pages of the log (128 MiB) at which the writer copies whatever the thread has not: a disk too slow for its load must not fill up.
const MOST_PAGES: i32 = 32_768;

/// The writer's side.
pub(super) struct Checkpoints {
    log: Arc<Log>,
    /// `None` only while it is dropped.
    copy: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Log {
    /// Length in pages, after the last commit.
    pages: AtomicI32,
    /// The thread is at it, or about to be.
    copying: AtomicBool,
    /// The thread has copied what was there when it began.
    copied: AtomicBool,
}

impl Checkpoints {
    /// Watches the log of `writer`; the thread uses `own`.
    pub(super) fn start(writer: &mut Connection, own: super::Connection) -> Result<Self, DbError> {
        let unavailable = |error: String| DbError::Unavailable(error);
        let log = Arc::new(Log::default());
        let watched = log.clone();
        let hook = move |_: &mut _, pages| {
            watched.pages.store(pages, Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(hook)).map_err(|error| unavailable(error.to_string()))?;
        // One signal may wait: more would say nothing more.
        let (copy, signals) = sync_channel(1);
        let shared = log.clone();
        let thread = std::thread::Builder::new()
            .name("sqlite-checkpoint".into())
            .spawn(move || copy_when_told(&own.inner, &shared, &signals))
            .map_err(|error| unavailable(error.to_string()))?;
        Ok(Self { log, copy: Some(copy), thread: Some(thread) })
    }

    /// Called by the writer between two transactions.
    pub(super) fn after_commit(&self, writer: &Connection) {
        let pages = self.log.pages.load(Ordering::Relaxed);
        if self.log.copied.swap(false, Ordering::Acquire) || pages >= MOST_PAGES {
            copy(writer);
        } else if pages >= BEGIN_PAGES && !self.log.copying.swap(true, Ordering::Acquire) {
            // The thread ends with the writer, not before.
            let _ = self.copy.as_ref().map(|copy| copy.try_send(()));
        }
    }
}

impl Drop for Checkpoints {
    /// The thread ends first: the last connection that is closed copies and removes the log.
    fn drop(&mut self) {
        drop(self.copy.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy_when_told(connection: &Connection, log: &Log, signals: &Receiver<()>) {
    while signals.recv().is_ok() {
        copy(connection);
        log.copied.store(true, Ordering::Release);
        log.copying.store(false, Ordering::Release);
    }
}

/// As much as can be copied without waiting for anybody. What readers still need, or another checkpoint is at, stays for the next time.
fn copy(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the write-ahead log could not be copied into the database file");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Access;
    use super::*;

    #[test]
    fn the_log_stays_short_while_the_writer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let mut writer = super::super::Connection::open(&path, Access::Write).unwrap();
        let own = super::super::Connection::open(&path, Access::Write).unwrap();
        let checkpoints = Checkpoints::start(&mut writer.inner, own).unwrap();
        writer.inner.execute("CREATE TABLE t (data BLOB NOT NULL)", []).unwrap();
        writer.inner.pragma_update(None, "synchronous", "OFF").unwrap();
        let mut began_anew = 0;
        let mut before = 0;
        for _ in 0..4_000 {
            writer.inner.execute("INSERT INTO t VALUES (zeroblob(65536))", []).unwrap();
            checkpoints.after_commit(&writer.inner);
            let pages = checkpoints.log.pages.load(Ordering::Relaxed);
            assert!(pages <= MOST_PAGES + 32, "{pages}");
            began_anew += i32::from(pages < before);
            before = pages;
        }
        assert!(began_anew > 0, "64,000 pages in one log");
    }
}
