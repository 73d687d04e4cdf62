//! What an object must look like to be accepted; far less than a real API server asks for.

use krake_core::{Labels, Selector};
use serde_json::Value;

use crate::error::Cause;
use crate::kinds::ResourceType;
use crate::object::Fields;

const NAME_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const IMMUTABLE: &str = "field is immutable";

/// What is wrong with a new object.
pub(crate) fn validate_create(kind: &ResourceType, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = object.name();
    // Roles and bindings are named by looser rules, which a path segment already fulfils.
    if kind.group != "rbac.authorization.k8s.io" && !is_subdomain(name) {
        causes.push(Cause::invalid("metadata.name", &name.into(), NAME_RULE));
    }
    causes.extend(validate(kind, object));
    causes
}

/// What is wrong with the new state of an object.
pub(crate) fn validate_update(kind: &ResourceType, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = validate(kind, new);
    let fixed: &[&str] = match kind.kind.as_str() {
        _ if kind.served.custom => &[],
        "Deployment" | "ReplicaSet" | "DaemonSet" => &["selector"],
        "StatefulSet" => &["selector", "serviceName", "volumeClaimTemplates"],
        "Job" => &["selector", "template"],
        "Pod" => &["nodeName", "restartPolicy", "serviceAccountName"],
        _ => &[],
    };
    for field in fixed {
        let (before, after) = (&old["spec"][field], &new["spec"][field]);
        if before != after && !before.is_null() {
            causes.push(Cause::invalid(format!("spec.{field}"), after, IMMUTABLE));
        }
    }
    causes
}

fn validate(kind: &ResourceType, object: &Value) -> Vec<Cause> {
    match kind.kind.as_str() {
        _ if kind.served.custom => required(kind, object),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => validate_workload(object),
        "Job" => validate_template(object),
        "Pod" => validate_containers(&object["spec"], "spec"),
        "Service" => validate_service(object),
        "CustomResourceDefinition" => validate_definition(object),
        _ => Vec::new(),
    }
}

/// Only the required top-level members of a custom kind's schema are checked.
fn required(kind: &ResourceType, object: &Value) -> Vec<Cause> {
    let required = kind.schema.items("/required").iter();
    required
        .filter_map(Value::as_str)
        .filter(|member| object.get(*member).is_none_or(Value::is_null))
        .map(Cause::required)
        .collect()
}

fn validate_workload(object: &Value) -> Vec<Cause> {
    let mut causes = validate_template(object);
    let replicas = object.number("/spec/replicas").unwrap_or_default();
    if replicas < 0 {
        causes.push(Cause::invalid(
            "spec.replicas",
            &replicas.into(),
            "must be greater than or equal to 0",
        ));
    }
    if object["spec"]["selector"]
        .as_object()
        .is_none_or(serde_json::Map::is_empty)
    {
        causes.push(Cause::required("spec.selector"));
        return causes;
    }
    let labels = object.labels("/spec/template/metadata/labels");
    if !selects(&object["spec"]["selector"], &labels) {
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::invalid(
            "spec.template.metadata.labels",
            &serde_json::json!(labels),
            why,
        ));
    }
    causes
}

fn validate_template(object: &Value) -> Vec<Cause> {
    validate_containers(&object["spec"]["template"]["spec"], "spec.template.spec")
}

fn validate_containers(spec: &Value, path: &str) -> Vec<Cause> {
    let containers = spec.items("/containers");
    if containers.is_empty() {
        return vec![Cause::required(format!("{path}.containers"))];
    }
    let member = |index: usize, container: &Value, member: &str| {
        let missing = container.text(&format!("/{member}")).is_empty();
        missing.then(|| Cause::required(format!("{path}.containers[{index}].{member}")))
    };
    let each = containers.iter().enumerate();
    each.flat_map(|(index, container)| ["name", "image"].map(|name| member(index, container, name)))
        .flatten()
        .collect()
}

fn validate_service(object: &Value) -> Vec<Cause> {
    let headless = object.text("/spec/clusterIP") == "None";
    let needs_ports = !headless && object.text("/spec/type") != "ExternalName";
    if needs_ports && object.items("/spec/ports").is_empty() {
        return vec![Cause::required("spec.ports")];
    }
    Vec::new()
}

fn validate_definition(object: &Value) -> Vec<Cause> {
    let mut causes: Vec<Cause> = ["group", "scope", "names/kind", "names/plural"]
        .into_iter()
        .filter(|field| object.text(&format!("/spec/{field}")).is_empty())
        .map(|field| Cause::required(format!("spec.{}", field.replace('/', "."))))
        .collect();
    if object.items("/spec/versions").is_empty() {
        causes.push(Cause::required("spec.versions"));
    }
    let expected = format!("{}.{}", object.text("/spec/names/plural"), object.text("/spec/group"));
    if object.name() != expected {
        let why = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &object.name().into(), why));
    }
    causes
}

/// Whether a Kubernetes `LabelSelector` object selects the labels.
fn selects(selector: &Value, labels: &Labels) -> bool {
    let equal = selector
        .labels("/matchLabels")
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value));
    equal
        && selector
            .items("/matchExpressions")
            .iter()
            .all(|expression| expression_holds(expression, labels))
}

fn expression_holds(expression: &Value, labels: &Labels) -> bool {
    let key = expression.text("/key");
    let values: Vec<_> = expression
        .items("/values")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let text = match expression.text("/operator") {
        "In" => format!("{key} in ({})", values.join(",")),
        "NotIn" => format!("{key} notin ({})", values.join(",")),
        "Exists" => key.to_owned(),
        "DoesNotExist" => format!("!{key}"),
        _ => return false,
    };
    text.parse::<Selector>()
        .is_ok_and(|selector| selector.matches(labels))
}

fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
