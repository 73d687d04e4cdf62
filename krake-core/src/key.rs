//! What tells resources of one kind apart.

use std::fmt;
use std::sync::Arc;

/// Namespace and name of a resource, within one kind.
///
/// Cheap to clone; ordered by namespace, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace; `None` for global kinds.
    pub namespace: Option<Arc<str>>,
    /// The name.
    pub name: Arc<str>,
}

impl Key {
    /// The key of a resource in a namespace.
    pub fn namespaced(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// The key of a resource of a global kind.
    pub fn global(name: impl Into<Arc<str>>) -> Self {
        Self { namespace: None, name: name.into() }
    }
}

impl fmt::Display for Key {
    /// `namespace/name`, or just the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}
