//! The kinds of Krake on the wire.

use krake_core::base::{
    GlobalMetric, GlobalMetricsProvider, Metric, MetricsProvider, Role, RoleBinding,
};
use krake_core::infrastructure::{
    Cloud, CloudBinding, GlobalCloud, GlobalInfrastructureProvider, InfrastructureProvider,
};
use krake_core::kubernetes::{Application, Cluster};
use krake_core::openstack::{MagnumCluster, MagnumClusterBinding, Project};
use krake_core::{Kind, Resource, input};
use serde_json::{Value, json};

/// One object of each kind and shape, as the original server shows it.
fn examples() -> Vec<Value> {
    serde_json::from_str(include_str!("examples.json")).expect("a JSON file")
}

/// Decodes, checks and encodes an object as a `K`, if it is one.
fn round_trip<K: Resource>(example: &Value) -> Option<Value> {
    let kind = K::KIND;
    if example["kind"] != *kind.kind {
        return None;
    }
    let object: K = input::decode_value(example.clone()).expect("a valid example");
    object.metadata().validate(kind).expect("valid metadata");
    object.validate(Some(&object)).expect("a valid object");
    let encoded = serde_json::to_value(&object).expect("encodable");
    let again: K = serde_json::from_value(encoded.clone()).expect("decodable strictly");
    assert_eq!(again, object);
    Some(encoded)
}

fn round_trip_of_any_kind(example: &Value) -> Option<Value> {
    None.or_else(|| round_trip::<Role>(example))
        .or_else(|| round_trip::<RoleBinding>(example))
        .or_else(|| round_trip::<GlobalMetric>(example))
        .or_else(|| round_trip::<Metric>(example))
        .or_else(|| round_trip::<GlobalMetricsProvider>(example))
        .or_else(|| round_trip::<MetricsProvider>(example))
        .or_else(|| round_trip::<Application>(example))
        .or_else(|| round_trip::<Cluster>(example))
        .or_else(|| round_trip::<Project>(example))
        .or_else(|| round_trip::<MagnumCluster>(example))
        .or_else(|| round_trip::<GlobalInfrastructureProvider>(example))
        .or_else(|| round_trip::<InfrastructureProvider>(example))
        .or_else(|| round_trip::<GlobalCloud>(example))
        .or_else(|| round_trip::<Cloud>(example))
}

#[test]
fn every_example_is_read_and_written_without_loss() {
    let examples = examples();
    assert_eq!(examples.len(), 15);
    for example in examples {
        let mut encoded = round_trip_of_any_kind(&example).expect("a kind of Krake");
        let metadata = encoded["metadata"].as_object_mut().unwrap();
        metadata.remove("generation");
        assert_eq!(encoded, example);
    }
}

#[test]
fn floats_are_written_with_a_fraction() {
    let spec = json!({"allowed_values": ["1", 2.9], "min": "0", "max": 5, "provider": {"name": "p", "metric": "m"}});
    let metric: Metric =
        input::decode_value(json!({"metadata": {"name": "a"}, "spec": spec})).unwrap();
    let text = serde_json::to_string(&metric.spec).unwrap();
    assert!(text.starts_with(r#"{"allowed_values":[1,2],"min":0.0,"max":5.0,"#), "{text}");
}

#[test]
fn kinds_are_where_the_original_has_them() {
    let place = |kind: &Kind| (kind.path(Some("n"), Some("a")), kind.is_namespaced(), kind.status);
    for (kind, api, plural, is_namespaced, has_status) in [
        (Role::KIND, "core", "roles", false, false),
        (RoleBinding::KIND, "core", "rolebindings", false, false),
        (GlobalMetric::KIND, "core", "globalmetrics", false, false),
        (Metric::KIND, "core", "metrics", true, false),
        (GlobalMetricsProvider::KIND, "core", "globalmetricsproviders", false, false),
        (MetricsProvider::KIND, "core", "metricsproviders", true, false),
        (Application::KIND, "kubernetes", "applications", true, true),
        (Cluster::KIND, "kubernetes", "clusters", true, true),
        (Project::KIND, "openstack", "projects", true, true),
        (MagnumCluster::KIND, "openstack", "magnumclusters", true, true),
        (
            GlobalInfrastructureProvider::KIND,
            "infrastructure",
            "globalinfrastructureproviders",
            false,
            false,
        ),
        (InfrastructureProvider::KIND, "infrastructure", "infrastructureproviders", true, false),
        (GlobalCloud::KIND, "infrastructure", "globalclouds", false, true),
        (Cloud::KIND, "infrastructure", "clouds", true, true),
    ] {
        let path = format!("/{api}/namespaces/n/{plural}/a");
        assert_eq!(place(kind), (path, is_namespaced, has_status), "{kind}");
        assert_eq!(kind.list_kind(), format!("{}List", kind.kind));
    }
}

#[test]
fn a_new_magnum_cluster_leaves_everything_open() {
    let body = json!({"metadata": {"name": "a"}, "spec": {}});
    let cluster: MagnumCluster = input::decode_value(body).unwrap();
    let encoded = serde_json::to_value(&cluster).unwrap();
    assert_eq!(
        encoded["spec"],
        json!({"master_count": null, "node_count": null, "metrics": [], "constraints": null})
    );
    assert_eq!(
        encoded["status"],
        json!({
            "reason": null, "state": "PENDING", "project": null, "template": null,
            "cluster_id": null, "node_count": null, "api_address": null,
            "master_addresses": null, "node_addresses": null, "cluster": null,
        })
    );
}

#[test]
fn masters_and_template_of_a_magnum_cluster_do_not_change() {
    let body = json!({"metadata": {"name": "a"}, "spec": {"master_count": 1}});
    let old: MagnumCluster = input::decode_value(body).unwrap();
    let mut new = old.clone();
    new.spec.node_count = Some(3);
    assert_eq!(new.changed_immutable(&old), None);
    new.status.template = Some("t".into());
    assert_eq!(new.changed_immutable(&old), Some("template"));
    new.spec.master_count = None;
    assert_eq!(new.changed_immutable(&old), Some("master_count"));
}

#[test]
fn what_is_required_is_said() {
    fn refusal<K: Resource>(spec: &Value) -> String {
        let body = json!({"metadata": {"name": "a"}, "spec": spec});
        input::decode_value::<K>(body).unwrap_err().to_string()
    }
    let source = json!({"name": "p", "metric": "m"});
    for (found, expected) in [
        (
            refusal::<Metric>(&json!({"min": 0, "max": 1, "provider": source})),
            "spec.allowed_values: Missing data for required field.",
        ),
        (
            refusal::<Metric>(
                &json!({"allowed_values": [], "min": null, "max": 1, "provider": source}),
            ),
            "spec.min: Field may not be null.",
        ),
        (
            refusal::<Metric>(
                &json!({"allowed_values": [], "min": "nan", "max": 1, "provider": source}),
            ),
            "spec.min: Special numeric values (nan or infinity) are not permitted.",
        ),
        (
            refusal::<MetricsProvider>(&json!({"type": "influx", "influx": {"url": "u"}})),
            "spec.token: Missing data for required field.; spec.org: Missing data for required field.; \
             spec.bucket: Missing data for required field.",
        ),
        (
            refusal::<MetricsProvider>(
                &json!({"type": "static", "static": {"metrics": {"a": "x"}}}),
            ),
            "spec.metrics.a: Not a valid number.",
        ),
        (
            refusal::<Project>(&json!({"url": "u", "template": "t", "auth": {"type": "foo"}})),
            "spec.auth.type: Unknown type 'foo'",
        ),
        (
            refusal::<Project>(
                &json!({"url": "u", "template": "t", "auth": {"type": "password", "password": {"user": {"id": "i", "password": "p"}}}}),
            ),
            "spec.auth.project: Missing data for required field.",
        ),
        (
            refusal::<MagnumCluster>(&json!({"metrics": null})),
            "spec.metrics: Field may not be null.",
        ),
        (
            refusal::<Cloud>(
                &json!({"type": "openstack", "openstack": {"url": "u", "auth": {"type": "application_credential"}}}),
            ),
            "spec.auth.type: Unknown type 'application_credential'; \
             spec.infrastructure_provider: Missing data for required field.",
        ),
        (
            refusal::<InfrastructureProvider>(&json!({"type": "im", "im": {}})),
            "spec.url: Missing data for required field.",
        ),
    ] {
        assert_eq!(found, expected);
    }
    let rule = json!({"api": "", "resources": [], "namespaces": [], "verbs": ["*"]});
    let role = input::decode_value::<Role>(json!({"metadata": {"name": "a"}, "rules": [rule]}));
    assert_eq!(role.unwrap_err().to_string(), "rules[0].verbs[0]: Invalid enum member *");
}

#[test]
fn bindings_say_what_they_are() {
    let cloud =
        json!({"api": "infrastructure", "namespace": null, "kind": "GlobalCloud", "name": "c"});
    let text = json!({"api": "infrastructure", "kind": "CloudBinding", "cloud": cloud});
    let binding: CloudBinding = input::decode_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&binding).unwrap(), text);
    let wrong = json!({"kind": "CloudBinding", "project": cloud, "template": "t"});
    let error = input::decode_value::<MagnumClusterBinding>(wrong).unwrap_err();
    assert_eq!(error.to_string(), "kind: Must be equal to MagnumClusterBinding.");
}
