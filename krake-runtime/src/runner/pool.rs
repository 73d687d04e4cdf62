//! Several runs at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::job::{Job, Run, RunKey, execute};
use super::retry::{RetryPolicy, Streak};
use crate::monitor::{Monitor, Outcome, RunRecord};
use crate::queue::{Priority, Work, WorkQueue};
use crate::{Class, Reconciled};

/// What bounds the runs of a controller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Runs at a time.
    pub(crate) workers: usize,
    /// How long a run may take.
    pub(crate) timeout: Duration,
    /// When failed runs are repeated.
    pub(crate) retry: RetryPolicy,
}

impl Default for Limits {
    fn default() -> Self {
        let timeout = Duration::from_mins(2);
        Self { workers: 4, timeout, retry: RetryPolicy::default() }
    }
}

/// Makes the runs of one controller.
pub(crate) struct Pool<Q> {
    pub(crate) name: String,
    pub(crate) queue: Arc<WorkQueue<Q>>,
    pub(crate) job: Arc<dyn Job<Q>>,
    pub(crate) limits: Limits,
    pub(crate) monitor: Monitor,
}

struct Finished<Q> {
    run: Run<Q>,
    result: Reconciled,
    took: Duration,
}

impl<Q: RunKey> Pool<Q> {
    /// Makes runs until `stop`; then lets those in progress end, at most `drain_limit`.
    pub(crate) async fn run(self, stop: CancellationToken, drain_limit: Duration) {
        let mut runs = JoinSet::new();
        let mut streaks = HashMap::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(finished) = runs.join_next() => self.finished(finished, &mut streaks),
                Some(work) = self.queue.next(), if runs.len() < self.limits.workers => {
                    self.start(work, &streaks, &mut runs);
                }
            }
        }
        self.queue.close();
        let drained = async {
            while let Some(finished) = runs.join_next().await {
                self.finished(finished, &mut streaks);
            }
        };
        if timeout(drain_limit, drained).await.is_err() {
            tracing::warn!(controller = self.name, runs = runs.len(), "runs aborted at shutdown");
            runs.shutdown().await;
        }
    }

    fn start(
        &self,
        Work { key, causes }: Work<Q>,
        streaks: &HashMap<Q, Streak>,
        runs: &mut JoinSet<Finished<Q>>,
    ) {
        let attempt = streaks.get(&key).map_or(0, |streak| streak.length());
        let run = Run { key, causes, attempt };
        let (job, limit) = (Arc::clone(&self.job), self.limits.timeout);
        runs.spawn(async move {
            let started = Instant::now();
            let result = execute(&*job, &run, limit).await;
            Finished { run, result, took: started.elapsed() }
        });
    }

    fn finished(
        &self,
        finished: Result<Finished<Q>, tokio::task::JoinError>,
        streaks: &mut HashMap<Q, Streak>,
    ) {
        let Ok(Finished { run, result, took }) = finished else {
            // Panics are caught inside the task; what is left is one in the destructor of what a run left behind.
            tracing::error!(controller = self.name, "a run panicked while it was being dropped");
            return;
        };
        let streak = streaks.remove(&run.key).unwrap_or_default();
        let (streak, next) = streak.after(&result, &self.limits.retry, rand::random());
        if streak != Streak::default() {
            streaks.insert(run.key.clone(), streak);
        }
        self.report(&run, &result, took);
        if let Some((delay, cause)) = next {
            self.queue
                .add_after(run.key.clone(), delay, Priority::NORMAL, cause);
        }
        self.queue.done(&run.key);
    }

    fn report(&self, run: &Run<Q>, result: &Reconciled, took: Duration) {
        let Run { key, causes, attempt } = run;
        if let Err(error) = result {
            if error.class() == Class::Conflict {
                tracing::debug!(controller = self.name, %key, attempt, %error, "lost a race");
            } else {
                tracing::warn!(controller = self.name, %key, attempt, %error, "run failed");
            }
        }
        let record = RunRecord {
            key: key.to_string(),
            causes: causes.clone(),
            attempt: *attempt,
            outcome: Outcome::of(result),
            took,
        };
        self.monitor.record(&self.name, record);
    }
}
