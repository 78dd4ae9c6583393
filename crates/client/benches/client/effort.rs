//! Time that something takes.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Something and its bound take turns, so that neither has the better moments of the machine.
const ROUNDS: u32 = 10;

/// Time for one of them, by the clock and of the processor.
#[derive(Clone, Copy, Default)]
pub(crate) struct Effort {
    /// The median of the rounds.
    pub(crate) clock: Duration,
    /// The mean: the system counts processor time in hundredths of a second.
    pub(crate) processor: Duration,
}

/// Does both so many times, and returns what each takes. They are told how often they were done before.
pub(crate) async fn beside(
    times: u32,
    mut bound: impl AsyncFnMut(usize) -> Outcome<()>,
    mut work: impl AsyncFnMut(usize) -> Outcome<()>,
) -> Outcome<(Effort, Effort)> {
    let (mut bounds, mut works) = (Rounds::default(), Rounds::default());
    for round in 0..ROUNDS {
        bounds.add(round, times / ROUNDS, &mut bound).await?;
        works.add(round, times / ROUNDS, &mut work).await?;
    }
    Ok((bounds.effort(), works.effort()))
}

#[derive(Default)]
struct Rounds(Vec<Effort>);

impl Rounds {
    async fn add(
        &mut self,
        round: u32,
        times: u32,
        work: &mut impl AsyncFnMut(usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let (begin, processor) = (Instant::now(), processor_time()?);
        for number in 0..times {
            work(usize::try_from(round * times + number)?).await?;
        }
        let clock = begin.elapsed() / times;
        self.0.push(Effort { clock, processor: (processor_time()? - processor) / times });
        Ok(())
    }

    fn effort(mut self) -> Effort {
        self.0.sort_by_key(|round| round.clock);
        let all: Duration = self.0.iter().map(|round| round.processor).sum();
        let middle = self.0.get(self.0.len() / 2).copied().unwrap_or_default();
        Effort { processor: all / ROUNDS, ..middle }
    }
}

/// The head of a table of [`row`]s.
pub(crate) fn head() {
    println!("\n| | wall clock | processor time | bound | its processor time | more than the bound |");
    println!("|---|---:|---:|---|---:|---:|");
}

/// A row whose bound is one of the processor: the time that a server takes meanwhile is not in it.
pub(crate) fn row(name: &str, bound_name: &str, (bound, work): (Effort, Effort)) {
    let more = work.processor.as_secs_f64() / bound.processor.as_secs_f64() - 1.0;
    let [clock, work, bound] = [work.clock, work.processor, bound.processor].map(text);
    println!("| {name} | {clock} | {work} | {bound_name} | {bound} | {:+.1} % |", more * 100.0);
}

/// With three digits.
pub(crate) fn text(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..10.0 => format!("{micros:.2} µs"),
        ..100.0 => format!("{micros:.1} µs"),
        ..1e3 => format!("{micros:.0} µs"),
        ..1e4 => format!("{:.2} ms", micros / 1e3),
        ..1e5 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.0} ms", micros / 1e3),
    }
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
