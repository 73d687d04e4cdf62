//! References to metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric that something is scored by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricRef {
    /// The name of the metric.
    pub name: String,
    /// How much it counts.
    pub weight: f64,
    /// Whether it is a `Metric` of the same namespace instead of a `GlobalMetric`.
    #[serde(default)]
    pub namespaced: bool,
}
