//! Where values of metrics come from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::polymorphic::polymorphic;
use crate::{Metadata, Resource};

/// A metrics provider for everybody.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "globalmetricsproviders", scope = "global", crate = crate)]
pub struct GlobalMetricsProvider {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is asked.
    pub spec: MetricsProviderSpec,
}

/// A metrics provider for one namespace.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "metricsproviders", crate = crate)]
pub struct MetricsProvider {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is asked.
    pub spec: MetricsProviderSpec,
}

polymorphic! {
    /// How a metrics provider is asked: `{"type": "prometheus", "prometheus": {…}}`.
    pub enum MetricsProviderSpec {
        /// A Prometheus server.
        "prometheus" => Prometheus(PrometheusProvider),
        /// An Influx server.
        "influx" => Influx(InfluxProvider),
        /// A KSQL server in front of Kafka.
        "kafka" => Kafka(KafkaProvider),
        /// Nobody: the values are given.
        "static" => Static(StaticProvider),
    }
}

/// A Prometheus server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrometheusProvider {
    /// Where it is.
    #[schemars(example = "http://prometheus.example.com:9090")]
    pub url: String,
}

/// An Influx server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InfluxProvider {
    /// Where it is.
    #[schemars(example = "http://influx.example.com:8086")]
    pub url: String,
    /// The access token. Secret.
    #[schemars(extend("format" = "password"))]
    pub token: String,
    /// The organisation.
    pub org: String,
    /// The bucket that holds the values.
    pub bucket: String,
}

/// A KSQL server in front of Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KafkaProvider {
    /// The column that holds the names of metrics.
    pub comparison_column: String,
    /// The column that holds their values.
    pub value_column: String,
    /// The table.
    pub table: String,
    /// Where the server is.
    #[schemars(example = "http://ksql.example.com:8088")]
    pub url: String,
}

/// Values that never change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaticProvider {
    /// The value of each metric.
    pub metrics: BTreeMap<String, f64>,
}
