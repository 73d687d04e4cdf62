//! Applying patches, within bounds: what is copied over and over grows without end, in size and in depth.

use json_patch::{PatchOperation, merge, patch_unsafe};
use krake_core::FieldErrors;
use serde::Deserialize;
use serde_json::Value;

use super::{PatchForm, decode};
use crate::refusal::Refusal;

/// The most operations of one patch.
const OPERATIONS: usize = 1_000;
/// How deep a value may come to lie.
const DEPTH: usize = 100;

/// A decoded patch.
#[derive(Clone, Debug)]
pub(super) enum Patch {
    Json(Vec<PatchOperation>),
    Merge(Value),
}

impl Patch {
    /// Decodes the body of a PATCH.
    pub(super) fn decode(form: PatchForm, body: &[u8]) -> Result<Self, Refusal> {
        let value = decode::json(body)?;
        match form {
            PatchForm::Merge if value.is_object() => Ok(Self::Merge(value)),
            PatchForm::Merge => Err(wrong("", "A merge patch is a JSON object.")),
            PatchForm::Json => operations(value).map(Self::Json),
        }
    }

    /// What the patch makes of `object`, in at most `limit` bytes unless it was larger before.
    pub(super) fn apply(&self, object: Value, limit: usize) -> Result<Value, Refusal> {
        let before = size(&object);
        let patched = match self {
            Self::Merge(patch) => {
                let mut patched = object;
                merge(&mut patched, patch);
                patched
            }
            Self::Json(operations) => in_order(object, operations, limit)?,
        };
        if size(&patched) > limit.max(before) {
            return Err(Refusal::GrownTooLarge { limit });
        }
        Ok(patched)
    }
}

fn wrong(field: impl Into<String>, message: impl Into<String>) -> Refusal {
    Refusal::Invalid(FieldErrors::single(field, message))
}

fn operations(value: Value) -> Result<Vec<PatchOperation>, Refusal> {
    let Value::Array(operations) = value else {
        return Err(wrong("", "A JSON patch is a list of operations."));
    };
    if operations.len() > OPERATIONS {
        return Err(wrong("", format!("A patch has at most {OPERATIONS} operations.")));
    }
    let operations = operations.into_iter().enumerate();
    operations
        .map(|(index, operation)| {
            PatchOperation::deserialize(operation)
                .map_err(|error| wrong(format!("[{index}]"), error.to_string()))
        })
        .collect()
}

/// Applies one operation after the other; `copied` bytes are what all of them together may copy.
fn in_order(
    mut object: Value,
    operations: &[PatchOperation],
    mut copied: usize,
) -> Result<Value, Refusal> {
    let limit = copied;
    for (index, operation) in operations.iter().enumerate() {
        if let PatchOperation::Copy(copy) = operation {
            let source = object.pointer(copy.from.as_str()).map_or(0, size);
            copied = copied
                .checked_sub(source)
                .ok_or(Refusal::GrownTooLarge { limit })?;
        }
        check_depth(&object, operation, index)?;
        apply(&mut object, operation, index)?;
    }
    Ok(object)
}

fn apply(object: &mut Value, operation: &PatchOperation, index: usize) -> Result<(), Refusal> {
    if let PatchOperation::Test(test) = operation
        && let Some(found) = object.pointer(test.path.as_str())
    {
        if is_same(found, &test.value) {
            return Ok(());
        }
        return Err(Refusal::TestFailed { index, path: test.path.as_str().to_owned() });
    }
    patch_unsafe(object, std::slice::from_ref(operation))
        .map_err(|error| wrong(format!("[{index}]"), format!("{}: {}", error.kind, error.path)))
}

/// Refuses to put a value where it would lie too deep to be read again.
fn check_depth(object: &Value, operation: &PatchOperation, index: usize) -> Result<(), Refusal> {
    let (value, path) = match operation {
        PatchOperation::Add(add) => (Some(&add.value), &add.path),
        PatchOperation::Replace(replace) => (Some(&replace.value), &replace.path),
        PatchOperation::Copy(copy) => (object.pointer(copy.from.as_str()), &copy.path),
        PatchOperation::Move(r#move) => (object.pointer(r#move.from.as_str()), &r#move.path),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => return Ok(()),
    };
    if path.count() + value.map_or(0, depth) > DEPTH {
        return Err(wrong(format!("[{index}]"), format!("nested more than {DEPTH} levels deep")));
    }
    Ok(())
}

/// The levels of objects and arrays.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(entries) => 1 + entries.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The length of the value as JSON text, more or less: escapes count as what they stand for.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text.len() + 2,
        Value::Array(entries) => 2 + entries.iter().map(|entry| size(entry) + 1).sum::<usize>(),
        Value::Object(members) => {
            let sizes = members
                .iter()
                .map(|(name, value)| name.len() + 4 + size(value));
            2 + sizes.sum::<usize>()
        }
    }
}

/// Whether two values are equal as RFC 6902 says: numbers by their value, whatever their spelling.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}
