//! Which object is meant.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::ResourceType;
use crate::object::Fields;

/// Kind, namespace and name of an object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectKey {
    pub(crate) kind: Arc<ResourceType>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl ObjectKey {
    pub(crate) fn new(kind: &Arc<ResourceType>, namespace: Option<&str>, name: &str) -> Self {
        Self {
            kind: Arc::clone(kind),
            namespace: namespace.filter(|_| kind.namespaced).map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// The key of an object whose metadata is complete.
    pub(crate) fn of(kind: &Arc<ResourceType>, object: &Value) -> Self {
        Self::new(kind, Some(object.namespace()), object.name())
    }

    /// The object's key in the store.
    pub(crate) fn path(&self) -> String {
        let mut path = self.kind.prefix_in(self.namespace.as_deref());
        path.push_str(&self.name);
        path
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}
