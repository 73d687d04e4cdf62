//! Several runs at a time.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use krake_client::BoxError;
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::job::{Job, Run, RunKey, execute};
use super::retry::{RetryPolicy, Streak};
use crate::monitor::{Monitor, Outcome, RunRecord};
use crate::queue::{Priority, Work, WorkQueue};
use crate::{Class, Failure, Reconciled, RunError};

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

/// The runs in progress.
struct InProgress<Q> {
    tasks: JoinSet<Finished<Q>>,
    /// What each task is for, in case it does not say so itself in the end.
    runs: HashMap<task::Id, Run<Q>>,
}

impl<Q: RunKey> InProgress<Q> {
    fn start(&mut self, run: Run<Q>, job: Arc<dyn Job<Q>>, limit: Duration) {
        let made = run.clone();
        let task = self.tasks.spawn(async move {
            let started = Instant::now();
            let result = execute(&*job, &made, limit).await;
            Finished { run: made, result, took: started.elapsed() }
        });
        self.runs.insert(task.id(), run);
    }

    /// The next run that ends; `None` when none is in progress.
    async fn next(&mut self) -> Option<Finished<Q>> {
        loop {
            match self.tasks.join_next_with_id().await? {
                Ok((id, finished)) => {
                    self.runs.remove(&id);
                    return Some(finished);
                }
                // Panics are caught inside the task; this is one in the destructor of what a run left behind.
                Err(error) => {
                    if let Some(run) = self.runs.remove(&error.id()) {
                        let result = Err(Failure::aborted("Panicked", error.to_string()));
                        return Some(Finished { run, result, took: Duration::ZERO });
                    }
                }
            }
        }
    }
}

impl<Q: RunKey> Pool<Q> {
    /// As [`run`](Self::run), while `feeds` fill the queue. They go on until they are aborted here: one that ends by itself has
    /// panicked or lost its cache, and a controller that hears of nothing any more must not seem to be well.
    pub(crate) async fn run_fed(
        self,
        mut feeds: JoinSet<()>,
        stop: CancellationToken,
        drain_limit: Duration,
    ) -> Result<(), RunError> {
        let name = self.name.clone();
        let stop = stop.child_token();
        let mut runs = pin!(self.run(stop.clone(), drain_limit));
        let lost = tokio::select! {
            () = &mut runs => None,
            Some(ended) = feeds.join_next() => Some(ended),
        };
        let Some(ended) = lost else {
            feeds.shutdown().await;
            return Ok(());
        };
        stop.cancel();
        runs.await;
        feeds.shutdown().await;
        let source = ended.map_or_else(BoxError::from, |()| "a cache has stopped".into());
        Err(RunError::Failed { name, source })
    }

    /// Makes runs until `stop`; then lets those in progress end, at most `drain_limit`.
    pub(crate) async fn run(self, stop: CancellationToken, drain_limit: Duration) {
        let mut runs = InProgress { tasks: JoinSet::new(), runs: HashMap::new() };
        let mut streaks = HashMap::new();
        loop {
            let has_room = runs.tasks.len() < self.limits.workers;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(finished) = runs.next() => self.finished(finished, &mut streaks),
                Some(work) = self.queue.next(), if has_room => {
                    self.start(work, &streaks, &mut runs);
                }
            }
        }
        self.queue.close();
        let drained = async {
            while let Some(finished) = runs.next().await {
                self.finished(finished, &mut streaks);
            }
        };
        if timeout(drain_limit, drained).await.is_err() {
            let aborted = runs.tasks.len();
            tracing::warn!(controller = self.name, aborted, "runs aborted at shutdown");
            runs.tasks.shutdown().await;
        }
    }

    fn start(
        &self,
        Work { key, causes }: Work<Q>,
        streaks: &HashMap<Q, Streak>,
        runs: &mut InProgress<Q>,
    ) {
        let attempt = streaks.get(&key).map_or(0, |streak| streak.length());
        let run = Run { key, causes, attempt };
        runs.start(run, Arc::clone(&self.job), self.limits.timeout);
    }

    fn finished(
        &self,
        Finished { run, result, took }: Finished<Q>,
        streaks: &mut HashMap<Q, Streak>,
    ) {
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
        self.queue.done(&run.key, result.is_err());
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
