//! The recent changes of a kind, shared by all its watchers.

use std::collections::VecDeque;
use std::sync::Arc;

use krake_core::Revision;

use super::change::Change;

/// How much of the past a kind keeps for its watchers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowLimits {
    /// Changes.
    pub(crate) changes: usize,
    /// Bytes of encoded objects that the changes keep alive.
    pub(crate) bytes: usize,
}

/// A ring of changes; each has a sequence number that never repeats.
#[derive(Debug)]
pub(super) struct Window {
    limits: WindowLimits,
    changes: VecDeque<Arc<Change>>,
    /// Sequence number of the oldest change kept.
    first: u64,
    /// Everything after this revision is kept.
    complete_after: Revision,
    bytes: usize,
}

impl Window {
    /// An empty window; nothing is known of the time up to `revision`.
    pub(super) const fn after(revision: Revision, limits: WindowLimits) -> Self {
        Self { limits, changes: VecDeque::new(), first: 0, complete_after: revision, bytes: 0 }
    }

    /// Sequence number of the next change.
    pub(super) fn end(&self) -> u64 {
        self.first + self.changes.len() as u64
    }

    /// How many changes are kept.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// How many bytes the changes keep from being freed, more or less.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a change, and forgets the oldest beyond the limits.
    pub(super) fn push(&mut self, change: Change) {
        self.bytes += change.size();
        self.changes.push_back(Arc::new(change));
        while self.changes.len() > self.limits.changes || self.bytes > self.limits.bytes {
            let Some(oldest) = self.changes.pop_front() else { return };
            self.bytes -= oldest.size();
            self.first += 1;
            self.complete_after = oldest.revision;
        }
    }

    /// Forgets everything; the past is unknown up to `revision`, and every watcher has missed something.
    pub(super) fn forget(&mut self, revision: Revision) {
        self.first = self.end() + 1;
        self.changes.clear();
        self.bytes = 0;
        self.complete_after = revision;
    }

    /// Sequence number of the first change after `revision`; `None` if some of them are forgotten.
    pub(super) fn cursor_after(&self, revision: Revision) -> Option<u64> {
        if revision < self.complete_after {
            return None;
        }
        let passed = self
            .changes
            .partition_point(|change| change.revision <= revision);
        Some(self.first + passed as u64)
    }

    /// Up to `limit` changes from `cursor` on; `None` if some of them are forgotten.
    pub(super) fn since(&self, cursor: u64, limit: usize) -> Option<Vec<Arc<Change>>> {
        let skip = usize::try_from(cursor.checked_sub(self.first)?).ok()?;
        Some(
            self.changes
                .iter()
                .skip(skip)
                .take(limit)
                .cloned()
                .collect(),
        )
    }
}
