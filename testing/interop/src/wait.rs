//! Waiting for what the server does after it has answered.

use std::time::{Duration, Instant};

/// Far more than a busy machine needs.
const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Asks until the answer is yes.
///
/// # Panics
/// If it is not after half a minute.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < DEADLINE, "in vain waited until {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
