//! Sets of field paths, written as Kubernetes writes them (`FieldsV1`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::object::{Fields, object_mut};
use crate::patch::{ListType, Place, key_value};

/// A path from the root of an object: `f:name` steps into a member, `k:{…}` and `v:…` to an element of a keyed list or set.
pub(crate) type Path = Vec<String>;

/// A set of paths to leaves, and to the elements of keyed lists themselves.
pub(crate) type FieldSet = BTreeSet<Path>;

/// The paths of everything an object says, except its identity and what only the server writes.
pub(crate) fn fields_of(place: Place<'_>, object: &Value) -> FieldSet {
    const SERVER: [&str; 11] = [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
        "generateName",
    ];
    let mut fields = FieldSet::new();
    let members = object.as_object().into_iter().flatten();
    for (member, value) in
        members.filter(|(member, _)| !matches!(member.as_str(), "apiVersion" | "kind"))
    {
        let mut path = vec![format!("f:{member}")];
        if member == "metadata" {
            let user = value.as_object().into_iter().flatten();
            for (member, value) in user.filter(|(member, _)| !SERVER.contains(&member.as_str())) {
                path.push(format!("f:{member}"));
                collect(place.member(member), value, &mut path, &mut fields);
                path.pop();
            }
        } else {
            collect(place.member(member), value, &mut path, &mut fields);
        }
    }
    fields
}

fn collect(place: Place<'_>, value: &Value, path: &mut Path, fields: &mut FieldSet) {
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                path.push(format!("f:{member}"));
                collect(place.member(member), value, path, fields);
                path.pop();
            }
        }
        Value::Array(elements) if place.list_type() != ListType::Atomic => {
            for element in elements {
                path.push(element_step(place, element));
                fields.insert(path.clone());
                if element.is_object() {
                    collect(place.element(), element, path, fields);
                }
                path.pop();
            }
        }
        _ => {
            fields.insert(path.clone());
        }
    }
}

/// The step to an element of a keyed list or set.
pub(crate) fn element_step(place: Place<'_>, element: &Value) -> String {
    match place.list_type() {
        ListType::Map(keys) => {
            let keys = keys
                .into_iter()
                .map(|key| (key.to_owned(), key_value(element, key)));
            format!("k:{}", Value::Object(keys.collect()))
        }
        ListType::Set | ListType::Atomic => format!("v:{element}"),
    }
}

/// What stands at a path.
pub(crate) fn resolve<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |place, step| match step.strip_prefix("f:") {
            Some(member) => place.get(member),
            None => place
                .as_array()?
                .iter()
                .find(|element| is_element(element, step)),
        })
}

/// Removes what stands at a path, and the objects and lists that became empty by it.
pub(crate) fn remove(object: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else { return };
    if let Some(member) = step.strip_prefix("f:") {
        let Some(members) = object.as_object_mut() else { return };
        if let Some(value) = members.get_mut(member) {
            remove(value, rest);
            if rest.is_empty() || is_hollow(value) {
                members.remove(member);
            }
        }
    } else if let Some(elements) = object.as_array_mut()
        && let Some(index) = elements
            .iter()
            .position(|element| is_element(element, step))
    {
        if rest.is_empty() {
            elements.remove(index);
        } else {
            remove(&mut elements[index], rest);
        }
    }
}

/// Whether the path is that of a member that identifies the element it is in.
pub(crate) fn is_key(path: &[String]) -> bool {
    let [.., element, member] = path else { return false };
    let keys = element.strip_prefix("k:");
    let keys: Map<String, Value> = keys
        .and_then(|keys| serde_json::from_str(keys).ok())
        .unwrap_or_default();
    member
        .strip_prefix("f:")
        .is_some_and(|member| keys.contains_key(member))
}

fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

fn is_element(element: &Value, step: &str) -> bool {
    if let Some(keys) = step.strip_prefix("k:") {
        let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
        return !keys.is_empty()
            && keys
                .iter()
                .all(|(key, value)| key_value(element, key) == *value);
    }
    step.strip_prefix("v:").is_some_and(|value| {
        serde_json::from_str::<Value>(value).is_ok_and(|value| value == *element)
    })
}

/// The `FieldsV1` form.
pub(crate) fn encode(fields: &FieldSet) -> Value {
    let mut tree = json!({});
    for path in fields {
        let mut place = &mut tree;
        for step in path {
            place = object_mut(place)
                .entry(step.clone())
                .or_insert_with(|| json!({}));
        }
        place.set(&["."], json!({}));
    }
    collapse(&mut tree);
    tree
}

/// A leaf is written `{}`, not `{".": {}}`.
fn collapse(tree: &mut Value) {
    let members = object_mut(tree);
    if members.len() == 1 {
        members.remove(".");
    }
    for (_, child) in members.iter_mut().filter(|(step, _)| *step != ".") {
        collapse(child);
    }
}

/// Reads the `FieldsV1` form.
pub(crate) fn decode(tree: &Value) -> FieldSet {
    fn walk(tree: &Value, path: &mut Path, fields: &mut FieldSet) {
        let members = tree.as_object();
        if members.is_none_or(|members| members.is_empty() || members.contains_key("."))
            && !path.is_empty()
        {
            fields.insert(path.clone());
        }
        for (step, child) in members
            .into_iter()
            .flatten()
            .filter(|(step, _)| *step != ".")
        {
            path.push(step.clone());
            walk(child, path, fields);
            path.pop();
        }
    }
    let mut fields = FieldSet::new();
    walk(tree, &mut Path::new(), &mut fields);
    fields
}

/// A path as it is shown to users: `.spec.containers[name="web"].image`.
pub(crate) fn display(path: &[String]) -> String {
    path.iter().map(|step| display_step(step)).collect()
}

fn display_step(step: &str) -> String {
    if let Some(member) = step.strip_prefix("f:") {
        return format!(".{member}");
    }
    let keys = step
        .strip_prefix("k:")
        .and_then(|keys| serde_json::from_str(keys).ok());
    let keys: Map<String, Value> = keys.unwrap_or_default();
    let keys: Vec<_> = keys
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    match step.strip_prefix("v:") {
        Some(value) => format!("[={value}]"),
        None => format!("[{}]", keys.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Catalog;

    #[test]
    fn the_written_form_reads_back_and_is_that_of_kubernetes() {
        let catalog = Catalog::builtin();
        let kind = catalog.by_kind("apps/v1", "Deployment").unwrap();
        let object = json!({
            "metadata": {"name": "x", "labels": {"a": "b"}},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "ports": [{"containerPort": 80}]}]}}},
        });
        let fields = fields_of(Place::root(kind), &object);
        let written = encode(&fields);
        let container =
            &written["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"];
        assert_eq!(
            *container,
            json!({
                ".": {},
                "f:name": {},
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
            })
        );
        assert_eq!(decode(&written), fields);
        assert!(fields.iter().all(|path| resolve(&object, path).is_some()));
    }

    #[test]
    fn removing_the_last_member_removes_its_parents() {
        let mut object = json!({"data": {"a": "1"}, "spec": {"x": 1}});
        remove(&mut object, &["f:data".to_owned(), "f:a".to_owned()]);
        assert_eq!(object, json!({"spec": {"x": 1}}));
    }
}
