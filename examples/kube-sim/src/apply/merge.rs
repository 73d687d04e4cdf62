//! Server-side apply.

use serde_json::Value;

use super::field_set::{FieldSet, display, element_step, fields_of, is_key, remove, resolve};
use super::managed::{Entry, Manager, entries, entry, store};
use crate::error::{ApiError, Cause};
use crate::kinds::ResourceType;
use crate::object::{Fields, object_mut};
use crate::patch::{ListType, Place};

/// Applies what a manager wants to the live object (`null` when there is none).
///
/// Fields the manager applied before and no longer sends go, unless another manager owns them too. Without `force`, a field that
/// another manager owns with another value is a conflict.
pub(crate) fn apply(
    kind: &ResourceType,
    live: &Value,
    wanted: &Value,
    manager: &Manager,
    force: bool,
) -> Result<Value, ApiError> {
    let place = Place::root(kind);
    let fields = fields_of(place, wanted);
    let (mine, mut others): (Vec<_>, Vec<_>) = entries(live)
        .into_iter()
        .partition(|entry| entry.belongs_to(manager));
    let conflicts = conflicts(live, wanted, &fields, &others);
    if !force && !conflicts.is_empty() {
        return Err(ApiError::apply_conflict(&conflicts));
    }
    let before: FieldSet = mine.into_iter().flat_map(|entry| entry.fields).collect();
    let mut merged = live.clone();
    for path in dropped(&before, &fields, &others) {
        remove(&mut merged, path);
    }
    merge(place, &mut merged, wanted);
    for other in &mut others {
        other
            .fields
            .retain(|path| !fields.contains(path) || is_same(live, wanted, path));
    }
    others.push(kept_time(kind, live, manager, fields));
    store(&mut merged, others);
    Ok(merged)
}

/// The manager's new entry; its time moves only when it now applies other fields, so that applying twice changes nothing.
fn kept_time(kind: &ResourceType, live: &Value, manager: &Manager, fields: FieldSet) -> Entry {
    let known = entries(live)
        .into_iter()
        .find(|entry| entry.belongs_to(manager) && entry.fields == fields);
    known.unwrap_or_else(|| entry(kind, manager, fields))
}

fn conflicts(live: &Value, wanted: &Value, fields: &FieldSet, others: &[Entry]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for other in others {
        for path in other.fields.intersection(fields) {
            if !is_same(live, wanted, path) {
                causes.push(Cause {
                    reason: "FieldManagerConflict",
                    message: format!("conflict with \"{}\"", describe(other)),
                    field: display(path),
                });
            }
        }
    }
    causes
}

fn describe(entry: &Entry) -> String {
    match entry.value.text("/operation") {
        "Apply" => entry.manager().to_owned(),
        _ => format!("{} using {}", entry.manager(), entry.value.text("/apiVersion")),
    }
}

/// Elements of keyed lists are the same when both have them.
fn is_same(live: &Value, wanted: &Value, path: &[String]) -> bool {
    let is_element = path.last().is_some_and(|step| !step.starts_with("f:"));
    match resolve(live, path) {
        Some(value) => is_element || Some(value) == resolve(wanted, path),
        None => true,
    }
}

/// What to remove, elements of lists before what is in them: an element goes as a whole if nobody owns anything in it, and keeps
/// its keys otherwise.
fn dropped<'a>(before: &'a FieldSet, now: &FieldSet, others: &[Entry]) -> Vec<&'a Vec<String>> {
    let owned = |path: &Vec<String>| {
        let within = |other: &Vec<String>| other.starts_with(path);
        now.iter().any(within) || others.iter().any(|other| other.fields.iter().any(within))
    };
    let mut gone: Vec<_> = before
        .iter()
        .filter(|path| !owned(path) && !is_key(path))
        .collect();
    gone.sort_by_key(|path| path.len());
    gone
}

fn merge(place: Place<'_>, live: &mut Value, wanted: &Value) {
    match wanted {
        Value::Null => {}
        Value::Object(members) => {
            let live = object_mut(live);
            for (member, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                merge(
                    place.member(member),
                    live.entry(member.clone()).or_insert(Value::Null),
                    value,
                );
            }
        }
        Value::Array(elements) if place.list_type() != ListType::Atomic && live.is_array() => {
            merge_elements(place, live, elements);
        }
        other => *live = other.clone(),
    }
}

fn merge_elements(place: Place<'_>, live: &mut Value, wanted: &[Value]) {
    let Some(live) = live.as_array_mut() else { return };
    for element in wanted {
        let step = element_step(place, element);
        let position = live
            .iter()
            .position(|present| element_step(place, present) == step);
        match position {
            Some(position) => merge(place.element(), &mut live[position], element),
            None => live.push(element.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::managed::{Operation, record_update};
    use super::*;
    use crate::kinds::Catalog;

    fn manager(name: &str) -> Manager {
        Manager {
            name: name.to_owned(),
            operation: Operation::Apply,
            subresource: "",
            time: "t".to_owned(),
        }
    }

    fn applied(live: &Value, wanted: &Value, name: &str, force: bool) -> Result<Value, ApiError> {
        let catalog = Catalog::builtin();
        let kind = catalog.by_kind("apps/v1", "Deployment").unwrap();
        apply(kind, live, wanted, &manager(name), force)
    }

    fn deployment(containers: &Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn what_a_manager_no_longer_sends_is_removed_and_others_stay() {
        let live = applied(
            &Value::Null,
            &json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
            "one",
            false,
        )
        .unwrap();
        let live =
            applied(&live, &json!({"metadata": {"labels": {"c": "3"}}}), "two", false).unwrap();
        let live =
            applied(&live, &json!({"metadata": {"labels": {"a": "1"}}}), "one", false).unwrap();
        assert_eq!(live["metadata"]["labels"], json!({"a": "1", "c": "3"}));
    }

    #[test]
    fn a_shared_field_stays_until_its_last_owner_drops_it() {
        let wanted = json!({"metadata": {"labels": {"a": "1"}}});
        let live = applied(&Value::Null, &wanted, "one", false).unwrap();
        let live = applied(&live, &wanted, "two", false).unwrap();
        let live = applied(&live, &json!({}), "one", false).unwrap();
        assert_eq!(live["metadata"]["labels"], json!({"a": "1"}));
        let live = applied(&live, &json!({}), "two", false).unwrap();
        assert_eq!(live["metadata"].get("labels"), None);
    }

    #[test]
    fn another_value_is_a_conflict_unless_forced() {
        let live = applied(&Value::Null, &json!({"spec": {"replicas": 1}}), "one", false).unwrap();
        let wanted = json!({"spec": {"replicas": 2}});
        let error = applied(&live, &wanted, "two", false).unwrap_err();
        assert_eq!(
            error.message,
            "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas"
        );
        let live = applied(&live, &wanted, "two", true).unwrap();
        assert_eq!(live["spec"]["replicas"], 2);
        let live = applied(&live, &json!({}), "one", false).unwrap();
        assert_eq!(
            live["spec"]["replicas"], 2,
            "the forced field is no longer the first manager's"
        );
    }

    #[test]
    fn containers_are_told_apart_by_name() {
        let first =
            deployment(&json!([{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]));
        let live = applied(&Value::Null, &first, "one", false).unwrap();
        let sidecar = deployment(&json!([{"name": "sidecar", "image": "s:1"}]));
        let live = applied(&live, &sidecar, "two", false).unwrap();
        let live =
            applied(&live, &deployment(&json!([{"name": "a", "image": "a:2"}])), "one", false)
                .unwrap();
        assert_eq!(
            live["spec"]["template"]["spec"]["containers"],
            json!([{"name": "a", "image": "a:2"}, {"name": "sidecar", "image": "s:1"}])
        );
    }

    #[test]
    fn an_element_that_others_write_to_keeps_its_key() {
        let catalog = Catalog::builtin();
        let kind = catalog.by_kind("apps/v1", "Deployment").unwrap();
        let first = deployment(&json!([{"name": "a", "image": "a:1"}]));
        let live = applied(&Value::Null, &first, "one", false).unwrap();
        let mut changed = live.clone();
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "a:2".into();
        let update = Manager { operation: Operation::Update, ..manager("kubectl") };
        record_update(kind, &live, &mut changed, &update);
        let live = applied(&changed, &deployment(&json!([])), "one", false).unwrap();
        let containers = &live["spec"]["template"]["spec"]["containers"];
        assert_eq!(*containers, json!([{"name": "a", "image": "a:2"}]));
    }

    #[test]
    fn an_update_takes_the_fields_it_changes() {
        let catalog = Catalog::builtin();
        let kind = catalog.by_kind("apps/v1", "Deployment").unwrap();
        let live =
            applied(&Value::Null, &json!({"spec": {"replicas": 1, "paused": true}}), "one", false)
                .unwrap();
        let mut scaled = live.clone();
        scaled["spec"]["replicas"] = 5.into();
        let update = Manager { operation: Operation::Update, ..manager("kubectl") };
        record_update(kind, &live, &mut scaled, &update);
        let error =
            applied(&scaled, &json!({"spec": {"replicas": 1, "paused": true}}), "one", false)
                .unwrap_err();
        assert!(
            error
                .message
                .contains("conflict with \"kubectl using apps/v1\": .spec.replicas"),
            "{}",
            error.message
        );
    }
}
