//! Reads that see everything written before them.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use krake_core::Revision;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::metrics::Recorder;
use crate::refusal::Refusal;
use crate::store::Store;

/// Waits until the caches have caught up with the store.
#[derive(Clone)]
pub(crate) struct Freshness {
    store: Arc<dyn Store>,
    /// The revision that the caches have reached; `None` before the first list.
    reached: watch::Receiver<Option<Revision>>,
    patience: Duration,
    recorder: Arc<Recorder>,
}

impl Freshness {
    pub(crate) const fn new(
        store: Arc<dyn Store>,
        reached: watch::Receiver<Option<Revision>>,
        patience: Duration,
        recorder: Arc<Recorder>,
    ) -> Self {
        Self { store, reached, patience, recorder }
    }

    /// Waits until the caches show at least what the store held when this was called; the answer is their revision.
    ///
    /// # Errors
    /// When the caches do not catch up in time, or the store does not answer.
    pub(crate) async fn now(&self) -> Result<Revision, Refusal> {
        let mut caught_up = std::pin::pin!(self.catch_up());
        // Mostly there is nothing to wait for, and nothing to record.
        if let Poll::Ready(reached) = futures::poll!(&mut caught_up) {
            return reached;
        }
        let asked = Instant::now();
        let reached = caught_up.await;
        self.recorder.freshness.record_duration(asked.elapsed());
        reached
    }

    async fn catch_up(&self) -> Result<Revision, Refusal> {
        let wanted = self.store.revision().await?;
        let has_reached = |revision: &Option<Revision>| revision.is_some_and(|at| at >= wanted);
        if has_reached(&self.reached.borrow()) {
            return Ok(self.reached.borrow().unwrap_or(wanted));
        }
        let mut reached = self.reached.clone();
        match tokio::time::timeout(self.patience, reached.wait_for(has_reached)).await {
            Ok(Ok(revision)) => Ok(revision.unwrap_or(wanted)),
            Ok(Err(_)) | Err(_) => Err(Refusal::NotReady),
        }
    }

    /// The revision that the caches have reached, without waiting.
    pub(crate) fn reached(&self) -> Option<Revision> {
        *self.reached.borrow()
    }
}
