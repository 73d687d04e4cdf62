//! From bodies to objects.

use krake_core::{FieldErrors, Resource, input};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::refusal::Refusal;

/// Decodes a body of which every member counts.
pub(super) fn whole<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    Ok(input::decode_value(json(body)?)?)
}

/// Decodes the body of a POST: what the server sets itself is ignored, even where it is of a wrong type.
pub(super) fn new_object<K: Resource>(body: &[u8]) -> Result<K, Refusal> {
    const METADATA: [&str; 6] =
        ["uid", "created", "modified", "deleted", "generation", "resource_version"];
    let mut value = json(body)?;
    if let Some(object) = value.as_object_mut()
        && K::KIND.status
    {
        object.remove("status");
    }
    if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
        metadata.retain(|key, _| !METADATA.contains(&key.as_str()));
    }
    Ok(input::decode_value(value)?)
}

/// Decodes the body of a PUT: what the server sets itself must be there, although it is not taken over.
pub(super) fn full_object<K: Resource>(body: &[u8]) -> Result<K, Refusal> {
    full_value(json(body)?)
}

/// The same, of JSON that was read before.
pub(super) fn full_value<K: Resource>(value: Value) -> Result<K, Refusal> {
    let mut errors = FieldErrors::default();
    if let Some(Value::Object(metadata)) = value.get("metadata") {
        for field in ["uid", "created", "modified"] {
            match metadata.get(field) {
                None => errors.add(format!("metadata.{field}"), MISSING),
                Some(Value::Null) => errors.add(format!("metadata.{field}"), NULL),
                Some(_) => {}
            }
        }
    }
    if K::KIND.status && value.get("status").is_none() {
        errors.add("status", MISSING);
    }
    match input::decode_value(value) {
        Ok(object) => {
            errors.into_result()?;
            Ok(object)
        }
        Err(wrong) => {
            errors.merge(Err(wrong));
            Err(Refusal::Invalid(errors))
        }
    }
}

const MISSING: &str = "Missing data for required field.";
const NULL: &str = "Field may not be null.";

/// A body that is no JSON at all is of the wrong media type; JSON that cannot be held, such as one nested too deeply, is invalid.
pub(super) fn json(body: &[u8]) -> Result<Value, Refusal> {
    input::decode(body).map_err(|errors| match check_json(body) {
        Ok(()) => Refusal::Invalid(errors),
        Err(reason) => Refusal::NotJson(reason),
    })
}

/// Whether it is JSON; the error says why not, and where.
fn check_json(body: &[u8]) -> Result<(), String> {
    if body.is_empty() {
        return Err("it is empty".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let IgnoredAny = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(())
}
