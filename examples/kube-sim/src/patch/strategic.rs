//! Strategic merge patches: merge patches that know the keys of lists.

use serde_json::{Map, Value};

use super::list_type::{ListType, Place};
use crate::object::object_mut;

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch to what stands at `place`.
pub(super) fn strategic_merge(place: Place<'_>, target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    match directive(patch) {
        "replace" => *target = without_directives(patch),
        "delete" => *target = Value::Object(Map::new()),
        _ => merge_members(place, target, patch),
    }
}

fn merge_members(place: Place<'_>, target: &mut Value, patch: &Map<String, Value>) {
    let target = object_mut(target);
    if let Some(Value::Array(kept)) = patch.get(RETAIN) {
        target.retain(|member, _| kept.iter().any(|kept| *kept == **member));
    }
    for (member, value) in patch.iter().filter(|(member, _)| !member.starts_with('$')) {
        let place = place.member(member);
        match value {
            Value::Null => {
                target.remove(member);
            }
            Value::Array(elements) => {
                merge_list(place, target.entry(member.clone()).or_insert(Value::Null), elements);
            }
            value => {
                strategic_merge(place, target.entry(member.clone()).or_insert(Value::Null), value);
            }
        }
    }
    for (member, value) in patch {
        finish_list(place, target, member, value);
    }
}

/// What `$deleteFromPrimitiveList/x` and `$setElementOrder/x` ask for.
fn finish_list(place: Place<'_>, target: &mut Map<String, Value>, member: &str, value: &Value) {
    let named = |prefix: &str| member.strip_prefix(prefix).zip(value.as_array());
    if let Some((list, removed)) = named(DELETE) {
        if let Some(Value::Array(elements)) = target.get_mut(list) {
            elements.retain(|element| !removed.contains(element));
        }
    } else if let Some((list, order)) = named(ORDER)
        && let Some(Value::Array(elements)) = target.get_mut(list)
    {
        let key = merge_key(place.member(list));
        let rank = |element: &Value| {
            let position = order.iter().position(|wanted| same(key, element, wanted));
            position.unwrap_or(order.len())
        };
        elements.sort_by_key(rank);
    }
}

fn merge_list(place: Place<'_>, target: &mut Value, patch: &[Value]) {
    let replaces = |element: &Value| {
        element
            .as_object()
            .is_some_and(|element| directive(element) == "replace")
    };
    let mergeable = !matches!(place.list_type(), ListType::Atomic);
    let (true, Value::Array(elements)) = (mergeable && !patch.iter().any(replaces), &mut *target)
    else {
        *target = patch.iter().filter_map(new_element).collect();
        return;
    };
    let key = merge_key(place);
    for element in patch {
        let position = elements
            .iter()
            .position(|present| same(key, present, element));
        let deletes = element
            .as_object()
            .is_some_and(|element| directive(element) == "delete");
        match position {
            Some(position) if deletes => {
                elements.remove(position);
            }
            Some(position) => strategic_merge(place.element(), &mut elements[position], element),
            None if deletes => {}
            None => elements.extend(new_element(element)),
        }
    }
}

/// The member that identifies an element; none for lists of scalars.
fn merge_key(place: Place<'_>) -> Option<&str> {
    match place.list_type() {
        ListType::Map(keys) => keys.first().copied(),
        ListType::Set | ListType::Atomic => None,
    }
}

fn same(key: Option<&str>, left: &Value, right: &Value) -> bool {
    match key {
        Some(key) => left.get(key).is_some() && left.get(key) == right.get(key),
        None => left == right,
    }
}

fn directive(patch: &Map<String, Value>) -> &str {
    patch
        .get(DIRECTIVE)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn without_directives(patch: &Map<String, Value>) -> Value {
    let members = patch
        .iter()
        .filter(|(member, value)| !member.starts_with('$') && !value.is_null());
    members
        .map(|(member, value)| {
            (
                member.clone(),
                value
                    .as_object()
                    .map_or_else(|| value.clone(), without_directives),
            )
        })
        .collect::<Map<_, _>>()
        .into()
}

/// What a new element contributes: nothing if it is only a directive.
fn new_element(element: &Value) -> Option<Value> {
    let Value::Object(members) = element else { return Some(element.clone()) };
    let element = without_directives(members);
    let only_directive = !members.is_empty() && element.as_object().is_some_and(Map::is_empty);
    (!only_directive).then_some(element)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::Catalog;

    fn patched(mut target: Value, patch: &Value) -> Value {
        let catalog = Catalog::builtin();
        let kind = catalog.by_kind("v1", "Pod").unwrap();
        strategic_merge(Place::root(kind), &mut target, patch);
        target
    }

    #[test]
    fn containers_merge_by_name_and_their_arguments_are_replaced() {
        let target = json!({"spec": {"containers": [
            {"name": "a", "image": "a:1", "args": ["x", "y"]},
            {"name": "b", "image": "b:1"},
        ]}});
        let patch = json!({"spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
            "containers": [{"name": "a", "image": "a:2", "args": ["z"]}, {"name": "c"}, {"name": "b", "$patch": "delete"}],
        }});
        let expected = json!({"spec": {"containers": [{"name": "c"}, {"name": "a", "image": "a:2", "args": ["z"]}]}});
        assert_eq!(patched(target, &patch), expected);
    }

    #[test]
    fn replace_and_retain_keys_drop_what_they_do_not_name() {
        let target =
            json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"x": 1, "y": 2}});
        let patch = json!({
            "metadata": {"labels": {"$patch": "replace", "c": "3"}},
            "spec": {"$retainKeys": ["y", "z"], "z": 3},
        });
        assert_eq!(
            patched(target, &patch),
            json!({"metadata": {"labels": {"c": "3"}}, "spec": {"y": 2, "z": 3}})
        );
    }

    #[test]
    fn finalizers_are_a_set() {
        let target = json!({"metadata": {"finalizers": ["a", "b"]}});
        let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}});
        assert_eq!(patched(target, &patch), json!({"metadata": {"finalizers": ["b", "c"]}}));
    }
}
