//! The time, as something that a test can hold in its hand.

use std::fmt;
use std::sync::Arc;

use crate::platform::{MaybeSendSync, system_time};

/// Tells the time in milliseconds since 1970.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn TimeSource>);

/// A function without arguments that returns milliseconds since 1970.
pub(crate) trait TimeSource: MaybeSendSync {
    fn now(&self) -> u64;
}

impl<F: Fn() -> u64 + MaybeSendSync> TimeSource for F {
    fn now(&self) -> u64 {
        self()
    }
}

impl Clock {
    pub(crate) fn new(source: impl Fn() -> u64 + MaybeSendSync + 'static) -> Self {
        Self(Arc::new(source))
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.now()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(system_time)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
