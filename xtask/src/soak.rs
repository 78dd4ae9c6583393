//! `cargo xtask soak`: the test of random operations of many devices, for longer than the tests have time for.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::test::Session;

/// What the test reads.
const SECONDS: &str = "KEYFOLD_PARTY_SECONDS";
const SEED: &str = "KEYFOLD_PARTY_SEED";

/// Each run takes `seconds`; they run one after the other, so that each has the machine for itself.
pub(crate) fn run(project: Project, seconds: u64, seed: Option<u64>) -> Result<()> {
    let mut session = Session::new(project);
    session.ensure_postgres()?;
    let mut test = session.project.cargo([
        "test",
        "-p",
        "keyfold",
        "--test",
        "server",
        "agreement::",
        "--",
        "--test-threads=1",
        "--nocapture",
    ]);
    test.env(SECONDS, seconds.to_string());
    if let Some(seed) = seed {
        test.env(SEED, seed.to_string());
    }
    execute(&mut test)
}
