//! How a resource of a cluster is addressed.

use std::fmt;

use krake_core::kubernetes::InventoryItem;
use kube::core::GroupVersionKind;
use kube::discovery::{ApiCapabilities, ApiResource, Scope};

/// The full name of a kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindName {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
}

impl KindName {
    /// The kind that the `apiVersion` and `kind` of a manifest name.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// The kind of something that was applied.
    pub fn of(item: &InventoryItem) -> Self {
        Self { group: item.group.clone(), version: item.version.clone(), kind: item.kind.clone() }
    }

    pub(super) fn to_kube(&self) -> GroupVersionKind {
        GroupVersionKind::gvk(&self.group, &self.version, &self.kind)
    }
}

impl fmt::Display for KindName {
    /// `apps/v1/Deployment`, `v1/Pod`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{}/{}", self.version, self.kind)
    }
}

/// Where resources of a kind are found on a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What requests are made of.
    pub resource: ApiResource,
    /// Whether the resources live in namespaces of the cluster.
    pub is_namespaced: bool,
}

impl Place {
    /// The place of a kind whose plural and scope are known without asking the cluster.
    pub fn new(kind: &KindName, plural: &str, is_namespaced: bool) -> Self {
        let resource = ApiResource::from_gvk_with_plural(&kind.to_kube(), plural);
        Self { resource, is_namespaced }
    }
}

impl From<(ApiResource, ApiCapabilities)> for Place {
    fn from((resource, capabilities): (ApiResource, ApiCapabilities)) -> Self {
        Self { resource, is_namespaced: capabilities.scope == Scope::Namespaced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_group_has_no_name() {
        assert_eq!(KindName::new("v1", "Pod").to_string(), "v1/Pod");
        let deployment = KindName::new("apps/v1", "Deployment");
        assert_eq!((deployment.group.as_str(), deployment.version.as_str()), ("apps", "v1"));
        assert_eq!(deployment.to_string(), "apps/v1/Deployment");
    }
}
