//! Time that something takes.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Time for one of them, by the clock and of the processor.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) clock: Duration,
    processor: Duration,
}

pub(crate) async fn measure(times: u32, mut work: impl AsyncFnMut(usize) -> Outcome<()>) -> Outcome<Effort> {
    let (begin, processor) = (Instant::now(), processor_time()?);
    for number in 0..times {
        work(usize::try_from(number)?).await?;
    }
    Ok(Effort { clock: begin.elapsed() / times, processor: (processor_time()? - processor) / times })
}

/// The head of a table of [`row`]s.
pub(crate) fn head(what: &str) {
    println!("\n{what:<38} wall clock   processor time of this process");
}

/// A line of a table, and how much more processor time it takes than its bound.
pub(crate) fn row(name: &str, effort: Effort, bound: Option<Effort>) {
    let more = bound.map(|bound| effort.processor.as_secs_f64() / bound.processor.as_secs_f64() - 1.0);
    let more = more.map(|more| format!("({:+.1} %)", more * 100.0)).unwrap_or_default();
    println!("{name:<38} {:>8.3} ms  {:>8.3} ms {more}", millis(effort.clock), millis(effort.processor));
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Megabytes per second.
pub(crate) fn rate(bytes: f64, time: Duration) -> f64 {
    bytes / time.as_secs_f64() / 1e6
}

/// Processor time of this process, all its threads that are and were.
fn processor_time() -> Outcome<Duration> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, which may hold anything, ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no such format")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
}
