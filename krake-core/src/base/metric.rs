//! Values that placement goes by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Metadata, Resource};

/// A metric for everybody.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "globalmetrics", scope = "global", crate = crate)]
pub struct GlobalMetric {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// Where its value comes from, and what it can be. The provider is a `GlobalMetricsProvider`.
    pub spec: MetricSpec,
}

/// A metric for one namespace.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "metrics", crate = crate)]
pub struct Metric {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// Where its value comes from, and what it can be. The provider is a `MetricsProvider` of the same namespace.
    pub spec: MetricSpec,
}

/// Where the value of a metric comes from, and what it can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricSpec {
    /// The values it can have; empty for any value in the range.
    pub allowed_values: Vec<i64>,
    /// The smallest value. Nothing keeps it below `max`: who divides by their difference has to look.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Where its value comes from.
    pub provider: MetricSource,
}

/// Where the value of a metric comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetricSource {
    /// The name of the provider; it need not exist.
    pub name: String,
    /// The name of the metric at the provider.
    pub metric: String,
}
