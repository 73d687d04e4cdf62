//! What a server counts and measures, and how it tells.
//!
//! Recording is a few relaxed atomic additions on what the route of a request has led to: no lock, no look-up by label, and no
//! allocation after the first request of its sort. What can be read off the server itself, such as the size of its caches, is
//! read when somebody asks.

mod exposition;
mod families;
mod histogram;
mod kind_metrics;
mod recorder;
mod request_series;

pub use exposition::ServerMetrics;
pub(crate) use exposition::{Sources, TextFormat};
pub(crate) use histogram::Histogram;
pub(crate) use kind_metrics::KindMetrics;
pub(crate) use recorder::{CommitOutcome, Recorder};
pub(crate) use request_series::{RequestSeries, RequestVerb};
