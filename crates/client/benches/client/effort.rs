//! Time that something takes.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

/// What needs no waiting takes so many turns, so that nothing has the better moments of the machine.
const ROUNDS: u32 = 10;

/// Time for one of them, by the clock and of the processor: medians of the turns.
#[derive(Clone, Copy, Default)]
pub(crate) struct Effort {
    pub(crate) clock: Duration,
    /// Of all threads of this process.
    pub(crate) processor: Duration,
}

/// Something beside its bound.
#[derive(Clone, Copy, Default)]
pub(crate) struct Comparison {
    pub(crate) bound: Effort,
    pub(crate) work: Effort,
    /// How many times the processor time of the bound the work takes: quartiles of the turns.
    ratio: [f64; 3],
}

/// Does both by turns, and compares them turn by turn: what the machine does meanwhile then troubles both. In each turn they are
/// done `times` times, and told how often they were done before.
pub(crate) async fn beside(
    turns: u32,
    times: u32,
    mut bound: impl AsyncFnMut(usize) -> Outcome<()>,
    mut work: impl AsyncFnMut(usize) -> Outcome<()>,
) -> Outcome<Comparison> {
    let (mut bounds, mut works) = (Rounds::default(), Rounds::default());
    for turn in 0..turns {
        // What one of them leaves to be done, the other has to wait for: so each is the first as often as the other.
        if turn % 2 == 0 {
            bounds.add(turn, times, &mut bound).await?;
            works.add(turn, times, &mut work).await?;
        } else {
            works.add(turn, times, &mut work).await?;
            bounds.add(turn, times, &mut bound).await?;
        }
    }
    let ratio =
        |(bound, work): (&Effort, &Effort)| work.processor.as_secs_f64() / bound.processor.as_secs_f64();
    let mut ratios: Vec<f64> = bounds.0.iter().zip(&works.0).map(ratio).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let ratio = [1, 2, 3].map(|quarter| ratios.get(ratios.len() * quarter / 4).copied().unwrap_or_default());
    Ok(Comparison { bound: bounds.effort(), work: works.effort(), ratio })
}

/// Does each of them so many times, in turns: what needs no waiting.
pub(crate) fn in_turns<const N: usize>(
    times: u32,
    mut works: [&mut dyn FnMut() -> Outcome<()>; N],
) -> Outcome<[Effort; N]> {
    let mut rounds: [Rounds; N] = std::array::from_fn(|_| Rounds::default());
    for _ in 0..ROUNDS {
        for (work, rounds) in works.iter_mut().zip(&mut rounds) {
            let begin = Begin::now();
            for _ in 0..times / ROUNDS {
                work()?;
            }
            rounds.0.push(begin.effort(times / ROUNDS));
        }
    }
    Ok(rounds.map(Rounds::effort))
}

#[derive(Default)]
struct Rounds(Vec<Effort>);

impl Rounds {
    async fn add(
        &mut self,
        turn: u32,
        times: u32,
        work: &mut impl AsyncFnMut(usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let begin = Begin::now();
        for number in 0..times {
            work(usize::try_from(turn * times + number)?).await?;
        }
        self.0.push(begin.effort(times));
        Ok(())
    }

    fn effort(self) -> Effort {
        let median = |part: fn(&Effort) -> Duration| {
            let mut all: Vec<Duration> = self.0.iter().map(part).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or_default()
        };
        Effort { clock: median(|round| round.clock), processor: median(|round| round.processor) }
    }
}

/// When something began.
pub(crate) struct Begin {
    clock: Instant,
    processor: Duration,
}

impl Begin {
    pub(crate) fn now() -> Self {
        Self { clock: Instant::now(), processor: processor_time() }
    }

    /// What it took to do something so many times since then.
    pub(crate) fn effort(&self, times: u32) -> Effort {
        Effort {
            clock: self.clock.elapsed() / times,
            processor: processor_time().saturating_sub(self.processor) / times,
        }
    }
}

/// The head of a table of [`row`]s.
pub(crate) fn head() {
    println!(
        "\n| | processor time | bound | its processor time | more than the bound | half of the turns | beside it, waiting |"
    );
    println!("|---|---:|---|---:|---:|---:|---:|");
}

/// A row whose bound is one of the processor. What the clock says beyond that is waiting for the server.
pub(crate) fn row(name: &str, bound_name: &str, Comparison { bound, work, ratio }: Comparison) {
    let [low, more, high] = ratio.map(|ratio| (ratio - 1.0) * 100.0);
    let waiting = text(work.clock.saturating_sub(work.processor));
    let [work, bound] = [work.processor, bound.processor].map(text);
    println!(
        "| {name} | {work} | {bound_name} | {bound} | {more:+.1} % | {low:+.1} to {high:+.1} % | {waiting} |"
    );
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
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}
