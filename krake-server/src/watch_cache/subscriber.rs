//! One open watch on a kind.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use krake_core::Revision;
use tokio::sync::watch;

use super::change::Sight;
use super::{KindCache, Selection};
use crate::update_event::UpdateEvent;

/// How many changes are looked at between two looks at the rest of the world.
const BATCH: usize = 64;
/// How large a chunk grows before it is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// What a watcher is concerned with, and how it wants to be told.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// What the keys of its objects start with.
    pub(crate) prefix: Arc<str>,
    pub(crate) selection: Selection,
    /// What updates are called.
    pub(crate) update_event: UpdateEvent,
}

/// Where a watch begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// With the next change.
    Now,
    /// With the first change after a revision.
    After(Revision),
}

/// A cursor into the window of a kind.
pub(crate) struct Subscriber {
    cache: Arc<KindCache>,
    filter: Filter,
    cursor: u64,
    ends: watch::Receiver<u64>,
}

/// The watcher was too slow: changes that it has not seen are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FellBehind;

impl Subscriber {
    pub(super) const fn new(
        cache: Arc<KindCache>,
        filter: Filter,
        cursor: u64,
        ends: watch::Receiver<u64>,
    ) -> Self {
        Self { cache, filter, cursor, ends }
    }

    /// Waits for changes; the answer is the lines of all that are pending, within a bound.
    ///
    /// Cancel safe: the cursor passes a change of the watcher's concern only when its line is returned.
    pub(crate) async fn next(&mut self) -> Result<Bytes, FellBehind> {
        loop {
            self.ends.mark_unchanged();
            match self.pending()? {
                Pending::Lines(lines) => return Ok(lines),
                Pending::Skipped => tokio::task::consume_budget().await,
                Pending::Nothing => self.ends.changed().await.map_err(|_| FellBehind)?,
            }
        }
    }

    /// The revision up to which everything has been returned; `reached` is one that the cache is known to show.
    pub(crate) fn seen(&self, reached: Revision) -> Result<Revision, FellBehind> {
        let state = self.cache.read();
        let pending = state.window.since(self.cursor, 1).ok_or(FellBehind)?;
        Ok(match pending.first() {
            Some(next) => Revision(next.revision.0.saturating_sub(1)),
            None => reached.max(state.revision),
        })
    }

    fn pending(&mut self) -> Result<Pending, FellBehind> {
        let changes = self
            .cache
            .read()
            .window
            .since(self.cursor, BATCH)
            .ok_or(FellBehind)?;
        if changes.is_empty() {
            return Ok(Pending::Nothing);
        }
        let mut lines = Lines::default();
        let mut told = 0;
        for change in &changes {
            self.cursor += 1;
            let Some(sight) = change.seen_by(&self.filter) else { continue };
            told += 1;
            if lines.add(sight) >= CHUNK {
                break;
            }
        }
        self.cache.metrics().told(told);
        Ok(lines.finish().map_or(Pending::Skipped, Pending::Lines))
    }
}

enum Pending {
    Lines(Bytes),
    /// There were changes, but none of them for this watcher.
    Skipped,
    Nothing,
}

/// Lines on their way into one chunk: a single one is shared, several are joined.
#[derive(Default)]
struct Lines {
    first: Option<Sight>,
    joined: BytesMut,
}

impl Lines {
    /// Adds a line; the answer is the size of the chunk so far, as far as it is known.
    fn add(&mut self, sight: Sight) -> usize {
        if self.joined.is_empty() {
            match self.first.take() {
                None => {
                    self.first = Some(sight);
                    return 0;
                }
                Some(first) => first.write_line(&mut self.joined),
            }
        }
        sight.write_line(&mut self.joined);
        self.joined.len()
    }

    fn finish(self) -> Option<Bytes> {
        match self.first {
            Some(only) => Some(only.line()),
            None if self.joined.is_empty() => None,
            None => Some(self.joined.freeze()),
        }
    }
}
