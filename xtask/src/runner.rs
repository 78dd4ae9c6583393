//! Runs named steps one after the other and says how each went.

use std::time::{Duration, Instant};

use anyhow::Result;

/// How a step that did not fail ended.
pub(crate) enum Outcome {
    /// Everything it checks holds.
    Passed,
    /// Everything that could be checked here holds; the sentence says what could not.
    PassedWithNote(String),
    /// There is nothing of this kind to check yet; the sentence says what was looked for.
    Skipped(String),
}

/// One line of the summary.
struct Record {
    name: &'static str,
    duration: Duration,
    outcome: Result<Outcome>,
}

/// The steps run so far.
#[derive(Default)]
pub(crate) struct Runner {
    records: Vec<Record>,
}

impl Runner {
    /// Runs one step between two progress lines; whether it passed.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        about: &str,
        run: impl FnOnce() -> Result<Outcome>,
    ) -> bool {
        println!("\n==> {name}: {about}");
        let start = Instant::now();
        let outcome = run();
        let duration = start.elapsed();
        match &outcome {
            Ok(_) => println!("<== {name}: passed in {}", seconds(duration)),
            Err(error) => println!("<== {name}: FAILED after {}: {error:#}", seconds(duration)),
        }
        let passed = outcome.is_ok();
        self.records.push(Record { name, duration, outcome });
        passed
    }

    /// Prints the summary; whether every step passed.
    pub(crate) fn finish(self) -> bool {
        let total: Duration = self.records.iter().map(|record| record.duration).sum();
        println!("\nSummary ({} in all)", seconds(total));
        let (mut passed, mut failed, mut skipped) = (0_usize, 0_usize, 0_usize);
        for Record { name, duration, outcome } in &self.records {
            let (word, remark) = match outcome {
                Ok(Outcome::Passed) => ("passed", String::new()),
                Ok(Outcome::PassedWithNote(note)) => ("passed", note.clone()),
                Ok(Outcome::Skipped(reason)) => ("skipped", reason.clone()),
                // The whole story stands where the step ran.
                Err(error) => ("FAILED", error.to_string().lines().next().unwrap_or_default().to_owned()),
            };
            match word {
                "passed" => passed += 1,
                "skipped" => skipped += 1,
                _ => failed += 1,
            }
            println!("{}", format!("  {word:<8}{name:<14}{:>7}  {remark}", seconds(*duration)).trim_end());
        }
        let failures: Vec<_> = self.records.iter().filter(|r| r.outcome.is_err()).map(|r| r.name).collect();
        if !failures.is_empty() {
            println!(
                "\nFailed: {}. Run one alone with `cargo xtask test --only <step>`.",
                failures.join(", ")
            );
        }
        println!("\nsteps: {passed} passed, {failed} failed, {skipped} skipped");
        failed == 0
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..=119 => format!("{:.1} s", duration.as_secs_f64()),
        whole => format!("{} min", (whole + 30) / 60),
    }
}
