//! The wall clock of a simulated cluster.

use std::time::SystemTime;

use krake_core::{Clock, Timestamp};
use tokio::time::Instant;

/// A wall clock that advances with tokio's: pausing tokio's time pauses the cluster's.
#[derive(Debug)]
pub(crate) struct SimClock {
    epoch: Timestamp,
    started: Instant,
}

impl SimClock {
    /// A clock that shows `epoch` now, or the machine's time when there is none.
    pub(crate) fn start(epoch: Option<Timestamp>) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where a simulation may ask the machine"
        )]
        let epoch = epoch.unwrap_or_else(|| SystemTime::now().into());
        Self { epoch, started: Instant::now() }
    }

    /// The time in the form Kubernetes writes: whole seconds, `Z`.
    pub(crate) fn stamp(&self) -> String {
        kubernetes_time(self.now())
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.epoch.saturating_add(self.started.elapsed())
    }
}

/// `2026-11-22T13:32:56Z`.
pub(crate) fn kubernetes_time(time: Timestamp) -> String {
    let text = Timestamp::from_unix_seconds(time.unix_seconds()).to_string();
    text.replace("+00:00", "Z")
}
