//! Key rotations: how fast, and how much others notice of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{Stage, group_path, mixed, user_key};
use crate::bound::{Bench, Bound};
use crate::closed_loop::{Measured, count};
use crate::connection::{Connection, Head};
use crate::data::ids;
use crate::report::Row;

/// One after the other for each size of group.
pub(super) fn all_sizes(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let mut sizes = stage.options.rotated.clone();
    sizes.sort_unstable();
    sizes.dedup();
    sizes.into_iter().map(|size| one_size(stage, size)).collect()
}

/// The same requests without and with rotations beside them.
pub(super) fn beside_others(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let size = stage.options.rotated.iter().copied().filter(|size| *size <= 10_000).max().unwrap_or(100);
    let alone = stage.run(&|actor| Ok(mixed::worker(actor)))?;
    let stop = AtomicBool::new(false);
    let (rotations, beside) = std::thread::scope(|scope| {
        let rotating =
            scope.spawn(|| Rotations::open(stage, size)?.run_while(|| !stop.load(Ordering::Relaxed)));
        let beside = stage.run(&|actor| Ok(mixed::worker(actor)));
        stop.store(true, Ordering::Relaxed);
        let rotations = rotating.join().ok().context("the rotations' thread panicked");
        (rotations, beside)
    });
    let (rotations, beside) = (rotations??, beside?);
    let memory = stage.resident_bytes();
    let rate = rotations.shares_per_second();
    Ok(vec![
        Row::of_requests("mixed, no rotation", &alone, Vec::new(), memory),
        Row::of_requests("mixed, beside rotations", &beside, Vec::new(), memory),
        Row::of_rate(&format!("… members/s of {size} served meanwhile"), rate, None, Vec::new(), memory),
    ])
}

fn one_size(stage: &Stage<'_>, size: u32) -> Result<Row> {
    let before = stage.cpu.now();
    let started = Instant::now();
    let mut rotations = Rotations::open(stage, size)?;
    let done = rotations.run_while(|| started.elapsed() < stage.time())?;
    let after = stage.cpu.now();
    let bounds = match &stage.bench {
        Some(bench) => {
            let bench = Bench { time: bench.time.max(Duration::from_secs(1)), ..*bench };
            bench.measure(&[Bound::Encryptions], &Measured::default())?
        }
        None => Vec::new(),
    };
    let shares = usize::try_from(done.shares)?;
    let cpu = (after.server.saturating_sub(before.server)).as_secs_f64() * 1e6 / count(shares.max(1));
    Ok(Row::of_rate(
        &format!("rotation of {size} members (members/s)"),
        done.shares_per_second(),
        Some(cpu),
        bounds,
        stage.resident_bytes(),
    ))
}

/// Rotates the keys of all groups of one size, round after round.
struct Rotations<'a> {
    stage: &'a Stage<'a>,
    groups: Vec<u32>,
    size: u32,
    /// One to each server; the first starts the rotations.
    connections: Vec<Connection>,
}

struct Done {
    shares: u64,
    elapsed: Duration,
}

impl Done {
    fn shares_per_second(&self) -> f64 {
        crate::closed_loop::per_second(usize::try_from(self.shares).unwrap_or(0), self.elapsed)
    }
}

impl<'a> Rotations<'a> {
    fn open(stage: &'a Stage<'a>, size: u32) -> Result<Self> {
        let groups = stage.world.sizes.rotated(size);
        let connections = stage.addresses.iter().map(|address| Connection::open(*address));
        Ok(Self { stage, groups, size, connections: connections.collect::<Result<_>>()? })
    }

    /// At least one round.
    fn run_while(&mut self, goes_on: impl Fn() -> bool) -> Result<Done> {
        let (jobs_before, shares_before) = self.finished()?;
        let started = Instant::now();
        let mut begun = 0;
        loop {
            for group in self.groups.clone() {
                self.begin(group)?;
                begun += 1;
            }
            self.wait_for(jobs_before + begun)?;
            if !goes_on() {
                break;
            }
        }
        let elapsed = started.elapsed();
        let shares = self.finished()?.1 - shares_before;
        // The one who rotates needs no share.
        let expected = begun * u64::from(self.size.saturating_sub(1));
        if shares != expected {
            bail!("{begun} rotations of {} members made {shares} shares instead of {expected}", self.size);
        }
        Ok(Done { shares, elapsed })
    }

    fn begin(&mut self, group: u32) -> Result<()> {
        let world = &self.stage.world;
        let mut body = Vec::new();
        // Any key of the group may be the previous one: always the same, and no key has to be opened here.
        let (key, starter_key) = (ids::member_key(group), user_key(group));
        world
            .templates
            .rotation_body
            .fill(&mut body, |value, _| if value == 0 { &key } else { &starter_key });
        let path = group_path(&ids::member_group(group), "/key_rotation");
        let head = Head {
            method: "POST",
            path: &path,
            app_token: &world.app_token,
            jwt: Some(world.jwt(group)),
            client: None,
        };
        self.connections.first_mut().context("no server")?.call(&head, &body)?;
        Ok(())
    }

    fn wait_for(&mut self, jobs: u64) -> Result<()> {
        // Nobody wants to wait for ever, and a large group on a busy machine takes its time.
        let patience = Duration::from_secs(300 + u64::from(self.size) / 100);
        let deadline = Instant::now() + patience;
        while self.finished()?.0 < jobs {
            if Instant::now() > deadline {
                bail!("a rotation of {} members takes more than {} s", self.size, patience.as_secs());
            }
            std::thread::sleep(Duration::from_millis(if self.size < 1_000 { 1 } else { 5 }));
        }
        Ok(())
    }

    /// Finished jobs, and members served, of all servers since they started.
    fn finished(&mut self) -> Result<(u64, u64)> {
        let (mut jobs, mut shares) = (0, 0);
        for connection in &mut self.connections {
            let text = connection.metrics()?;
            let value = |name: &str| -> u64 {
                let value =
                    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
                value.unwrap_or(0)
            };
            jobs += value("keyfold_jobs_done_total");
            shares += value("keyfold_key_rotation_shares_total");
        }
        Ok((jobs, shares))
    }
}
