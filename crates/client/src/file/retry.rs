use std::time::Duration;

use crate::platform::sleep;

const LONGEST: Duration = Duration::from_secs(30);

/// How patient transfers are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    retries: u32,
    first_wait: Duration,
}

impl Retry {
    pub(crate) fn new(retries: u32, first_wait: Duration) -> Self {
        Self { retries, first_wait }
    }

    pub(super) fn start(self) -> Attempts {
        Attempts { left: self.retries, wait: self.first_wait.min(LONGEST) }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new(5, Duration::from_millis(500))
    }
}

/// The attempts for one part.
pub(super) struct Attempts {
    left: u32,
    wait: Duration,
}

impl Attempts {
    /// Waits for the next attempt; false if there is none.
    pub(super) async fn next(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        sleep(self.wait).await;
        self.wait = self.wait.saturating_mul(2).min(LONGEST);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn attempts_are_limited_and_waits_double() {
        let mut attempts = Retry::new(2, Duration::from_micros(1)).start();
        assert!(attempts.next().await);
        assert_eq!(attempts.wait, Duration::from_micros(2));
        assert!(attempts.next().await);
        assert!(!attempts.next().await);
        assert_eq!(Retry::new(0, Duration::MAX).start().wait, LONGEST);
    }
}
