//! For each kind a body in which much is wrong, and everything that is said of it.

use crate::bed::APPLICATIONS;
use crate::samples::{CLUSTERS, MAGNUM_CLUSTERS};

/// A collection, the body of a new object, and the errors in the order of the body.
type Wrong = (&'static str, &'static str, &'static [&'static str]);

const METRIC: &[&str] = &[
    "metadata.name: Invalid character in resource name.",
    "spec.max: Not a valid number.",
    "spec.allowed_values[1]: Not a valid integer.",
    "spec.provider.name: Not a valid string.",
    "spec.provider.metric: Missing data for required field.",
    "spec.min: Missing data for required field.",
];
const METRIC_BODY: &str = r#"{"metadata": {"name": "a/b"}, "spec": {
        "max": "high", "allowed_values": [1, true, "3"], "provider": {"name": 5}}}"#;
const PROVIDER: &[&str] = &[
    "metadata.labels.x: Not a valid string.",
    "metadata.name: Missing data for required field.",
    "spec.metrics.m: Not a valid number.",
    "spec.metrics.n: Special numeric values (nan or infinity) are not permitted.",
];
const PROVIDER_BODY: &str = r#"{"metadata": {"labels": {"x": 1}}, "spec": {
        "static": {"metrics": {"m": true, "n": "inf", "o": 1}}, "type": "static"}}"#;
const IM: &[&str] = &[
    "metadata.labels.: Label key '' is invalid: use [prefix/]name, each of letters, digits, '_', '-' and '.'.",
    "metadata.owners[0].kind: Field may not be null.",
    "metadata.owners[0].api: Missing data for required field.",
    "metadata.owners[0].name: Missing data for required field.",
    "spec.token: Not a valid string.",
    "spec.url: Missing data for required field.",
];
const IM_BODY: &str = r#"{"metadata": {"name": "a", "labels": {"": "x"}, "owners": [{"kind": null}]},
        "spec": {"type": "im", "im": {"token": 5}}}"#;
const CLOUD: &[&str] = &[
    "metadata: Field may not be null.",
    "spec.auth.user.username: Missing data for required field.",
    "spec.auth.user.password: Missing data for required field.",
    "spec.auth.project: Not a valid mapping type.",
    "spec.metrics[0].weight: Not a valid number.",
    "spec.metrics[1]: Not a valid mapping type.",
    "spec.url: Missing data for required field.",
    "spec.infrastructure_provider: Missing data for required field.",
];
const CLOUD_BODY: &str = r#"{"metadata": null, "spec": {"type": "openstack", "openstack": {
        "auth": {"type": "password", "password": {"user": {}, "project": []}},
        "metrics": [{"name": "m", "weight": null, "weight": {}}, "n"]}}}"#;

/// One for each kind.
pub(crate) const WRONG: &[Wrong] = &[
    (
        "/core/roles",
        r#"{"kind": "RoleBinding", "metadata": {"name": "-"}, "rules": [
                {"verbs": ["get", "*", "list", "all"], "resources": "x", "api": null}, 5]}"#,
        &[
            "kind: Must be equal to Role.",
            "metadata.name: Invalid character in resource name.",
            "rules[0].verbs[1]: Invalid enum member *",
            "rules[0].verbs[3]: Invalid enum member all",
            "rules[0].resources: Not a valid list.",
            "rules[0].api: Field may not be null.",
            "rules[0].namespaces: Missing data for required field.",
            "rules[1]: Not a valid mapping type.",
        ],
    ),
    (
        "/core/rolebindings",
        r#"{"api": null, "users": [null, "u", 5], "metadata": {"name": "a", "inherit_labels": "maybe"}}"#,
        &[
            "api: Field may not be null.",
            "users[0]: Field may not be null.",
            "users[2]: Not a valid string.",
            "metadata.inherit_labels: Not a valid boolean.",
            "roles: Missing data for required field.",
        ],
    ),
    ("/core/globalmetrics", METRIC_BODY, METRIC),
    ("/core/namespaces/testing/metrics", METRIC_BODY, METRIC),
    ("/core/globalmetricsproviders", PROVIDER_BODY, PROVIDER),
    ("/core/namespaces/testing/metricsproviders", PROVIDER_BODY, PROVIDER),
    (
        APPLICATIONS,
        r#"{"metadata": {"name": "", "labels": {"a b": "", "c": "d"}, "finalizers": [1]},
                "spec": {
                    "observer_schema": [{"kind": "Pod", "metadata": {"name": "p"}, "x": 1}],
                    "backoff": "often", "csar": "x.tar", "tosca": 5, "hooks": null,
                    "manifest": [{"kind": "Pod", "metadata": {"name": "p"}}, [], {"metadata": {}}],
                    "constraints": {"migration": 2, "cluster": {
                        "labels": ["a is b", "a", "b", 7], "metrics": ["load > 5", "load>5"],
                        "custom_resources": null}}}}"#,
        &[
            "metadata.name: Invalid character in resource name.",
            "metadata.labels.a b: Label key 'a b' is invalid: use [prefix/]name, each of letters, digits, '_', '-' and '.'.",
            "metadata.labels.a b: Label value '' is invalid: use 1 to 63 letters, digits, '_', '-' and '.'.",
            "metadata.finalizers[0]: Not a valid string.",
            "spec.observer_schema[0]: apiVersion is not defined",
            "spec.observer_schema[0].x: Value of 'x' is not 'None'",
            "spec.backoff: Not a valid integer.",
            "spec.csar: Invalid CSAR archive URL.",
            "spec.tosca: Not a valid mapping type. Not a valid string.",
            "spec.hooks: Field may not be null.",
            "spec.manifest[0]: Field 'apiVersion' not found in resource at index 0 (metadata.name: 'p')",
            "spec.manifest[1]: Not a valid mapping type.",
            "spec.manifest[2]: Field 'metadata.name' not found in resource at index 2",
            "spec.manifest[2]: Field 'apiVersion' not found in resource at index 2",
            "spec.manifest[2]: Field 'kind' not found in resource at index 2",
            "spec.constraints.migration: Not a valid boolean.",
            "spec.constraints.cluster.labels[1]: Invalid label constraint, from character 2 on: use KEY is VALUE, KEY is not VALUE, KEY in (VALUE, ...) or KEY not in (VALUE, ...).",
            "spec.constraints.cluster.labels[2]: Invalid label constraint, from character 2 on: use KEY is VALUE, KEY is not VALUE, KEY in (VALUE, ...) or KEY not in (VALUE, ...).",
            "spec.constraints.cluster.labels[3]: Not a valid string.",
            "spec.constraints.cluster.metrics[1]: Invalid metric constraint, from character 7 on: use KEY is NUMBER, or is not, greater than, greater than or equal, lesser than, lesser than or equal.",
            "spec.constraints.cluster.custom_resources: Field may not be null.",
        ],
    ),
    (
        CLUSTERS,
        r#"{"metadata": {"name": "a"}, "spec": {
                "tosca": {"x": 1}, "kubeconfig": {"x": 1}, "metrics": [{"weight": 1}], "auto_generated": 2}}"#,
        &[
            "spec.tosca: Invalid TOSCA template content. The output `kubeconfig` is missing.",
            "spec.tosca.x: Invalid TOSCA template content. There is no such section.",
            "spec.tosca.tosca_definitions_version: Invalid TOSCA template content. \
                 Use `tosca_simple_yaml_1_0`, `_1_1`, `_1_2` or `_1_3`.",
            "spec.kubeconfig: Invalid kube-config file. Expected key current-context in kube-config",
            "spec.metrics[0].name: Missing data for required field.",
            "spec.auto_generated: Not a valid boolean.",
            "spec.constraints: Missing data for required field.",
        ],
    ),
    (
        "/openstack/namespaces/testing/projects",
        r#"{"metadata": {"name": "a"}, "spec": {"auth": {"type": "token"}, "template": 5, "metrics": {}}}"#,
        &[
            "spec.auth.type: Unknown type 'token'",
            "spec.template: Not a valid string.",
            "spec.metrics: Not a valid list.",
            "spec.url: Missing data for required field.",
        ],
    ),
    (
        MAGNUM_CLUSTERS,
        r#"{"metadata": {"name": "a b"}, "spec": {"node_count": "3.5", "master_count": 1e300,
                "constraints": {"project": {"labels": [null, "a is b", "c"]}}}}"#,
        &[
            "metadata.name: Invalid character in resource name.",
            "spec.node_count: Not a valid integer.",
            "spec.master_count: Number too large.",
            "spec.constraints.project.labels[0]: Field may not be null.",
            "spec.constraints.project.labels[2]: Invalid label constraint, from character 2 on: use KEY is VALUE, KEY is not VALUE, KEY in (VALUE, ...) or KEY not in (VALUE, ...).",
        ],
    ),
    ("/infrastructure/globalinfrastructureproviders", IM_BODY, IM),
    ("/infrastructure/namespaces/testing/infrastructureproviders", IM_BODY, IM),
    ("/infrastructure/globalclouds", CLOUD_BODY, CLOUD),
    ("/infrastructure/namespaces/testing/clouds", CLOUD_BODY, CLOUD),
];
