//! From the manifests of an application to addressed resources of a cluster.

use std::collections::BTreeMap;

use krake_core::kubernetes::InventoryItem;
use krake_core::{Reason, ReasonCode};
use serde_json::Value;

use crate::kubernetes::access::{KindName, Place};

/// Members that a cluster writes. A manifest that was read from a cluster has them; applied again they would pin an instance
/// that is long gone.
const WRITTEN_BY_CLUSTERS: [&str; 5] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"];

/// A manifest that cannot become a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It does not say what it is or how it is called.
    #[error("Resource must define \"{0}\"")]
    Missing(&'static str),
    /// Two manifests describe one resource.
    #[error("{0} is described twice; remove one of the two manifests")]
    Twice(String),
    /// The application has a template instead.
    #[error("TOSCA templates and CSAR archives are not translated; give a manifest")]
    Template,
}

impl ManifestError {
    /// The same for the status of an application.
    pub fn reason(&self) -> Reason {
        let code = match self {
            Self::Missing(_) | Self::Twice(_) => ReasonCode::InvalidResource,
            Self::Template => ReasonCode::InvalidToscaManifest,
        };
        Reason::new(code, self.to_string())
    }
}

/// One resource that should be on the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Its identity, without instance.
    pub item: InventoryItem,
    /// Where it is found.
    pub place: Place,
    /// What is applied.
    pub manifest: Value,
}

/// The manifests of an application, read but not yet addressed.
#[derive(Debug)]
pub struct Manifests<'a> {
    items: Vec<Item<'a>>,
}

#[derive(Debug)]
struct Item<'a> {
    kind: KindName,
    name: &'a str,
    namespace: Option<&'a str>,
    manifest: &'a Value,
}

impl<'a> Manifests<'a> {
    /// Reads what each manifest is and how it is called.
    ///
    /// # Errors
    /// The first manifest that does not say, or [`ManifestError::Template`] if there are none.
    pub fn read(manifests: &'a [Value]) -> Result<Self, ManifestError> {
        if manifests.is_empty() {
            return Err(ManifestError::Template);
        }
        let items = manifests.iter().map(Item::read).collect::<Result<_, _>>()?;
        Ok(Self { items })
    }

    /// The kinds that occur and that no manifest defines: the cluster has to know them. In order, each once.
    pub fn foreign_kinds(&self) -> Vec<&KindName> {
        let own = self.own_places();
        let mut kinds: Vec<_> = self.items.iter().map(|item| &item.kind).collect();
        kinds.retain(|kind| !own.contains_key(*kind));
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Addresses every resource, in the order in which they are applied: namespaces, then definitions of kinds, then the
    /// rest as the user wrote it. `places` holds the [foreign kinds](Self::foreign_kinds); resources without a namespace go
    /// to `namespace`.
    ///
    /// # Errors
    /// [`ManifestError::Twice`] if two manifests turn out to be one resource.
    pub fn address(
        &self,
        places: &BTreeMap<KindName, Place>,
        namespace: &str,
    ) -> Result<Vec<Desired>, ManifestError> {
        let own = self.own_places();
        let mut desired: Vec<Desired> = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let Some(place) = own.get(&item.kind).or_else(|| places.get(&item.kind)) else {
                continue;
            };
            let addressed = item.address(place, namespace);
            if desired
                .iter()
                .any(|other| other.item.same_object(&addressed.item))
            {
                return Err(ManifestError::Twice(addressed.item.to_string()));
            }
            desired.push(addressed);
        }
        desired.sort_by_key(|desired| rank(&desired.item));
        Ok(desired)
    }

    /// The kinds that the manifests themselves define.
    fn own_places(&self) -> BTreeMap<KindName, Place> {
        self.items
            .iter()
            .filter(|item| item.kind.kind == DEFINITION)
            .flat_map(|item| defined_kinds(item.manifest))
            .collect()
    }
}

impl<'a> Item<'a> {
    fn read(manifest: &'a Value) -> Result<Self, ManifestError> {
        let text = |value: &'a Value, field| {
            let text = value.as_str().filter(|text| !text.is_empty());
            text.ok_or(ManifestError::Missing(field))
        };
        let metadata = &manifest["metadata"];
        let api_version = text(&manifest["apiVersion"], "apiVersion")?;
        let kind = text(&manifest["kind"], "kind")?;
        Ok(Self {
            kind: KindName::new(api_version, kind),
            name: text(&metadata["name"], "metadata.name")?,
            namespace: metadata["namespace"]
                .as_str()
                .filter(|text| !text.is_empty()),
            manifest,
        })
    }

    fn address(&self, place: &Place, default: &str) -> Desired {
        let namespace = place
            .is_namespaced
            .then(|| self.namespace.unwrap_or(default).to_owned());
        let manifest = applicable(self.manifest, namespace.as_deref());
        let KindName { group, version, kind } = self.kind.clone();
        let item = InventoryItem {
            group,
            version,
            kind,
            namespace,
            name: self.name.to_owned(),
            uid: None,
        };
        Desired { item, place: place.clone(), manifest }
    }
}

/// The manifest as it can be applied: in its namespace, without what only clusters write.
fn applicable(manifest: &Value, namespace: Option<&str>) -> Value {
    let mut manifest = manifest.clone();
    if let Some(object) = manifest.as_object_mut() {
        object.remove("status");
    }
    if let Some(metadata) = manifest["metadata"].as_object_mut() {
        for member in WRITTEN_BY_CLUSTERS {
            metadata.remove(member);
        }
        match namespace {
            Some(namespace) => metadata.insert("namespace".to_owned(), namespace.into()),
            None => metadata.remove("namespace"),
        };
    }
    manifest
}

const DEFINITION: &str = "CustomResourceDefinition";

/// Where a resource stands in the order of application; removal goes the other way round.
pub(super) fn rank(item: &InventoryItem) -> u8 {
    match (item.group.as_str(), item.kind.as_str()) {
        ("", "Namespace") => 0,
        (_, DEFINITION) => 1,
        _ => 2,
    }
}

/// The kinds, one a version, that a definition defines; none if it is not well-formed, which the cluster will complain about.
fn defined_kinds(definition: &Value) -> Vec<(KindName, Place)> {
    let spec = &definition["spec"];
    let (Some(group), Some(kind), Some(plural), Some(scope), Some(versions)) = (
        spec["group"].as_str(),
        spec["names"]["kind"].as_str(),
        spec["names"]["plural"].as_str(),
        spec["scope"].as_str(),
        spec["versions"].as_array(),
    ) else {
        return Vec::new();
    };
    let versions = versions
        .iter()
        .filter_map(|version| version["name"].as_str());
    versions
        .map(|version| {
            let name = KindName {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: kind.to_owned(),
            };
            let place = Place::new(&name, plural, scope == "Namespaced");
            (name, place)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest(api_version: &str, kind: &str, name: &str) -> Value {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}})
    }

    fn places() -> BTreeMap<KindName, Place> {
        [
            ("v1", "ConfigMap", "configmaps", true),
            ("v1", "Namespace", "namespaces", false),
            (
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "customresourcedefinitions",
                false,
            ),
        ]
        .map(|(api_version, kind, plural, is_namespaced)| {
            let kind = KindName::new(api_version, kind);
            let place = Place::new(&kind, plural, is_namespaced);
            (kind, place)
        })
        .into()
    }

    fn address(manifests: &[Value]) -> Result<Vec<Desired>, ManifestError> {
        Manifests::read(manifests)?.address(&places(), "apps")
    }

    fn names(desired: &[Desired]) -> Vec<String> {
        desired
            .iter()
            .map(|desired| desired.item.to_string())
            .collect()
    }

    #[test]
    fn namespaces_come_first_and_the_rest_stays_as_written() {
        let desired = address(&[
            manifest("v1", "ConfigMap", "b"),
            manifest("v1", "ConfigMap", "a"),
            manifest("v1", "Namespace", "n"),
        ]);
        assert_eq!(
            names(&desired.unwrap()),
            ["Namespace n", "ConfigMap apps/b", "ConfigMap apps/a"]
        );
    }

    #[test]
    fn the_own_namespace_beats_the_default_and_is_part_of_the_identity() {
        let mut other = manifest("v1", "ConfigMap", "a");
        other["metadata"]["namespace"] = json!("other");
        let desired = address(&[manifest("v1", "ConfigMap", "a"), other]).unwrap();
        assert_eq!(names(&desired), ["ConfigMap apps/a", "ConfigMap other/a"]);
        assert_eq!(desired[0].manifest["metadata"]["namespace"], "apps");
    }

    #[test]
    fn one_resource_described_twice_is_refused() {
        let mut explicit = manifest("v1", "ConfigMap", "a");
        explicit["metadata"]["namespace"] = json!("apps");
        let error = address(&[manifest("v1", "ConfigMap", "a"), explicit]).unwrap_err();
        assert_eq!(error, ManifestError::Twice("ConfigMap apps/a".into()));
    }

    #[test]
    fn a_kind_that_the_manifests_define_need_not_be_known_to_the_cluster() {
        let mut definition =
            manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "crons.example.org");
        definition["spec"] = json!({
            "group": "example.org", "scope": "Namespaced",
            "names": {"kind": "Cron", "plural": "crons"},
            "versions": [{"name": "v1"}, {"name": "v2"}],
        });
        let all = [manifest("example.org/v2", "Cron", "c"), definition];
        let manifests = Manifests::read(&all).unwrap();
        assert_eq!(
            manifests.foreign_kinds(),
            [&KindName::new("apiextensions.k8s.io/v1", "CustomResourceDefinition")]
        );
        let desired = manifests.address(&places(), "apps").unwrap();
        assert_eq!(
            names(&desired),
            [
                "apiextensions.k8s.io/CustomResourceDefinition crons.example.org",
                "example.org/Cron apps/c",
            ]
        );
        assert_eq!(desired[1].place.resource.plural, "crons");
    }

    #[test]
    fn what_only_clusters_write_is_not_applied() {
        let mut exported = manifest("v1", "ConfigMap", "a");
        exported["metadata"]["uid"] = json!("1-2-3");
        exported["metadata"]["resourceVersion"] = json!("7");
        exported["status"] = json!({});
        let desired = address(&[exported]).unwrap();
        assert_eq!(
            desired[0].manifest,
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "a", "namespace": "apps"},
            })
        );
    }

    #[test]
    fn a_manifest_must_say_what_it_is() {
        let missing = |manifest: Value| Manifests::read(&[manifest]).unwrap_err().to_string();
        assert_eq!(missing(json!({})), "Resource must define \"apiVersion\"");
        assert_eq!(missing(json!({"apiVersion": "v1"})), "Resource must define \"kind\"");
        assert_eq!(
            missing(json!({"apiVersion": "v1", "kind": "Pod", "metadata": null})),
            "Resource must define \"metadata.name\""
        );
        assert_eq!(Manifests::read(&[]).unwrap_err(), ManifestError::Template);
    }
}
