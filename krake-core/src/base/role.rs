//! Who may do what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Metadata, Resource};

/// A set of permissions; nothing is ever forbidden by one.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "roles", scope = "global", crate = crate)]
pub struct Role {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// What it permits: whatever one of them permits.
    pub rules: Vec<RoleRule>,
}

/// Operations that are permitted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleRule {
    /// The API of the resources; empty for every API.
    pub api: String,
    /// Plurals of kinds, or `plural/subresource`; an empty one stands for all.
    pub resources: Vec<String>,
    /// Namespaces of the resources; an empty one stands for all.
    pub namespaces: Vec<String>,
    /// What may be done to them.
    pub verbs: Vec<Verb>,
}

/// What can be done to resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "these are the operations of the API")]
pub enum Verb {
    /// Create one.
    Create,
    /// List or watch some.
    List,
    /// Kept for compatibility: never asked for, [`Verb::List`] covers all namespaces.
    ListAll,
    /// Read one.
    Get,
    /// Change one or a subresource of it.
    Update,
    /// Delete one.
    Delete,
}

/// Which users have which roles.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "core", plural = "rolebindings", scope = "global", crate = crate)]
pub struct RoleBinding {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// The names of the users.
    pub users: Vec<String>,
    /// The names of the roles; those that do not exist permit nothing.
    pub roles: Vec<String>,
}
