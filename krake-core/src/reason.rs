//! Why something is in the state it is in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a resource is not as its user wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The class of the failure.
    pub code: ReasonCode,
    /// What happened, for a person.
    pub message: String,
}

impl Reason {
    /// A reason of this class.
    pub fn new(code: ReasonCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Classes of failures; the names are what the API carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ReasonCode {
    /// A defect of a controller.
    InternalError,
    /// A manifest that lacks a required field.
    InvalidResource,
    /// A kind that the cluster does not serve.
    UnsupportedResource,
    /// A custom resource whose definition cannot be read.
    InvalidCustomResource,
    /// A TOSCA template or CSAR archive that cannot be translated.
    InvalidToscaManifest,
    /// The cluster does not answer.
    ClusterNotReachable,
    /// Nothing fulfils the constraints.
    NoSuitableResource,
    /// The cluster refused a request.
    KubernetesError,
    /// A cluster could not be created.
    CreateFailed,
    /// A cluster could not be brought to the wanted state.
    ReconcileFailed,
    /// A cluster could not be configured.
    ReconfigureFailed,
    /// A cluster could not be deleted.
    DeleteFailed,
    /// The state of a cluster could not be read.
    RetrieveFailed,
    /// A referenced resource does not exist.
    NotFound,
    /// OpenStack refused a request.
    OpenstackError,
    /// A Magnum template that cannot be used.
    InvalidClusterTemplate,
    /// A metric whose value is not allowed.
    InvalidMetric,
    /// A metrics provider that does not answer.
    UnreachableMetricsProvider,
    /// A metric that does not exist.
    UnknownMetric,
    /// A metrics provider that does not exist.
    UnknownMetricsProvider,
}
