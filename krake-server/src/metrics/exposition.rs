//! Telling what was counted.

use std::fmt::{self, Write};
use std::sync::Arc;

use http::HeaderMap;
use http::header::ACCEPT;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use super::Recorder;
use super::families::Families;
use crate::load::ServerLoad;
use crate::watch_cache::{Freshness, KindCache};

/// The metrics of a server. Cheap to clone.
///
/// `GET /metrics` shows them. A program with an exporter of its own registers them there: they are a [`Collector`] of
/// `prometheus_client`. The guide to the server has the table of all names; they and their labels are part of the interface.
#[derive(Clone)]
pub struct ServerMetrics {
    sources: Arc<Sources>,
    registry: Arc<Registry>,
}

/// Where the numbers come from.
pub(crate) struct Sources {
    pub(crate) caches: Vec<Arc<KindCache>>,
    pub(crate) load: Arc<ServerLoad>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) freshness: Freshness,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// A text format for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    /// Version 0.0.4 of the format of Prometheus, which everybody understands.
    Prometheus,
    /// `OpenMetrics` 1.0, for whoever asks for it.
    OpenMetrics,
}

impl TextFormat {
    /// What the sender of a request with these headers wants.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter();
        let mut accepted = accepted.filter_map(|value| value.to_str().ok());
        if accepted.any(|types| types.contains("application/openmetrics-text")) {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }
}

impl ServerMetrics {
    /// The metrics of a server, and those of `others` beside them.
    pub(crate) fn new(sources: Sources, others: Vec<Box<dyn Collector>>) -> Self {
        let sources = Arc::new(sources);
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Arc::clone(&sources)));
        for collector in others {
            registry.register_collector(collector);
        }
        Self { sources, registry: Arc::new(registry) }
    }

    /// What `GET /metrics` shows: all metrics, and those of the collectors that the server was given, in the text format of
    /// Prometheus.
    ///
    /// # Errors
    /// When a collector that the server was given fails.
    pub fn text(&self) -> Result<String, fmt::Error> {
        self.text_in(TextFormat::Prometheus)
    }

    /// Where the numbers come from, and go to.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn text_in(&self, format: TextFormat) -> Result<String, fmt::Error> {
        let mut shown = String::new();
        text::encode(&mut shown, &self.registry)?;
        match format {
            TextFormat::OpenMetrics => Ok(shown),
            TextFormat::Prometheus => without_open_metrics(&shown),
        }
    }
}

/// Shows the metrics of the server, without those of the collectors that it was given.
impl Collector for ServerMetrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.sources.encode(encoder)
    }
}

impl fmt::Debug for ServerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerMetrics").finish_non_exhaustive()
    }
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        Families::new(encoder).show(self)
    }
}

/// The same metrics in the older format: families are called as their samples, units and exemplars have no place, and some types
/// have other names.
fn without_open_metrics(shown: &str) -> Result<String, fmt::Error> {
    let mut out = String::with_capacity(shown.len());
    let mut help = None;
    for line in shown.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (family, kind) = rest.split_once(' ').unwrap_or((rest, "untyped"));
            let (suffix, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                "stateset" => ("", "gauge"),
                "unknown" => ("", "untyped"),
                other => ("", other),
            };
            if let Some((_, help)) = help.take() {
                writeln!(out, "# HELP {family}{suffix} {help}")?;
            }
            writeln!(out, "# TYPE {family}{suffix} {kind}")?;
        } else if !line.starts_with('#') {
            let sample = line.split_once(" # {").map_or(line, |(sample, _)| sample);
            writeln!(out, "{sample}")?;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_format_says_the_same() {
        let shown = "# HELP a What a is.\n# TYPE a counter\na_total{x=\"1\"} 5 # {id=\"7\"} 1.0\n\
            # HELP b_seconds What b is.\n# TYPE b_seconds gauge\n# UNIT b_seconds seconds\nb_seconds 2\n\
            # HELP c What c is.\n# TYPE c info\nc_info{y=\"z\"} 1\n# EOF\n";
        assert_eq!(
            without_open_metrics(shown).unwrap(),
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total{x=\"1\"} 5\n\
             # HELP b_seconds What b is.\n# TYPE b_seconds gauge\nb_seconds 2\n\
             # HELP c_info What c is.\n# TYPE c_info gauge\nc_info{y=\"z\"} 1\n"
        );
    }
}
