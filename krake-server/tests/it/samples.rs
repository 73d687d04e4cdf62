//! A valid object of each kind.

use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, application};

pub(crate) const CLUSTERS: &str = "/kubernetes/namespaces/testing/clusters";
pub(crate) const MAGNUM_CLUSTERS: &str = "/openstack/namespaces/testing/magnumclusters";

/// The collection of a kind, and a valid object without its name.
pub(crate) fn samples() -> Vec<(&'static str, Value)> {
    let metric = json!({
        "allowed_values": [], "min": "0", "max": 5, "provider": {"name": "p", "metric": "m"},
    });
    let provider = json!({"type": "static", "static": {"metrics": {"m": "1.5"}}});
    let im = json!({"type": "im", "im": {"url": "u", "token": "t"}});
    let cloud = json!({"type": "openstack", "openstack": {
        "url": "u", "infrastructure_provider": {"name": "i"},
        "auth": {"type": "password", "password": {
            "user": {"username": "n", "password": "p"}, "project": {"name": "x"},
        }},
    }});
    let project = json!({
        "url": "u", "template": "t",
        "auth": {"type": "application_credential", "application_credential": {"id": "i", "secret": "s"}},
    });
    vec![
        ("/core/roles", json!({"rules": []})),
        ("/core/rolebindings", json!({"users": ["u"], "roles": []})),
        ("/core/globalmetrics", json!({"spec": metric})),
        ("/core/namespaces/testing/metrics", json!({"spec": metric})),
        ("/core/globalmetricsproviders", json!({"spec": provider})),
        ("/core/namespaces/testing/metricsproviders", json!({"spec": provider})),
        (APPLICATIONS, application("")),
        (CLUSTERS, cluster()),
        ("/openstack/namespaces/testing/projects", json!({"spec": project})),
        (MAGNUM_CLUSTERS, json!({"spec": {}})),
        ("/infrastructure/globalinfrastructureproviders", json!({"spec": im})),
        ("/infrastructure/namespaces/testing/infrastructureproviders", json!({"spec": im})),
        ("/infrastructure/globalclouds", json!({"spec": cloud})),
        ("/infrastructure/namespaces/testing/clouds", json!({"spec": cloud})),
    ]
}

pub(crate) fn cluster() -> Value {
    let template = json!({
        "tosca_definitions_version": "tosca_simple_yaml_1_0",
        "topology_template": {"outputs": {"kubeconfig": {"value": "x"}}},
    });
    json!({"spec": {"tosca": template, "constraints": {"cloud": {}}}})
}
