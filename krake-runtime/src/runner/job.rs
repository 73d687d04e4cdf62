//! One run.

use std::any::Any;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use tokio::time::timeout;

use crate::{Action, Cause, Class, Failure, Reconciled};

/// What runs are told apart by.
pub(crate) trait RunKey:
    Clone + Debug + Display + Eq + Ord + Hash + Send + Sync + 'static
{
}

impl<Q: Clone + Debug + Display + Eq + Ord + Hash + Send + Sync + 'static> RunKey for Q {}

/// A run to be made.
#[derive(Clone, Debug)]
pub(crate) struct Run<Q> {
    pub(crate) key: Q,
    pub(crate) causes: Vec<Cause>,
    /// How many runs in a row have failed before.
    pub(crate) attempt: u32,
}

/// What a run does.
#[async_trait]
pub(crate) trait Job<Q: RunKey>: Send + Sync + 'static {
    async fn run(&self, run: &Run<Q>) -> Reconciled;

    /// Called after a failed run.
    async fn failed(&self, _run: &Run<Q>, _why: &Failure) {}
}

/// Makes a run; whatever it does, this returns within twice the limit.
pub(super) async fn execute<Q: RunKey>(
    job: &dyn Job<Q>,
    run: &Run<Q>,
    limit: Duration,
) -> Reconciled {
    let result = guarded(job.run(run), limit).await;
    if let Err(why) = &result
        && why.class() != Class::Conflict
    {
        let report = async {
            job.failed(run, why).await;
            Ok(Action::done())
        };
        if let Err(error) = guarded(report, limit).await {
            tracing::error!(key = %run.key, %error, "reporting a failed run failed");
        }
    }
    result
}

async fn guarded(run: impl Future<Output = Reconciled>, limit: Duration) -> Reconciled {
    match AssertUnwindSafe(timeout(limit, run)).catch_unwind().await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => {
            Err(Failure::aborted("TimedOut", format!("the run took longer than {limit:?}")))
        }
        Err(panic) => Err(Failure::aborted("Panicked", message(&*panic))),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the run panicked: {}", text.unwrap_or("no message"))
}
