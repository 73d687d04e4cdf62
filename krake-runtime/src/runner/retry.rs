//! When a failed run is repeated.

use std::time::Duration;

use crate::{Backoff, Cause, Class, Reconciled};

/// After how many lost races in a row a key is treated as failing.
const CONFLICTS: u32 = 8;

/// When failed runs are repeated. Per key; a successful run starts over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The delays after ordinary failures.
    pub backoff: Backoff,
    /// The delays after lost races; after eight of them in a row the other ones apply.
    pub conflict: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { backoff: Backoff::KEY, conflict: Backoff::CONFLICT }
    }
}

/// What failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Streak {
    failures: u32,
    conflicts: u32,
}

impl Streak {
    pub(super) const fn length(self) -> u32 {
        self.failures.saturating_add(self.conflicts)
    }

    /// The streak after one more result, and when the next run is due without a change. `jitter` is between 0 and 1.
    pub(super) fn after(
        self,
        result: &Reconciled,
        policy: &RetryPolicy,
        jitter: f64,
    ) -> (Self, Option<(Duration, Cause)>) {
        let class = match result {
            Ok(action) => {
                return (Self::default(), action.delay().map(|delay| (delay, Cause::Timer)));
            }
            Err(failure) => failure.class(),
        };
        if class == Class::Conflict && self.conflicts < CONFLICTS {
            let next = Self { conflicts: self.conflicts + 1, ..self };
            return (next, Some((policy.conflict.delay(next.conflicts, jitter), Cause::Conflict)));
        }
        let next = Self { failures: self.failures.saturating_add(1), ..self };
        let delay = match class {
            Class::Terminal => None,
            Class::RetryAfter(delay) => Some(delay),
            Class::Retry | Class::Conflict => Some(policy.backoff.delay(next.failures, jitter)),
        };
        (next, delay.map(|delay| (delay, Cause::Retry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Failure};

    fn after(streak: Streak, result: &Reconciled) -> (Streak, Option<(u128, Cause)>) {
        let (streak, next) = streak.after(result, &RetryPolicy::default(), 1.0);
        (streak, next.map(|(delay, cause)| (delay.as_millis(), cause)))
    }

    #[test]
    fn failures_back_off_and_success_starts_over() {
        let (streak, first) = after(Streak::default(), &Err(Failure::retry("x")));
        let (streak, second) = after(streak, &Err(Failure::retry("x")));
        assert_eq!([first, second], [Some((100, Cause::Retry)), Some((200, Cause::Retry))]);
        assert_eq!(streak.length(), 2);
        assert_eq!(after(streak, &Ok(Action::done())), (Streak::default(), None));
    }

    #[test]
    fn lost_races_are_repeated_quickly_until_they_look_like_failures() {
        let mut streak = Streak::default();
        for _ in 0..CONFLICTS {
            let next;
            (streak, next) = after(streak, &Err(Failure::retry("x").with_class(Class::Conflict)));
            assert_eq!(next.unwrap().1, Cause::Conflict);
        }
        let (_, next) = after(streak, &Err(Failure::retry("x").with_class(Class::Conflict)));
        assert_eq!(next, Some((100, Cause::Retry)));
    }

    #[test]
    fn a_terminal_failure_waits_for_a_change() {
        let (streak, next) = after(Streak::default(), &Err(Failure::terminal("Refused", "x")));
        assert_eq!((streak.length(), next), (1, None));
    }
}
