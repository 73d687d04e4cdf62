//! Which objects of a collection are wanted.

use krake_core::Selector;
use serde_json::Value;

use super::query::Query;
use crate::error::ApiError;
use crate::kinds::ResourceType;
use crate::object::Fields;

/// Label selector and field selector of a request.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    labels: Selector,
    fields: Vec<FieldCondition>,
}

#[derive(Clone, Debug)]
struct FieldCondition {
    pointer: String,
    value: String,
    equal: bool,
}

impl Filter {
    pub(super) fn parse(kind: &ResourceType, query: &Query) -> Result<Self, ApiError> {
        let labels = query.text("labelSelector").parse().map_err(|error| {
            ApiError::bad_request(format!("unable to parse requirement: {error}"))
        })?;
        let conditions = query.text("fieldSelector").split(',');
        let fields = conditions
            .filter(|condition| !condition.is_empty())
            .map(|condition| field_condition(kind, condition))
            .collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    /// The filter for one object.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let field = |condition: &FieldCondition| {
            (text_of(object, &condition.pointer) == condition.value) == condition.equal
        };
        self.fields.iter().all(field)
            && (self.labels.is_empty() || self.labels.matches(&object.labels("/metadata/labels")))
    }
}

fn text_of(object: &Value, pointer: &str) -> String {
    match object.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

fn field_condition(kind: &ResourceType, condition: &str) -> Result<FieldCondition, ApiError> {
    let unequal = condition.split_once("!=").map(|parts| (parts, false));
    let equal = || {
        condition
            .split_once('=')
            .map(|(field, value)| ((field, value.trim_start_matches('=')), true))
    };
    let Some(((field, value), equal)) = unequal.or_else(equal) else {
        let message = format!(
            "invalid selector: {condition:?}; can't understand: write field=value or field!=value"
        );
        return Err(ApiError::bad_request(message));
    };
    let known: &[&str] = match kind.kind.as_str() {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
        ],
        "Node" => &["spec.unschedulable"],
        "Namespace" => &["status.phase"],
        "Secret" => &["type"],
        "Service" => &["spec.clusterIP", "spec.type"],
        "Job" => &["status.successful"],
        "ReplicaSet" => &["status.replicas"],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    };
    let field = field.trim();
    if !matches!(field, "metadata.name" | "metadata.namespace") && !known.contains(&field) {
        let message = format!("field label not supported: {field}");
        return Err(ApiError::bad_request(message));
    }
    let pointer = format!("/{}", field.replace('.', "/"));
    Ok(FieldCondition { pointer, value: value.trim().to_owned(), equal })
}
