//! One watcher's place in the shared history.

use futures::{Stream, stream};
use krake_core::Revision;
use tokio::sync::watch;

use super::Committed;
use super::hub::Shared;
use crate::store::{Batch, Error, Event};

/// A batch grows to about this many events of the history: commits are not split.
const BATCH_EVENTS: usize = 1024;

/// One watcher: all it owns is a position, so a slow one costs nothing but the history that everybody shares.
#[derive(Debug)]
pub(super) struct Cursor {
    shared: Shared,
    wake: watch::Receiver<()>,
    prefix: Box<str>,
    through: Revision,
    failed: bool,
}

impl Cursor {
    /// A watcher of the keys under `prefix` that has seen everything up to `through`.
    pub(super) fn new(
        shared: Shared,
        wake: watch::Receiver<()>,
        prefix: &str,
        through: Revision,
    ) -> Self {
        Self { shared, wake, prefix: prefix.into(), through, failed: false }
    }

    /// Everything after the cursor, for ever.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Batch, Error>> + Send + 'static {
        stream::unfold(self, Self::next)
    }

    async fn next(mut self) -> Option<(Result<Batch, Error>, Self)> {
        if self.failed {
            return None;
        }
        loop {
            match self.shared.since(self.through, BATCH_EVENTS) {
                Err(error) => {
                    self.failed = true;
                    return Some((Err(error), self));
                }
                Ok(commits) => {
                    if let Some(last) = commits.last() {
                        self.through = last.revision;
                        return Some((Ok(self.batch(&commits)), self));
                    }
                }
            }
            // Returns at once for whatever was published since it last returned, so nothing that came after the look is missed.
            self.wake.changed().await.ok()?;
        }
    }

    fn batch(&self, commits: &[Committed]) -> Batch {
        let events = commits.iter().flat_map(|commit| commit.events.iter());
        let covered = events.filter(|event| event.key().starts_with(&*self.prefix));
        Batch { events: covered.cloned().collect::<Vec<Event>>(), through: self.through }
    }
}
