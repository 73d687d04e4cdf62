//! What users want to run.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::application_status::ApplicationStatus;
use super::{JsonObject, manifest, observer_schema, tosca};
use crate::{FieldErrors, LabelConstraint, Metadata, MetricConstraint, Resource};

/// A workload, described by Kubernetes manifests, that Krake places on one of its clusters and keeps there.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "kubernetes", plural = "applications", validate = validate, crate = crate)]
pub struct Application {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// What is to run, and where it may.
    pub spec: ApplicationSpec,
    /// What became of it.
    pub status: ApplicationStatus,
}

/// What is to run, and where it may.
///
/// At least one of manifest, TOSCA template and CSAR archive is given; in this order the first one counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationSpec {
    /// Kubernetes manifests, one an item.
    #[schemars(schema_with = "manifest::schema")]
    pub manifest: Vec<Value>,
    /// A TOSCA template to be translated to manifests.
    #[serde(default)]
    pub tosca: Tosca,
    /// URL of a CSAR archive to be translated to manifests.
    #[serde(default)]
    #[schemars(extend("pattern" = r"\.(csar|zip)$"))]
    pub csar: Option<String>,
    /// Which fields of the manifests are watched and corrected; what it does not mention is watched whole.
    #[serde(default)]
    #[schemars(with = "Vec<JsonObject>")]
    pub observer_schema: Vec<Value>,
    /// Where it may run.
    pub constraints: ApplicationConstraints,
    /// Hooks that the workload takes part in: `complete`, `shutdown`.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// How long the shutdown hook may take, in seconds.
    #[serde(default)]
    pub shutdown_grace_time: Option<i64>,
    /// What follows a failed shutdown: `give_up` or `delete`.
    #[serde(default)]
    pub shutdown_failure_strategy: Option<String>,
    /// How often a failed shutdown is tried again.
    #[serde(default)]
    pub shutdown_retry_count: Option<i64>,
    /// Factor of the delay between attempts.
    #[serde(default = "one")]
    pub backoff: i64,
    /// Delay between attempts, in seconds.
    #[serde(default = "one")]
    pub backoff_delay: i64,
    /// How many attempts; -1 for no limit.
    #[serde(default = "unlimited")]
    pub backoff_limit: i64,
    /// How volumes follow a migration: `none`, or by copying them.
    #[serde(default = "no_storage_migration")]
    pub storage_migration: String,
    /// Whether a cluster is created when none is suitable.
    #[serde(default)]
    pub auto_cluster_create: bool,
}

impl ApplicationSpec {
    /// A spec of manifests that may run anywhere.
    pub fn of_manifest(manifest: Vec<Value>) -> Self {
        Self {
            manifest,
            tosca: Tosca::default(),
            csar: None,
            observer_schema: Vec::new(),
            constraints: ApplicationConstraints::default(),
            hooks: Vec::new(),
            shutdown_grace_time: None,
            shutdown_failure_strategy: None,
            shutdown_retry_count: None,
            backoff: one(),
            backoff_delay: one(),
            backoff_limit: unlimited(),
            storage_migration: no_storage_migration(),
            auto_cluster_create: false,
        }
    }
}

pub(super) const fn one() -> i64 {
    1
}

pub(super) const fn unlimited() -> i64 {
    -1
}

const fn yes() -> bool {
    true
}

fn no_storage_migration() -> String {
    "none".to_owned()
}

/// A TOSCA template: itself, or its URL.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "the wire format has these two forms")]
pub enum Tosca {
    /// The template; an empty one means none.
    Template(JsonObject),
    /// Where the template is.
    Url(String),
}

impl Default for Tosca {
    fn default() -> Self {
        Self::Template(JsonObject::new())
    }
}

impl<'de> Deserialize<'de> for Tosca {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(template) => Ok(Self::Template(template)),
            Value::String(url) => Ok(Self::Url(url)),
            Value::Null => Err(de::Error::custom("Field may not be null.")),
            _ => Err(de::Error::custom("Not a valid mapping type. Not a valid string.")),
        }
    }
}

impl Tosca {
    /// Whether no template is given.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Template(template) => template.is_empty(),
            Self::Url(url) => url.is_empty(),
        }
    }

    fn validate(&self) -> Result<(), FieldErrors> {
        match self {
            _ if self.is_empty() => Ok(()),
            Self::Template(template) => tosca::validate(template, "spec.tosca"),
            Self::Url(url) if has_extension(url, &["yaml", "yml"]) => Ok(()),
            Self::Url(_) => Err(FieldErrors::single("spec.tosca", "Invalid TOSCA template URL.")),
        }
    }
}

/// Where an application may run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationConstraints {
    /// What its cluster must offer.
    pub cluster: ClusterConstraints,
    /// Whether it may move once it runs.
    #[serde(default = "yes")]
    pub migration: bool,
}

impl Default for ApplicationConstraints {
    fn default() -> Self {
        Self { cluster: ClusterConstraints::default(), migration: yes() }
    }
}

/// What a cluster must offer: all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterConstraints {
    /// Demands on its labels.
    #[serde(default)]
    pub labels: Option<Vec<LabelConstraint>>,
    /// Custom resource definitions it must have, `<plural>.<group>`.
    #[serde(default)]
    pub custom_resources: Vec<String>,
    /// Demands on its metrics.
    #[serde(default)]
    pub metrics: Option<Vec<MetricConstraint>>,
}

fn validate(new: &Application, _old: Option<&Application>) -> Result<(), FieldErrors> {
    let spec = &new.spec;
    let mut errors = FieldErrors::default();
    if spec.manifest.is_empty() && spec.tosca.is_empty() && spec.csar.is_none() {
        errors.add(
            "spec",
            "The application should be defined by a manifest file, a TOSCA template or a CSAR file.",
        );
    }
    errors.merge(spec.tosca.validate());
    if let Some(url) = &spec.csar
        && !has_extension(url, &["csar", "zip"])
    {
        errors.add("spec.csar", "Invalid CSAR archive URL.");
    }
    errors.merge(manifest::validate(&spec.manifest));
    errors.merge(new.status.validate());
    errors.merge(observer_schema::validate(&spec.observer_schema, &spec.manifest));
    errors.into_result()
}

fn has_extension(url: &str, extensions: &[&str]) -> bool {
    url.rsplit_once('.')
        .is_some_and(|(_, extension)| extensions.contains(&extension))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decode(spec: &Value) -> Result<Application, FieldErrors> {
        let body = json!({"metadata": {"name": "a", "namespace": "testing"}, "spec": spec});
        crate::input::decode(body.to_string().as_bytes())
    }

    fn pod() -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}})
    }

    #[test]
    fn a_minimal_body_gets_the_documented_defaults() {
        let app = decode(&json!({"manifest": [pod()], "constraints": {"cluster": {}}})).unwrap();
        assert_eq!(app.validate(None), Ok(()));
        assert_eq!(
            serde_json::to_value(&app.spec).unwrap(),
            json!({
                "manifest": [pod()], "tosca": {}, "csar": null, "observer_schema": [],
                "constraints": {
                    "cluster": {"labels": null, "custom_resources": [], "metrics": null},
                    "migration": true,
                },
                "hooks": [], "shutdown_grace_time": null, "shutdown_failure_strategy": null,
                "shutdown_retry_count": null, "backoff": 1, "backoff_delay": 1, "backoff_limit": -1,
                "storage_migration": "none", "auto_cluster_create": false,
            })
        );
        assert_eq!(app.spec, ApplicationSpec::of_manifest(vec![pod()]));
    }

    #[test]
    fn a_schema_without_manifest_is_a_list_of_objects() {
        let spec = |schema: Value| json!({"manifest": [], "csar": "a.zip", "observer_schema": schema, "constraints": {"cluster": {}}});
        assert_eq!(decode(&spec(json!([{}]))).unwrap().validate(None), Ok(()));
        assert_eq!(
            decode(&spec(json!([{}, 5])))
                .unwrap()
                .validate(None)
                .unwrap_err()
                .to_string(),
            "spec.observer_schema[1]: Not a valid mapping type."
        );
    }

    #[test]
    fn an_application_without_content_is_refused() {
        let app = decode(&json!({"manifest": [], "constraints": {"cluster": {}}})).unwrap();
        assert_eq!(app.validate(None).unwrap_err().0[0].field, "spec");
    }

    #[test]
    fn a_wrong_constraint_is_named_by_its_place() {
        let error = decode(&json!({
            "manifest": [pod()], "constraints": {"cluster": {"labels": ["a is b", "a b"]}},
        }));
        let error = error.unwrap_err();
        assert_eq!(error.0[0].field, "spec.constraints.cluster.labels[1]");
        assert!(
            error.0[0]
                .message
                .starts_with("Invalid label constraint, from character")
        );
    }

    #[test]
    fn another_kind_is_refused() {
        let body = json!({
            "kind": "Cluster", "metadata": {"name": "a"},
            "spec": {"manifest": [pod()], "constraints": {"cluster": {}}},
        });
        let error = crate::input::decode::<Application>(body.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("Must be equal to Application."), "{error}");
    }

    #[test]
    fn a_template_is_an_object_or_the_url_of_one() {
        let spec = |tosca: Value| json!({"manifest": [pod()], "tosca": tosca, "constraints": {"cluster": {}}});
        for tosca in [
            json!({}),
            json!(""),
            json!("a.yml"),
            json!({"tosca_definitions_version": "tosca_simple_yaml_1_0"}),
        ] {
            let app = decode(&spec(tosca)).unwrap();
            assert_eq!(app.validate(None), Ok(()));
        }
        for (tosca, expected) in [
            (json!(5), ": Not a valid mapping type. Not a valid string."),
            (json!(null), ": Field may not be null."),
            (json!("a.json"), ": Invalid TOSCA template URL."),
            (
                json!({"tosca_definitions_version": "tosca_simple_yaml_1_0", "x": 1}),
                ".x: Invalid TOSCA template content. There is no such section.",
            ),
        ] {
            let errors = decode(&spec(tosca))
                .and_then(|app| app.validate(None))
                .unwrap_err();
            assert_eq!(errors.to_string(), format!("spec.tosca{expected}"));
        }
    }

    #[test]
    fn manifests_in_the_status_are_lists_of_objects() {
        let mut app = Application::new("a", ApplicationSpec::of_manifest(vec![pod()]));
        app.status.last_observed_manifest = vec![json!({}), json!("x")];
        assert_eq!(
            app.validate(None).unwrap_err().to_string(),
            "status.last_observed_manifest[1]: Not a valid mapping type."
        );
    }

    #[test]
    fn urls_must_end_in_a_known_extension() {
        let spec = json!({
            "manifest": [], "tosca": "http://x/a.json", "csar": "", "constraints": {"cluster": {}},
        });
        let errors = decode(&spec).unwrap().validate(None).unwrap_err();
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["spec.tosca", "spec.csar"]);
    }
}
