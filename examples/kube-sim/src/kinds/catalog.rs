//! The served kinds as a whole.

use std::sync::Arc;

use serde_json::Value;

use super::{ResourceType, builtin, custom};

/// All served kinds. A change makes a new catalog, so that a request sees one state.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    types: Vec<Arc<ResourceType>>,
}

impl Catalog {
    /// The kinds that need no definition.
    pub(crate) fn builtin() -> Self {
        Self { types: builtin::types().map(Arc::new).collect() }
    }

    /// This catalog with the kinds of a definition, in place of those it had before.
    pub(crate) fn with_definition(&self, definition: &Value) -> Self {
        let added = custom::types(definition);
        let mut catalog = self.without_definition(definition);
        catalog.types.extend(added.into_iter().map(Arc::new));
        catalog
    }

    /// This catalog without the kinds of a definition.
    pub(crate) fn without_definition(&self, definition: &Value) -> Self {
        let group = &definition["spec"]["group"];
        let plural = &definition["spec"]["names"]["plural"];
        let belongs = |kind: &ResourceType| {
            kind.served.custom && *group == *kind.group && *plural == *kind.plural
        };
        let kept = self.types.iter().filter(|kind| !belongs(kind));
        Self { types: kept.cloned().collect() }
    }

    /// The kind served under that part of a URL.
    pub(crate) fn by_path(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<&Arc<ResourceType>> {
        self.in_version(group, version)
            .find(|kind| kind.plural == plural)
    }

    /// The kind of an object's `apiVersion` and `kind`.
    pub(crate) fn by_kind(&self, api_version: &str, name: &str) -> Option<&Arc<ResourceType>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.in_version(group, version)
            .find(|kind| kind.kind == name)
    }

    /// The kind of a store key: `/registry/{group}/{plural}/…`.
    pub(crate) fn by_store_key(&self, key: &str) -> Option<&Arc<ResourceType>> {
        let mut parts = key.strip_prefix("/registry/")?.split('/');
        let (group, plural) = (parts.next()?, parts.next()?);
        let group = if group == "core" { "" } else { group };
        self.types
            .iter()
            .find(|kind| kind.group == group && kind.plural == plural)
    }

    /// The kinds of a group in a version.
    pub(crate) fn in_version(
        &self,
        group: &str,
        version: &str,
    ) -> impl Iterator<Item = &Arc<ResourceType>> {
        self.types
            .iter()
            .filter(move |kind| kind.group == group && kind.version == version)
    }

    /// The named groups with their versions, in the order of the table.
    pub(crate) fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for kind in self.types.iter().filter(|kind| !kind.group.is_empty()) {
            let index = groups.iter().position(|(group, _)| *group == kind.group);
            let index = index.unwrap_or_else(|| {
                groups.push((&kind.group, Vec::new()));
                groups.len() - 1
            });
            if !groups[index].1.contains(&kind.version.as_str()) {
                groups[index].1.push(&kind.version);
            }
        }
        groups
    }
}
