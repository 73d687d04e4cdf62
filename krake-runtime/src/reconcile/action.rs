//! What follows a successful run.

use std::time::Duration;

/// What follows a successful run of a reconciler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Action {
    requeue_after: Option<Duration>,
}

impl Action {
    /// Nothing, until something changes.
    pub const fn done() -> Self {
        Self { requeue_after: None }
    }

    /// Another run after `delay`, or as soon as something changes. Each run replaces the timer of the one before.
    pub const fn requeue_after(delay: Duration) -> Self {
        Self { requeue_after: Some(delay) }
    }

    /// The delay until the next run, if one is wanted without a change.
    pub const fn delay(self) -> Option<Duration> {
        self.requeue_after
    }
}
