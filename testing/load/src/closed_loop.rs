//! The loop: each connection has a thread that sends, waits for the answer, and sends again.
//!
//! Threads with blocking sockets, because on a small machine the load generator takes its processor time from what it measures, and nothing is
//! cheaper than a blocked read.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::arguments::Extent;
use crate::connection::Connection;
use crate::process::{CpuClock, CpuTimes};

/// What one connection does, again and again.
pub(crate) trait Worker: Send {
    /// One operation: what is counted and timed.
    fn operate(&mut self, connection: &mut Connection) -> Result<()>;
}

impl<F: FnMut(&mut Connection) -> Result<()> + Send> Worker for F {
    fn operate(&mut self, connection: &mut Connection) -> Result<()> {
        self(connection)
    }
}

/// What came out of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) operations: usize,
    pub(crate) elapsed: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Bytes of an operation's requests and answers.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Processor time of the server and of its database server.
    pub(crate) server_cpu: Duration,
    pub(crate) database_cpu: Duration,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        per_second(self.operations, self.elapsed)
    }

    /// Microseconds of processor time that an operation costs.
    pub(crate) fn cpu_micros(&self, cpu: Duration) -> f64 {
        if self.operations == 0 { 0.0 } else { cpu.as_secs_f64() * 1e6 / count(self.operations) }
    }
}

pub(crate) fn per_second(operations: usize, elapsed: Duration) -> f64 {
    let seconds = elapsed.as_secs_f64();
    if seconds > 0.0 { count(operations) / seconds } else { 0.0 }
}

/// A count as a number to calculate with.
pub(crate) fn count(operations: usize) -> f64 {
    u32::try_from(operations).map_or(f64::INFINITY, f64::from)
}

const WARM_UP: u8 = 0;
const MEASURE: u8 = 1;
const STOP: u8 = 2;

/// What a thread has seen.
#[derive(Default)]
struct Seen {
    latencies: Vec<u32>,
    sent: u64,
    received: u64,
}

/// Runs one worker on each of `connections` connections, spread over the servers.
pub(crate) fn run(
    addresses: &[SocketAddr],
    connections: usize,
    extent: Extent,
    cpu: &CpuClock,
    make: &dyn Fn(usize) -> Result<Box<dyn Worker>>,
) -> Result<Measured> {
    let phase = AtomicU8::new(if matches!(extent, Extent::Time(_)) { WARM_UP } else { MEASURE });
    let failure = Mutex::new(None);
    let mut workers = Vec::new();
    for (index, address) in (0..connections).zip(addresses.iter().cycle()) {
        workers.push((make(index)?, Connection::open(*address)?));
    }
    let window = std::thread::scope(|scope| {
        let threads: Vec<_> = workers
            .into_iter()
            .map(|(worker, connection)| {
                let (phase, failure) = (&phase, &failure);
                scope.spawn(move || {
                    repeat(worker, connection, extent, phase).unwrap_or_else(|error| {
                        // The first failure is the cause of the others.
                        if let Ok(mut failure) = failure.lock() {
                            failure.get_or_insert(error);
                        }
                        phase.store(STOP, Ordering::Relaxed);
                        Seen::default()
                    })
                })
            })
            .collect();
        if let Extent::Time(time) = extent {
            // Caches fill, statements are prepared, connections to the database are opened.
            pause(&phase, (time / 5).max(Duration::from_millis(300)));
        }
        let (started, cpu_before) = (Instant::now(), cpu.now());
        let _ = phase.compare_exchange(WARM_UP, MEASURE, Ordering::Relaxed, Ordering::Relaxed);
        if let Extent::Time(time) = extent {
            pause(&phase, time);
            let (elapsed, cpu_after) = (started.elapsed(), cpu.now());
            phase.store(STOP, Ordering::Relaxed);
            Ok::<_, anyhow::Error>(Window { seen: join(threads)?, elapsed, cpu_before, cpu_after })
        } else {
            let seen = join(threads)?;
            Ok(Window { seen, elapsed: started.elapsed(), cpu_before, cpu_after: cpu.now() })
        }
    })?;
    match failure.into_inner().ok().flatten() {
        Some(error) => Err(error),
        None => Ok(window.measured()),
    }
}

fn pause(phase: &AtomicU8, time: Duration) {
    let end = Instant::now() + time;
    while phase.load(Ordering::Relaxed) != STOP {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}

fn join(threads: Vec<std::thread::ScopedJoinHandle<'_, Seen>>) -> Result<Vec<Seen>> {
    threads.into_iter().map(|thread| thread.join().ok().context("a connection's thread panicked")).collect()
}

fn repeat(
    mut worker: Box<dyn Worker>,
    mut connection: Connection,
    extent: Extent,
    phase: &AtomicU8,
) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut before_measuring = None;
    loop {
        let phase_now = phase.load(Ordering::Relaxed);
        let enough = match extent {
            Extent::Requests(limit) => seen.latencies.len() >= usize::try_from(limit)?,
            Extent::Time(_) => false,
        };
        if phase_now == STOP || enough {
            let (sent, received) = before_measuring.unwrap_or((connection.sent, connection.received));
            seen.sent = connection.sent - sent;
            seen.received = connection.received - received;
            return Ok(seen);
        }
        if phase_now == MEASURE && before_measuring.is_none() {
            before_measuring = Some((connection.sent, connection.received));
        }
        let started = Instant::now();
        worker.operate(&mut connection)?;
        if phase_now == MEASURE {
            seen.latencies.push(u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
}

/// The time in which operations were counted, and what was seen in it.
struct Window {
    seen: Vec<Seen>,
    elapsed: Duration,
    cpu_before: CpuTimes,
    cpu_after: CpuTimes,
}

impl Window {
    fn measured(&self) -> Measured {
        let mut latencies: Vec<u32> =
            self.seen.iter().flat_map(|seen| seen.latencies.iter().copied()).collect();
        latencies.sort_unstable();
        let mean = |bytes: fn(&Seen) -> u64| -> u64 {
            let sum: u64 = self.seen.iter().map(bytes).sum();
            sum / u64::try_from(latencies.len().max(1)).unwrap_or(1)
        };
        Measured {
            operations: latencies.len(),
            elapsed: self.elapsed,
            p50: percentile(&latencies, 50),
            p99: percentile(&latencies, 99),
            sent: mean(|seen| seen.sent),
            received: mean(|seen| seen.received),
            server_cpu: self.cpu_after.server.saturating_sub(self.cpu_before.server),
            database_cpu: self.cpu_after.database.saturating_sub(self.cpu_before.database),
        }
    }
}

fn percentile(sorted: &[u32], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    Duration::from_micros(sorted.get(index).copied().unwrap_or(0).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let sorted: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_micros(101));
        assert_eq!(percentile(&sorted, 99), Duration::from_micros(199));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
