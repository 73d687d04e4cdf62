//! What every resource carries besides its own fields.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ResourceRef, Revision, Timestamp, Uid, schema};

/// The finalizer that the server puts on top of the stack at each deletion; the garbage collector removes it once no
/// dependents are left.
pub const CASCADE_DELETION: &str = "cascade_deletion";

/// Labels or annotations.
pub type Labels = BTreeMap<String, String>;

/// Identity and bookkeeping of a resource.
///
/// `uid`, `created`, `modified`, `deleted`, `generation` and `resource_version` are written by the server alone; what a
/// client sends in them is ignored, except that a sent `resource_version` makes the write conditional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The name, unique in its kind (and namespace). 1 to 255 letters, digits, `_`, and inside also `-`, `.`, `:`.
    #[schemars(schema_with = "schema::name")]
    pub name: String,
    /// The namespace; `null` for global kinds.
    #[serde(default)]
    #[schemars(schema_with = "schema::namespace")]
    pub namespace: Option<String>,
    /// What users select and constrain by.
    #[serde(default)]
    #[schemars(schema_with = "schema::labels")]
    pub labels: Labels,
    /// Whether labels of the resource it runs on count as its own.
    #[serde(default)]
    pub inherit_labels: bool,
    /// Who must clean up before a deleted resource goes: a stack, the last entry acts first.
    #[serde(default)]
    pub finalizers: Vec<String>,
    /// The instance's identity; another one when the name is taken again later.
    #[serde(default)]
    #[schemars(with = "Uid", extend("format" = "uuid"), transform = schema::read_only)]
    pub uid: Option<Uid>,
    /// When it was created.
    #[serde(default)]
    #[schemars(with = "Timestamp", transform = schema::read_only)]
    pub created: Option<Timestamp>,
    /// When it was last replaced by a user or controller; status writes do not count.
    #[serde(default)]
    #[schemars(with = "Timestamp", transform = schema::read_only)]
    pub modified: Option<Timestamp>,
    /// When its deletion began; it is never reset.
    #[serde(default)]
    #[schemars(transform = schema::read_only)]
    pub deleted: Option<Timestamp>,
    /// The resources this one depends on: it is deleted with them.
    #[serde(default)]
    pub owners: Vec<ResourceRef>,
    /// Free text for tools; not selectable.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// Counts the changes of what users want; metadata and status do not count.
    #[serde(default)]
    #[schemars(transform = schema::read_only)]
    pub generation: u64,
    /// The revision of the resource's last write; there is none before it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Revision", transform = schema::read_only)]
    pub resource_version: Option<Revision>,
}

impl Metadata {
    /// Metadata with a name and nothing else.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether the deletion has begun.
    pub const fn is_deleting(&self) -> bool {
        self.deleted.is_some()
    }

    /// Whether `finalizer` is on the stack.
    pub fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers.iter().any(|entry| entry == finalizer)
    }

    /// Whether `finalizer` is the one whose turn it is: the last on the stack.
    pub fn is_next_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers
            .last()
            .is_some_and(|entry| entry == finalizer)
    }
}
