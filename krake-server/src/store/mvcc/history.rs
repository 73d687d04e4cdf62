//! The recent commits, and the states between them.

use std::collections::VecDeque;
use std::mem::size_of;

use krake_core::Revision;

use super::{Committed, Snapshot};
use crate::store::Event;

/// How much history a store keeps for watches that resume and for reads as of an older revision.
///
/// History beyond either bound is forgotten, oldest first, in steps of up to a 64th of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Events that stay available at the least, unless `bytes` is reached before.
    pub events: usize,
    /// Bytes of their keys and values, with a small constant for each event.
    pub bytes: usize,
}

impl Default for Window {
    /// 100,000 events, 128 MiB.
    fn default() -> Self {
        Self { events: 100_000, bytes: 128 << 20 }
    }
}

/// More spans than this in a window make dropping finer, but keep more copies of tree nodes alive.
const SPANS: usize = 64;

/// A read as of an older revision repeats at most about this many events.
const SPAN_EVENTS: usize = 256;

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    events: usize,
    bytes: usize,
}

impl Size {
    fn of(commit: &Committed) -> Self {
        let bytes = commit.events.iter().map(|event| {
            let (Event::Put { entry } | Event::Delete { last: entry, .. }) = event;
            entry.key.len() + entry.value.len() + size_of::<Event>()
        });
        Self { events: commit.events.len(), bytes: bytes.sum() }
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.bytes += other.bytes;
    }

    fn subtract(&mut self, other: Self) {
        self.events -= other.events;
        self.bytes -= other.bytes;
    }

    fn reaches(self, window: Window) -> bool {
        self.events >= window.events || self.bytes >= window.bytes
    }
}

/// A full state and the commits that follow it: the granule in which history is forgotten.
#[derive(Debug)]
pub(crate) struct Span {
    start: Snapshot,
    commits: Vec<Committed>,
    size: Size,
}

impl Span {
    fn new(start: Snapshot) -> Self {
        Self { start, commits: Vec::new(), size: Size::default() }
    }

    /// Where the commits after `revision` begin. Revisions inside a span have no gaps.
    fn after(&self, revision: Revision) -> &[Committed] {
        let begin = self
            .commits
            .partition_point(|commit| commit.revision <= revision);
        &self.commits[begin..]
    }
}

/// The commits since an oldest state.
#[derive(Debug)]
pub(crate) struct History {
    window: Window,
    /// Never empty, ascending; each span starts with the state in which the one before ends.
    spans: VecDeque<Span>,
    size: Size,
    compacted: Revision,
}

impl History {
    /// History that begins with the given state.
    pub(crate) fn new(start: Snapshot, window: Window) -> Self {
        let compacted = start.revision();
        Self { window, spans: VecDeque::from([Span::new(start)]), size: Size::default(), compacted }
    }

    /// The oldest revision whose state is known, and after which all commits are.
    pub(crate) const fn oldest(&self) -> Revision {
        self.compacted
    }

    /// Adds commits that follow `before`; answers what fell out of the window, for the caller to drop outside its locks.
    #[must_use]
    pub(crate) fn record(&mut self, before: &Snapshot, commits: Vec<Committed>) -> Vec<Span> {
        if self.last().size.reaches(self.span_limit()) {
            self.spans.push_back(Span::new(before.clone()));
        }
        let mut added = Size::default();
        for commit in &commits {
            added.add(Size::of(commit));
        }
        let last = self.spans.back_mut().expect("history has a span");
        last.size.add(added);
        last.commits.extend(commits);
        self.size.add(added);
        self.shrink()
    }

    /// Forgets what is older than `through`, which `current` must have reached.
    #[must_use]
    pub(crate) fn compact(&mut self, through: Revision, current: &Snapshot) -> Vec<Span> {
        self.compacted = self.compacted.max(through);
        if self.compacted == current.revision() && !self.last().commits.is_empty() {
            self.spans.push_back(Span::new(current.clone()));
        }
        let mut dropped = Vec::new();
        while self
            .spans
            .get(1)
            .is_some_and(|next| next.start.revision() <= self.compacted)
        {
            dropped.extend(self.drop_oldest());
        }
        dropped
    }

    /// Whole commits after `revision`, oldest first, until they have `limit` events or more. Meaningful from
    /// [`oldest`](Self::oldest) on.
    pub(crate) fn since(&self, revision: Revision, limit: usize) -> Vec<Committed> {
        let mut events = 0;
        let spans = self.spans.range(self.covering(revision)..);
        spans
            .flat_map(|span| span.after(revision))
            .take_while(|commit| {
                let wanted = events < limit;
                events += commit.events.len();
                wanted
            })
            .cloned()
            .collect()
    }

    /// A state not newer than `revision`, and the commits that lead from it to there.
    pub(crate) fn at(&self, revision: Revision) -> (Snapshot, Vec<Committed>) {
        let span = &self.spans[self.covering(revision)];
        let end = span
            .commits
            .partition_point(|commit| commit.revision <= revision);
        (span.start.clone(), span.commits[..end].to_vec())
    }

    /// The index of the last span that starts at or before `revision`.
    fn covering(&self, revision: Revision) -> usize {
        self.spans
            .partition_point(|span| span.start.revision() <= revision)
            .saturating_sub(1)
    }

    fn last(&self) -> &Span {
        self.spans.back().expect("history has a span")
    }

    fn span_limit(&self) -> Window {
        Window {
            events: (self.window.events / SPANS).clamp(1, SPAN_EVENTS),
            bytes: (self.window.bytes / SPANS).max(1),
        }
    }

    fn shrink(&mut self) -> Vec<Span> {
        let mut dropped = Vec::new();
        while let [oldest, _, ..] = self.spans.make_contiguous() {
            let mut rest = self.size;
            rest.subtract(oldest.size);
            if !rest.reaches(self.window) {
                break;
            }
            dropped.extend(self.drop_oldest());
        }
        dropped
    }

    fn drop_oldest(&mut self) -> Option<Span> {
        let oldest = self.spans.pop_front()?;
        self.size.subtract(oldest.size);
        let start = self
            .spans
            .front()
            .map_or(self.compacted, |span| span.start.revision());
        self.compacted = self.compacted.max(start);
        Some(oldest)
    }
}
