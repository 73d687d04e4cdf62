//! Binding an application to a cluster, and why that cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ResourceRef;
use crate::request_body::request_body;

request_body! {
    /// The body of the `binding` subresource of an application.
    pub struct ClusterBinding: "kubernetes" {
        /// Where the application is to run.
        pub cluster: ResourceRef,
        /// How the choice was made; kept in the status of the application.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub decision: Option<Decision>,
    }
}

/// The record of a placement decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Every cluster that was looked at, by name.
    pub verdicts: Vec<Verdict>,
}

/// What a placement decision found about one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The name of the cluster, in the namespace of the application.
    pub cluster: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for a person.
    pub reason: String,
}

/// What becomes of a cluster in a placement decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::exhaustive_enums, reason = "a cluster cannot run it, could, or will")]
pub enum Outcome {
    /// It cannot run the application.
    Rejected,
    /// It could, but another one was better.
    Feasible,
    /// It was chosen.
    Chosen,
}
