//! What is counted for the server as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::{Histogram, RequestSeries};

/// Paths that are no resources.
const PATHS: [&str; 7] =
    ["/", "/me", "/release", "/healthz", "/readyz", "/metrics", "/openapi.json"];

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitOutcome {
    Done,
    /// Somebody else was faster.
    Refused,
    Failed,
    /// Nobody waited for its end: it was committed, or it was not.
    Abandoned,
}

impl CommitOutcome {
    const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::Abandoned];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The counts that belong to no kind.
#[derive(Debug)]
pub(crate) struct Recorder {
    of_paths: [RequestSeries; PATHS.len()],
    unknown: RequestSeries,
    commits: [Histogram; CommitOutcome::ALL.len()],
    /// How long reads waited until the caches were as new as the store, if they had to.
    pub(crate) freshness: Histogram,
    /// The sizes of request bodies.
    pub(crate) bodies: Histogram,
    retries: AtomicU64,
    connections_opened: AtomicU64,
    connections_closed: AtomicU64,
    connections_refused: AtomicU64,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            of_paths: PATHS.map(|path| RequestSeries::new("", "", path)),
            unknown: RequestSeries::new("", "", ""),
            commits: CommitOutcome::ALL.map(|_| Histogram::of_durations()),
            freshness: Histogram::of_durations(),
            bodies: Histogram::of_sizes(),
            retries: AtomicU64::new(0),
            connections_opened: AtomicU64::new(0),
            connections_closed: AtomicU64::new(0),
            connections_refused: AtomicU64::new(0),
        }
    }

    /// Requests for a path that is no resource; paths that do not exist count as one.
    pub(crate) fn path(&self, path: Option<&str>) -> &RequestSeries {
        let index = PATHS.iter().position(|known| Some(*known) == path);
        index.map_or(&self.unknown, |index| &self.of_paths[index])
    }

    /// Counts a commit that begins now.
    pub(crate) fn commit(&self) -> Commit<'_> {
        Commit { recorder: self, begin: Instant::now(), outcome: CommitOutcome::Abandoned }
    }

    /// Counts a write that is planned anew.
    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection, until what this answers is dropped.
    pub(crate) fn connection(self: &Arc<Self>) -> OpenConnection {
        self.connections_opened.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(self))
    }

    /// Counts a connection that is closed at once.
    pub(crate) fn refused_connection(&self) {
        self.connections_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &RequestSeries> {
        self.of_paths.iter().chain([&self.unknown])
    }

    pub(super) fn commits(&self) -> impl Iterator<Item = (CommitOutcome, &Histogram)> {
        CommitOutcome::ALL.into_iter().zip(&self.commits)
    }

    pub(super) fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Connections that were accepted, are open, and were closed at once.
    pub(super) fn connections(&self) -> (u64, u64, u64) {
        let closed = self.connections_closed.load(Ordering::Relaxed);
        let opened = self.connections_opened.load(Ordering::Relaxed);
        let refused = self.connections_refused.load(Ordering::Relaxed);
        (opened, opened.saturating_sub(closed), refused)
    }
}

/// A commit under way; it is counted when this is dropped.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    recorder: &'a Recorder,
    begin: Instant,
    outcome: CommitOutcome,
}

impl Commit<'_> {
    /// The commit has ended.
    pub(crate) fn ended(mut self, outcome: CommitOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        self.recorder.commits[self.outcome as usize].record_duration(self.begin.elapsed());
    }
}

/// A connection that counts as open.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<Recorder>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections_closed.fetch_add(1, Ordering::Relaxed);
    }
}
