//! Clouds that clusters can be created in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::MetricRef;
use crate::input::polymorphic::polymorphic;
use crate::{FieldErrors, Metadata, Reason, Resource};

/// A cloud for everybody. It refers to nothing that belongs to a namespace.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(
    api = "infrastructure",
    plural = "globalclouds",
    scope = "global",
    validate = validate_global,
    crate = crate
)]
pub struct GlobalCloud {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is reached.
    pub spec: CloudSpec,
    /// How it is.
    pub status: CloudStatus,
}

/// A cloud for one namespace.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "infrastructure", plural = "clouds", crate = crate)]
pub struct Cloud {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is reached.
    pub spec: CloudSpec,
    /// How it is.
    pub status: CloudStatus,
}

polymorphic! {
    /// How a cloud is reached: `{"type": "openstack", "openstack": {…}}`.
    pub enum CloudSpec {
        /// An OpenStack cloud.
        "openstack" => Openstack(OpenstackCloud),
    }
}

/// An OpenStack cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenstackCloud {
    /// The Keystone endpoint.
    #[schemars(example = "https://keystone.example.com:5000/v3")]
    pub url: String,
    /// Who asks.
    pub auth: CloudAuth,
    /// What it is scored by.
    #[serde(default)]
    pub metrics: Vec<MetricRef>,
    /// Who creates clusters in it.
    pub infrastructure_provider: InfrastructureProviderRef,
}

polymorphic! {
    /// Who asks the cloud: `{"type": "password", "password": {…}}`. Holds secrets.
    pub enum CloudAuth {
        /// A user with a password.
        "password" => Password(OpenstackPassword),
    }
}

/// A user with a password, and the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenstackPassword {
    /// The version of the identity API.
    #[serde(default = "identity_version")]
    pub version: String,
    /// The user.
    pub user: OpenstackUser,
    /// The project.
    pub project: OpenstackProject,
}

/// A user of OpenStack, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenstackUser {
    /// The name of the user.
    pub username: String,
    /// The password. Secret.
    #[schemars(extend("format" = "password"))]
    pub password: String,
    /// The name of the user's domain.
    #[serde(default = "domain_name")]
    pub domain_name: String,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A project of OpenStack, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenstackProject {
    /// The name of the project.
    pub name: String,
    /// The id of the project's domain.
    #[serde(default = "domain_id")]
    pub domain_id: String,
    /// For people.
    #[serde(default)]
    pub comment: Option<String>,
}

fn identity_version() -> String {
    "3".to_owned()
}

fn domain_name() -> String {
    "Default".to_owned()
}

fn domain_id() -> String {
    "default".to_owned()
}

/// A reference to an infrastructure provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InfrastructureProviderRef {
    /// The name of the provider; it need not exist.
    pub name: String,
    /// Whether it is an `InfrastructureProvider` of the same namespace instead of a `GlobalInfrastructureProvider`.
    #[serde(default)]
    pub namespaced: bool,
}

/// How a cloud is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CloudStatus {
    /// Whether it can be used.
    pub state: CloudState,
    /// Which metrics could not be read, and why.
    pub metrics_reasons: BTreeMap<String, Reason>,
}

/// Whether a cloud can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CloudState {
    /// Nothing is known to be wrong.
    #[default]
    Online,
    /// A metric it is scored by cannot be read.
    FailingMetrics,
}

fn validate_global(new: &GlobalCloud, _old: Option<&GlobalCloud>) -> Result<(), FieldErrors> {
    let CloudSpec::Openstack(spec) = &new.spec;
    let mut errors = FieldErrors::default();
    let mut refuse = |what: &str| {
        errors.add(
            "",
            format!(
                "A non-namespaced global cloud resource cannot reference the namespaced {what} resource."
            ),
        );
    };
    if spec.infrastructure_provider.namespaced {
        refuse("infrastructure provider");
    }
    if spec.metrics.iter().any(|metric| metric.namespaced) {
        refuse("metric");
    }
    errors.into_result()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::input;

    fn spec(provider_namespaced: bool, metric_namespaced: bool) -> Value {
        json!({"type": "openstack", "openstack": {
            "url": "u",
            "auth": {"type": "password", "password": {
                "user": {"username": "n", "password": "p"}, "project": {"name": "x"},
            }},
            "metrics": [{"name": "m", "weight": "1", "namespaced": metric_namespaced}],
            "infrastructure_provider": {"name": "i", "namespaced": provider_namespaced},
        }})
    }

    #[test]
    fn the_documented_defaults_are_filled_in() {
        let mut body = spec(false, false);
        let object = body["openstack"].as_object_mut().unwrap();
        object.remove("metrics");
        object.insert("infrastructure_provider".into(), json!({"name": "i"}));
        let spec: CloudSpec = input::decode_value(body).unwrap();
        assert_eq!(
            serde_json::to_value(&spec).unwrap(),
            json!({"type": "openstack", "openstack": {
                "url": "u",
                "auth": {"type": "password", "password": {
                    "version": "3",
                    "user": {
                        "username": "n", "password": "p", "domain_name": "Default", "comment": null,
                    },
                    "project": {"name": "x", "domain_id": "default", "comment": null},
                }},
                "metrics": [],
                "infrastructure_provider": {"name": "i", "namespaced": false},
            }})
        );
    }

    #[test]
    fn a_global_cloud_refers_to_nothing_of_a_namespace() {
        for (provider, metric, refused) in [
            (false, false, &[][..]),
            (true, false, &["infrastructure provider"]),
            (false, true, &["metric"]),
            (true, true, &["infrastructure provider", "metric"]),
        ] {
            let spec: CloudSpec = input::decode_value(spec(provider, metric)).unwrap();
            assert_eq!(Cloud::new("a", spec.clone()).validate(None), Ok(()));
            let errors = GlobalCloud::new("a", spec)
                .validate(None)
                .err()
                .unwrap_or_default();
            let messages: Vec<_> = errors.0.into_iter().map(|error| error.message).collect();
            let expected: Vec<_> = refused
                .iter()
                .map(|what| format!("A non-namespaced global cloud resource cannot reference the namespaced {what} resource."))
                .collect();
            assert_eq!(messages, expected);
        }
    }
}
