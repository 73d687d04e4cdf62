//! References from one resource to another.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Key, Kind, ObjectExt};

/// The identity of one instance: a deleted resource that is created again under its old name has another one.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Uid(pub Arc<str>);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to a resource of any kind.
///
/// Its `uid` pins one instance; without it the reference means whatever bears the name.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ResourceRef {
    /// The API group.
    pub api: String,
    /// The namespace; `null` for global kinds.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The type name.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The instance, if one certain instance is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
}

impl ResourceRef {
    /// A reference to whatever bears `key`.
    pub fn to_key(kind: &Kind, key: &Key) -> Self {
        Self {
            api: kind.api.to_string(),
            namespace: key.namespace.as_deref().map(str::to_owned),
            kind: kind.kind.to_string(),
            name: key.name.to_string(),
            uid: None,
        }
    }

    /// The key of the referenced resource within its kind.
    pub fn key(&self) -> Key {
        Key { namespace: self.namespace.as_deref().map(Arc::from), name: self.name.as_str().into() }
    }

    /// Whether the referenced resource is of this kind.
    pub fn is_kind(&self, kind: &Kind) -> bool {
        self.api == kind.api && self.kind == kind.kind
    }

    /// Whether both name the same resource, whatever instances they pin.
    pub fn same_name(&self, other: &Self) -> bool {
        self.api == other.api
            && self.kind == other.kind
            && self.namespace == other.namespace
            && self.name == other.name
    }

    /// Whether this reference means `object`: same kind and name, and the same instance if one is pinned.
    pub fn refers_to(&self, object: &(impl ObjectExt + ?Sized)) -> bool {
        let target = object.to_ref();
        self.same_name(&target)
            && self
                .uid
                .as_ref()
                .is_none_or(|uid| Some(uid) == target.uid.as_ref())
    }
}

impl fmt::Display for ResourceRef {
    /// `kubernetes/Cluster testing/minikube`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}", self.api, self.kind, self.key())
    }
}
