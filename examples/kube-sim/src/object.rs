//! Reading and writing inside the JSON of an object.

use krake_core::Labels;
use serde_json::{Map, Value};

/// Typed access to members of a JSON object by JSON pointer (`/metadata/name`); what is missing or of another type reads as empty.
pub(crate) trait Fields {
    /// The text there, or `""`.
    fn text(&self, pointer: &str) -> &str;
    /// The whole number there.
    fn number(&self, pointer: &str) -> Option<i64>;
    /// The elements of the list there.
    fn items(&self, pointer: &str) -> &[Value];
    /// The string members of the object there.
    fn labels(&self, pointer: &str) -> Labels;
    /// Sets a member, creating the objects on the way to it; whatever else stands in the way is replaced.
    fn set(&mut self, path: &[&str], value: Value);
    /// Removes a member and answers it.
    fn cut(&mut self, path: &[&str]) -> Option<Value>;
    /// Sets a member that is missing or null.
    fn default_to(&mut self, path: &[&str], value: Value);

    /// The object's name.
    fn name(&self) -> &str {
        self.text("/metadata/name")
    }
    /// The object's namespace, `""` without one.
    fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }
    /// The object's UID.
    fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }
    /// Whether somebody has asked for the object's deletion.
    fn is_deleting(&self) -> bool {
        !self.text("/metadata/deletionTimestamp").is_empty()
    }
    /// The finalizers in order.
    fn finalizers(&self) -> Vec<&str> {
        self.items("/metadata/finalizers")
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }
    /// The status of a condition: `True`, `False`, `Unknown`, or `""` when it is not there.
    fn condition(&self, kind: &str) -> &str {
        self.items("/status/conditions")
            .iter()
            .find(|condition| condition.text("/type") == kind)
            .map_or("", |condition| condition.text("/status"))
    }
    /// The owner reference of the managing controller.
    fn controller(&self) -> Option<&Value> {
        self.items("/metadata/ownerReferences")
            .iter()
            .find(|owner| owner["controller"] == Value::Bool(true))
    }
}

impl Fields for Value {
    fn text(&self, pointer: &str) -> &str {
        self.pointer(pointer)
            .and_then(Self::as_str)
            .unwrap_or_default()
    }

    fn number(&self, pointer: &str) -> Option<i64> {
        self.pointer(pointer).and_then(Self::as_i64)
    }

    fn items(&self, pointer: &str) -> &[Value] {
        self.pointer(pointer)
            .and_then(Self::as_array)
            .map_or(&[], Vec::as_slice)
    }

    fn labels(&self, pointer: &str) -> Labels {
        let members = self.pointer(pointer).and_then(Self::as_object);
        members
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    fn set(&mut self, path: &[&str], value: Value) {
        let mut place = self;
        for member in path {
            place = object_mut(place)
                .entry((*member).to_owned())
                .or_insert(Self::Null);
        }
        *place = value;
    }

    fn cut(&mut self, path: &[&str]) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        let mut place = self;
        for member in parents {
            place = place.get_mut(*member)?;
        }
        place.as_object_mut()?.remove(*last)
    }

    fn default_to(&mut self, path: &[&str], value: Value) {
        let pointer = path
            .iter()
            .fold(String::new(), |pointer, member| pointer + "/" + member);
        if self.pointer(&pointer).is_none_or(Self::is_null) {
            self.set(path, value);
        }
    }
}

/// The value as an object; anything else becomes an empty one.
pub(crate) fn object_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object above")
}
