//! The wall clock of a test.

use krake_core::{Clock, Timestamp};
use tokio::time::Instant;

/// A wall clock that runs with tokio's: it stands still while a test's time is paused.
#[derive(Debug)]
pub(super) struct TestClock {
    start: Instant,
}

impl TestClock {
    /// The first of January 2026, now.
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_767_225_600).saturating_add(self.start.elapsed())
    }
}
