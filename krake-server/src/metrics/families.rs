//! The families of metrics: their names, labels and meanings.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::{Histogram, RequestSeries, Sources};
use crate::watch_cache::{KindCache, Sizes};

type Label<'a> = (&'static str, &'a str);

/// Writes family after family.
pub(super) struct Families<'a>(DescriptorEncoder<'a>);

impl<'a> Families<'a> {
    pub(super) const fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    /// Everything.
    pub(super) fn show(&mut self, sources: &Sources) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        self.gauges("krake_server_build_info", "The version of the server", [(version, 1)])?;
        self.requests(sources)?;
        self.load(sources)?;
        self.connections(sources)?;
        self.watches(sources)?;
        self.caches(sources)?;
        self.store(sources)
    }

    fn requests(&mut self, sources: &Sources) -> fmt::Result {
        let series = || {
            let of_kinds = sources
                .caches
                .iter()
                .flat_map(|cache| cache.metrics().requests());
            of_kinds.chain(sources.recorder.requests())
        };
        let answers = series().flat_map(|series| {
            series.verbs().flat_map(move |(verb, answered)| {
                let labels = about(series, verb.name());
                let counts = answered.statuses();
                counts.map(move |(status, count)| (with(labels, ("status", status)), count))
            })
        });
        self.counters("krake_server_requests", "Answered requests", answers)?;
        let durations = series().flat_map(|series| {
            let of_verbs = series.verbs();
            of_verbs.map(move |(verb, answered)| (about(series, verb.name()), &answered.durations))
        });
        self.histograms(
            "krake_server_request_duration_seconds",
            "From the head of a request to the head of its answer",
            durations,
        )?;
        self.histograms(
            "krake_server_request_body_bytes",
            "Sizes of the bodies of requests",
            [([], &sources.recorder.bodies)],
        )
    }

    fn load(&mut self, sources: &Sources) -> fmt::Result {
        let load = &sources.load;
        let at_work = [("read", &load.reads), ("write", &load.writes)];
        let at_work = at_work.map(|(access, quota)| ([("access", access)], quota.taken()));
        self.gauges("krake_server_requests_in_flight", "Requests at work", at_work)?;
        self.gauges(
            "krake_server_request_bodies_held_bytes",
            "Memory taken by the bodies of requests",
            [([], load.bodies.taken())],
        )?;
        let refused = load
            .refusals()
            .map(|(limit, count)| ([("limit", limit)], count));
        self.counters(
            "krake_server_requests_refused",
            "Requests and watches refused because a limit was reached",
            refused,
        )
    }

    fn connections(&mut self, sources: &Sources) -> fmt::Result {
        let (accepted, open, refused) = sources.recorder.connections();
        self.gauges("krake_server_connections", "Open connections", [([], open)])?;
        self.counters(
            "krake_server_connections_accepted",
            "Connections accepted and served",
            [([], accepted)],
        )?;
        self.counters(
            "krake_server_connections_refused",
            "Connections closed at once because their address had too many",
            [([], refused)],
        )
    }

    fn watches(&mut self, sources: &Sources) -> fmt::Result {
        let kinds = || sources.caches.iter().map(|cache| (of(cache), cache));
        let open = kinds().map(|(labels, cache)| (labels, cache.sizes().watchers));
        self.gauges("krake_server_watches", "Open watches", open)?;
        self.counters(
            "krake_server_watch_events",
            "Events told to watchers, each watcher counted",
            kinds().map(|(labels, cache)| (labels, cache.metrics().events())),
        )?;
        self.counters(
            "krake_server_watches_fell_behind",
            "Watches that ended because their client was too slow",
            kinds().map(|(labels, cache)| (labels, cache.metrics().fell_behind())),
        )
    }

    fn caches(&mut self, sources: &Sources) -> fmt::Result {
        let sizes: Vec<_> = sources
            .caches
            .iter()
            .map(|cache| (of(cache), cache.sizes()))
            .collect();
        let of_each = |size: fn(&Sizes) -> usize| {
            sizes
                .iter()
                .map(move |(labels, sizes)| (*labels, size(sizes)))
        };
        let objects = of_each(|sizes| sizes.objects);
        self.gauges("krake_server_cache_objects", "Resources", objects)?;
        let changes = of_each(|sizes| sizes.changes);
        self.gauges(
            "krake_server_cache_window_changes",
            "Recent changes kept for watchers",
            changes,
        )?;
        let bytes = of_each(|sizes| sizes.change_bytes);
        self.gauges(
            "krake_server_cache_window_bytes",
            "Memory kept alive by the recent changes",
            bytes,
        )
    }

    fn store(&mut self, sources: &Sources) -> fmt::Result {
        let reached = sources.freshness.reached().unwrap_or_default();
        self.gauges(
            "krake_server_store_revision",
            "The revision of the store that reads and watches have reached",
            [([], reached.0)],
        )?;
        let commits = sources.recorder.commits();
        self.histograms(
            "krake_server_store_commit_duration_seconds",
            "Commits to the store, by how they ended",
            commits.map(|(outcome, durations)| ([("outcome", outcome.name())], durations)),
        )?;
        self.counters(
            "krake_server_write_retries",
            "Writes planned anew because somebody else was faster",
            [([], sources.recorder.retries())],
        )?;
        self.histograms(
            "krake_server_freshness_wait_seconds",
            "How long requests waited until the caches were as new as the store, if they had to",
            [([], &sources.recorder.freshness)],
        )
    }

    fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([Label<'static>; N], u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, samples, |metric, value| {
            metric.encode_counter::<NoLabelSet, u64, f64>(&value, None)
        })
    }

    fn gauges<const N: usize, V: TryInto<i64>>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([Label<'static>; N], V)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, samples, |metric, value| {
            metric.encode_gauge(&value.try_into().unwrap_or(i64::MAX))
        })
    }

    fn histograms<'h, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([Label<'static>; N], &'h Histogram)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, samples, |metric, histogram| {
            histogram.encode(metric)
        })
    }

    fn family<const N: usize, V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: impl IntoIterator<Item = ([Label<'static>; N], V)>,
        write: impl Fn(&mut MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in samples {
            if labels.is_empty() {
                write(&mut metric, value)?;
            } else {
                write(&mut metric.encode_family(&labels)?, value)?;
            }
        }
        Ok(())
    }
}

/// The labels of a kind.
fn of(cache: &KindCache) -> [Label<'static>; 2] {
    let kind = cache.kind();
    [("api", &kind.api), ("plural", &kind.plural)]
}

/// The labels of requests.
const fn about(series: &RequestSeries, verb: &'static str) -> [Label<'static>; 4] {
    [
        ("verb", verb),
        ("api", series.api),
        ("plural", series.plural),
        ("subresource", series.subresource),
    ]
}

const fn with(labels: [Label<'static>; 4], last: Label<'static>) -> [Label<'static>; 5] {
    let [a, b, c, d] = labels;
    [a, b, c, d, last]
}
