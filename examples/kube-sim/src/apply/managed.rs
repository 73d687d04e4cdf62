//! `metadata.managedFields`: which manager wrote which field.

use serde_json::{Value, json};

use super::field_set::{FieldSet, decode, encode, fields_of, resolve};
use crate::kinds::ResourceType;
use crate::object::Fields;
use crate::patch::Place;

/// How a manager writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Server-side apply: what the manager leaves out later is removed.
    Apply,
    /// Everything else.
    Update,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Who writes, how, and when.
#[derive(Clone, Debug)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) operation: Operation,
    /// `""` is the main resource.
    pub(crate) subresource: &'static str,
    /// The time in the form Kubernetes writes.
    pub(crate) time: String,
}

/// One entry of the list.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) fields: FieldSet,
}

impl Entry {
    pub(super) fn belongs_to(&self, manager: &Manager) -> bool {
        self.value.text("/manager") == manager.name
            && self.value.text("/operation") == manager.operation.name()
            && self.value.text("/subresource") == manager.subresource
    }

    pub(super) fn manager(&self) -> &str {
        self.value.text("/manager")
    }
}

/// The entries of an object.
pub(super) fn entries(object: &Value) -> Vec<Entry> {
    let entries = object.items("/metadata/managedFields").iter();
    entries
        .map(|value| Entry { value: value.clone(), fields: decode(&value["fieldsV1"]) })
        .collect()
}

/// Writes entries into an object; those that own nothing are dropped.
pub(super) fn store(object: &mut Value, entries: Vec<Entry>) {
    let written: Vec<Value> = entries
        .into_iter()
        .filter(|entry| !entry.fields.is_empty())
        .map(|mut entry| {
            entry.value["fieldsV1"] = encode(&entry.fields);
            entry.value
        })
        .collect();
    object.set(&["metadata", "managedFields"], written.into());
}

/// A manager's entry with these fields, as of now.
pub(super) fn entry(kind: &ResourceType, manager: &Manager, fields: FieldSet) -> Entry {
    let mut value = json!({
        "manager": manager.name,
        "operation": manager.operation.name(),
        "apiVersion": kind.api_version(),
        "time": manager.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    });
    if !manager.subresource.is_empty() {
        value["subresource"] = manager.subresource.into();
    }
    Entry { value, fields }
}

/// Notes that a manager changed `old` to `new` by anything but server-side apply: what it changed is its own now.
///
/// The entries before are taken from `old`; a client that sends `managedFields: []` drops them, as in Kubernetes.
pub(crate) fn record_update(kind: &ResourceType, old: &Value, new: &mut Value, manager: &Manager) {
    let place = Place::root(kind);
    let (before, after) = (fields_of(place, old), fields_of(place, new));
    let changed: FieldSet = after
        .iter()
        .filter(|path| is_changed(old, new, path))
        .cloned()
        .collect();
    let reset = new
        .pointer("/metadata/managedFields")
        .is_some_and(|list| list == &json!([]));
    let mut entries = if reset { Vec::new() } else { entries(old) };
    if changed.is_empty() && before.is_subset(&after) {
        store(new, entries);
        return;
    }
    let mut own = changed.clone();
    entries.retain_mut(|present| {
        present
            .fields
            .retain(|path| after.contains(path) || !before.contains(path));
        let mine = present.belongs_to(manager);
        if mine {
            own.append(&mut present.fields);
        } else {
            present.fields.retain(|path| !changed.contains(path));
        }
        !mine
    });
    entries.push(entry(kind, manager, own));
    store(new, entries);
}

/// Elements of keyed lists change by coming and going; their members have paths of their own.
fn is_changed(old: &Value, new: &Value, path: &[String]) -> bool {
    let before = resolve(old, path);
    let is_element = path.last().is_some_and(|step| !step.starts_with("f:"));
    before.is_none() || (!is_element && before != resolve(new, path))
}
