//! The kinds of the `kubernetes` API: applications, and the clusters they run on.

mod application;
mod application_status;
mod binding;
mod cluster;
mod hook;
mod kubeconfig;
mod manifest;
mod observer_schema;
mod registration;
mod tosca;

pub use application::{
    Application, ApplicationConstraints, ApplicationSpec, ClusterConstraints, Tosca,
};
pub use application_status::{
    ApplicationState, ApplicationStatus, ClusterInventory, ContainerHealth, InventoryItem,
};
pub use binding::{ClusterBinding, Decision, Outcome, Verdict};
pub use cluster::{
    CloudConstraints, Cluster, ClusterNode, ClusterNodeCondition, ClusterNodeMetadata,
    ClusterNodeStatus, ClusterSpec, ClusterState, ClusterStatus, PlacementConstraints,
};
pub use hook::{Complete, Shutdown};
pub use registration::{Registration, RegistrationError};

/// A free-form JSON object, kept as the user wrote it.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
