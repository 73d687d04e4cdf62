//! What is counted for one kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use krake_core::Kind;

use super::RequestSeries;

/// The counts of a kind.
#[derive(Debug)]
pub(crate) struct KindMetrics {
    resource: Arc<RequestSeries>,
    subresources: Vec<Arc<RequestSeries>>,
    events: AtomicU64,
    fell_behind: AtomicU64,
}

impl KindMetrics {
    pub(crate) fn new(kind: &'static Kind, subresources: &[&'static str]) -> Self {
        let series =
            |subresource| Arc::new(RequestSeries::new(&kind.api, &kind.plural, subresource));
        Self {
            resource: series(""),
            subresources: subresources.iter().copied().map(series).collect(),
            events: AtomicU64::new(0),
            fell_behind: AtomicU64::new(0),
        }
    }

    /// Requests for resources of the kind.
    pub(crate) const fn resource(&self) -> &Arc<RequestSeries> {
        &self.resource
    }

    /// Requests for a subresource.
    pub(crate) fn subresource(&self, name: &str) -> &Arc<RequestSeries> {
        let named = self
            .subresources
            .iter()
            .find(|series| series.subresource == name);
        named.unwrap_or(&self.resource)
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
        std::iter::once(&self.resource)
            .chain(&self.subresources)
            .map(|series| &**series)
    }

    pub(super) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    pub(super) fn fell_behind(&self) -> u64 {
        self.fell_behind.load(Ordering::Relaxed)
    }
}
