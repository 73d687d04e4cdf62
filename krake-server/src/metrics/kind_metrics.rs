//! What is counted for one kind.

use std::sync::atomic::{AtomicU64, Ordering};

use krake_core::Kind;

use super::RequestSeries;

/// The counts of a kind.
#[derive(Debug)]
pub(crate) struct KindMetrics {
    resource: RequestSeries,
    subresources: Vec<RequestSeries>,
    events: AtomicU64,
    fell_behind: AtomicU64,
}

impl KindMetrics {
    pub(crate) fn new(kind: &'static Kind, subresources: &[&'static str]) -> Self {
        let series = |subresource| RequestSeries::new(&kind.api, &kind.plural, subresource);
        Self {
            resource: series(""),
            subresources: subresources.iter().copied().map(series).collect(),
            events: AtomicU64::new(0),
            fell_behind: AtomicU64::new(0),
        }
    }

    /// Requests for resources of the kind, or for one of its subresources.
    pub(crate) fn requests_for(&self, subresource: Option<&str>) -> &RequestSeries {
        let named = |name| {
            self.subresources
                .iter()
                .find(|series| series.subresource == name)
        };
        subresource.and_then(named).unwrap_or(&self.resource)
    }

    /// Counts events that are told to one watcher.
    pub(crate) fn told(&self, events: usize) {
        self.events.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// Counts a watcher that fell behind.
    pub(crate) fn lost_watcher(&self) {
        self.fell_behind.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &RequestSeries> {
        std::iter::once(&self.resource).chain(&self.subresources)
    }

    pub(super) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    pub(super) fn fell_behind(&self) -> u64 {
        self.fell_behind.load(Ordering::Relaxed)
    }
}
