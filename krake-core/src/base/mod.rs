//! The kinds of the API `core`, on which the others build: who may do what, and the metrics that placement goes by.
//!
//! The module is not called `core`, like the API, because that is the name of Rust's own foundation.

mod metric;
mod metric_ref;
mod metrics_provider;
mod role;

pub use metric::{GlobalMetric, Metric, MetricSource, MetricSpec};
pub use metric_ref::MetricRef;
pub use metrics_provider::{
    GlobalMetricsProvider, InfluxProvider, KafkaProvider, MetricsProvider, MetricsProviderSpec,
    PrometheusProvider, StaticProvider,
};
pub use role::{Role, RoleBinding, RoleRule, Verb};
