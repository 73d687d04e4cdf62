//! Projects of an OpenStack cloud.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::MetricRef;
use crate::input::polymorphic::polymorphic;
use crate::{Metadata, Reason, Resource};

/// An OpenStack project that Magnum clusters can be made in.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "openstack", plural = "projects", crate = crate)]
pub struct Project {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is reached.
    pub spec: ProjectSpec,
    /// How it is.
    pub status: ProjectStatus,
}

/// How a project is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectSpec {
    /// The Keystone endpoint.
    #[schemars(example = "https://keystone.example.com:5000/v3")]
    pub url: String,
    /// Who asks.
    pub auth: ProjectAuth,
    /// The id of the Magnum template that clusters are made from.
    pub template: String,
    /// What it is scored by.
    #[serde(default)]
    pub metrics: Vec<MetricRef>,
}

polymorphic! {
    /// Who asks the OpenStack cloud: `{"type": "password", "password": {…}}`. Holds secrets.
    pub enum ProjectAuth {
        /// A user with a password.
        "password" => Password(PasswordAuth),
        /// An application credential.
        "application_credential" => ApplicationCredential(ApplicationCredential),
    }
}

/// A user with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasswordAuth {
    /// The user.
    pub user: ProjectUser,
    /// The project.
    pub project: ProjectRef,
}

/// A user of OpenStack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectUser {
    /// The id of the user.
    pub id: String,
    /// The password. Secret.
    #[schemars(extend("format" = "password"))]
    pub password: String,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A project as OpenStack knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectRef {
    /// The id of the project.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
}

/// An application credential, which belongs to a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationCredential {
    /// Its id.
    pub id: String,
    /// Its secret.
    #[schemars(extend("format" = "password"))]
    pub secret: String,
}

/// How a project is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProjectStatus {
    /// Whether it can be used.
    pub state: ProjectState,
    /// Which metrics could not be read, and why.
    pub metrics_reasons: BTreeMap<String, Reason>,
}

/// Whether a project can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ProjectState {
    /// Nothing is known to be wrong.
    #[default]
    Online,
    /// A metric it is scored by cannot be read.
    FailingMetrics,
}
