//! How long to wait before something is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// Exponential growth of delays, with full jitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The longest first delay.
    pub base: Duration,
    /// What the longest delay is multiplied with at each further failure.
    pub factor: f64,
    /// The longest delay of all.
    pub max: Duration,
}

impl Backoff {
    /// For a key whose reconciliation failed: 100 ms, doubled up to 5 min.
    pub const KEY: Self =
        Self { base: Duration::from_millis(100), factor: 2.0, max: Duration::from_mins(5) };

    /// For a watch that broke: 0.5 s, doubled up to 30 s.
    pub const WATCH: Self =
        Self { base: Duration::from_millis(500), factor: 2.0, max: Duration::from_secs(30) };

    /// For a write that lost a race: 10 ms, doubled up to 1 s.
    pub const CONFLICT: Self =
        Self { base: Duration::from_millis(10), factor: 2.0, max: Duration::from_secs(1) };

    /// The longest delay after the `failures`-th failure in a row, counted from one.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.base.as_secs_f64() * self.factor.powi(exponent);
        // Also catches infinity.
        if seconds < self.max.as_secs_f64() { Duration::from_secs_f64(seconds) } else { self.max }
    }

    /// The delay after the `failures`-th failure in a row, for a `jitter` between 0 and 1.
    ///
    /// Full jitter spreads those who failed together best (Brooker, "Exponential Backoff And Jitter", 2015). Never under a
    /// twentieth of the ceiling, so that no retry is immediate.
    pub fn delay(&self, failures: u32, jitter: f64) -> Duration {
        self.ceiling(failures).mul_f64(jitter.clamp(0.05, 1.0))
    }
}

/// A backoff in use: counts failures, forgets them after a quiet time.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    backoff: Backoff,
    reset_after: Duration,
    failures: u32,
    last: Option<Instant>,
}

impl Attempts {
    pub(crate) const fn new(backoff: Backoff, reset_after: Duration) -> Self {
        Self { backoff, reset_after, failures: 0, last: None }
    }

    /// Counts a failure at `now`; answers how long to wait.
    pub(crate) fn failed(&mut self, now: Instant, jitter: f64) -> Duration {
        if self
            .last
            .is_some_and(|last| now.duration_since(last) >= self.reset_after)
        {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let delay = self.backoff.delay(self.failures, jitter);
        // The wait itself is not quiet time.
        self.last = Some(now + delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum_and_never_overflow() {
        let ceilings = [1, 2, 3, 100, u32::MAX].map(|failures| Backoff::KEY.ceiling(failures));
        assert_eq!(ceilings.map(|delay| delay.as_millis()), [100, 200, 400, 300_000, 300_000]);
        assert!(Backoff::KEY.delay(1, 0.0) > Duration::ZERO);
    }

    #[test]
    fn a_quiet_minute_forgets_failures_but_waiting_is_not_quiet() {
        let minute = Duration::from_mins(1);
        let mut attempts = Attempts::new(Backoff { max: 10 * minute, ..Backoff::WATCH }, minute);
        let mut now = Instant::now();
        let mut last = Duration::ZERO;
        for _ in 0..12 {
            last = attempts.failed(now, 1.0);
            now += last;
        }
        assert_eq!(last, 10 * minute);
        assert_eq!(attempts.failed(now + minute, 1.0), Duration::from_millis(500));
    }
}
