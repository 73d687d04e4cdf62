//! What the server knows about one kind.

use serde_json::Value;

/// One kind in one version: everything generic code needs to serve it.
#[derive(Clone, Debug)]
pub(crate) struct ResourceType {
    /// `""` is the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) served: Served,
    /// Only for custom kinds.
    pub(crate) columns: Vec<PrinterColumn>,
    /// The OpenAPI schema of a custom kind, null when there is none.
    pub(crate) schema: Value,
}

/// What beyond plain CRUD is served for a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Served {
    /// The `status` subresource: spec and status have two pens.
    pub(crate) status: bool,
    /// The `scale` subresource.
    pub(crate) scale: bool,
    /// The kind comes from a custom resource definition.
    pub(crate) custom: bool,
}

/// An additional column of a custom kind.
#[derive(Clone, Debug)]
pub(crate) struct PrinterColumn {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) priority: i64,
}

impl ResourceType {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group.
    pub(crate) fn qualified(&self) -> String {
        qualify(&self.plural, &self.group)
    }

    /// `Deployment.apps`, or `Pod` for the core group.
    pub(crate) fn qualified_kind(&self) -> String {
        qualify(&self.kind, &self.group)
    }

    /// Whether it is this kind of the core group.
    pub(crate) fn is_core(&self, kind: &str) -> bool {
        self.group.is_empty() && self.kind == kind
    }

    /// Whether it describes custom kinds.
    pub(crate) fn is_definition(&self) -> bool {
        self.group == "apiextensions.k8s.io" && self.kind == "CustomResourceDefinition"
    }

    /// Whether objects of the kind count changes of their spec.
    pub(crate) fn has_generation(&self) -> bool {
        self.served.custom || (self.served.status && !self.group.is_empty())
    }

    /// The start of the store keys of all objects of the kind.
    pub(crate) fn prefix(&self) -> String {
        let group = if self.group.is_empty() { "core" } else { &self.group };
        format!("/registry/{group}/{}/", self.plural)
    }

    /// The start of the store keys of the objects in a namespace, or of all of them.
    pub(crate) fn prefix_in(&self, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) => format!("{}{namespace}/", self.prefix()),
            None => self.prefix(),
        }
    }
}

fn qualify(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}
