//! From bodies to objects, or to everything that is wrong with them.

use krake_core::input::{self, Invalid};
use krake_core::{FieldErrors, Resource};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::check;
use crate::refusal::Refusal;

/// How deep a body may be nested. Lists and watches put objects a few levels deeper, and clients read 128 levels.
const DEEPEST: usize = 100;

/// Decodes a body of which every member counts.
pub(super) fn whole<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let again = || json(body).unwrap_or_default();
    input::decode_prepared(json(body)?, again)
        .map_err(|invalid: Invalid<T>| refusal(invalid.checked(|_| Ok(())), body))
}

/// Decodes and checks the body of a POST: what the server sets itself is ignored, even where it is of a wrong type.
pub(super) fn new_object<K: Resource>(body: &[u8], namespace: Option<&str>) -> Result<K, Refusal> {
    let json = || json(body).map(without_server_members::<K>);
    let checks = |object: &mut K| check::new_object(object, namespace);
    match input::decode_prepared(json()?, || json().unwrap_or_default()) {
        Ok(mut object) => match checks(&mut object) {
            Ok(()) => Ok(object),
            Err(errors) => Err(refusal(errors, body)),
        },
        Err(invalid) => Err(refusal(invalid.checked(checks), body)),
    }
}

fn without_server_members<K: Resource>(mut value: Value) -> Value {
    const METADATA: [&str; 6] =
        ["uid", "created", "modified", "deleted", "generation", "resource_version"];
    if let Some(object) = value.as_object_mut()
        && K::KIND.status
    {
        object.remove("status");
    }
    if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
        metadata.retain(|key, _| !METADATA.contains(&key.as_str()));
    }
    value
}

/// Decodes the body of a PUT: what the server sets itself must be there, although it is not taken over.
///
/// Only the metadata is checked, unless something is wrong: the rules of the kind may depend on what is stored.
pub(super) fn full_object<K: Resource>(body: &[u8], namespace: Option<&str>) -> Result<K, Refusal> {
    let again = || json(body).unwrap_or_default();
    full(json(body)?, again, namespace).map_err(|errors| refusal(errors, body))
}

/// The same, of JSON that was read before.
pub(super) fn full_value<K: Resource>(
    value: &Value,
    namespace: Option<&str>,
) -> Result<K, Refusal> {
    Ok(full(value.clone(), || value.clone(), namespace)?)
}

fn full<K: Resource>(
    value: Value,
    again: impl FnOnce() -> Value,
    namespace: Option<&str>,
) -> Result<K, FieldErrors> {
    let mut errors = lacking::<K>(&value);
    match input::decode_prepared(value, again) {
        Ok(mut object) => {
            errors.merge(check::metadata(&mut object, namespace));
            if errors.0.is_empty() {
                return Ok(object);
            }
            errors.merge(object.validate(None));
        }
        Err(invalid) => errors.merge(Err(invalid.checked(|object: &mut K| {
            let mut errors = FieldErrors::default();
            errors.merge(check::metadata(object, namespace));
            errors.merge(object.validate(None));
            errors.into_result()
        }))),
    }
    Err(errors)
}

/// What the server sets itself and a full object lacks.
fn lacking<K: Resource>(value: &Value) -> FieldErrors {
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
    if K::KIND.status && value.is_object() && value.get("status").is_none() {
        errors.add("status", MISSING);
    }
    errors
}

const MISSING: &str = "Missing data for required field.";
const NULL: &str = "Field may not be null.";

/// The answer to a body with errors.
pub(super) fn refusal(errors: FieldErrors, body: &[u8]) -> Refusal {
    Refusal::Invalid(errors.in_order_of(body))
}

/// A body that is no JSON at all is of the wrong media type; JSON that cannot be held, such as one nested too deeply, is invalid.
pub(super) fn json(body: &[u8]) -> Result<Value, Refusal> {
    match serde_json::from_slice(body) {
        Ok(value) if is_deeper(&value, DEEPEST) => Err(too_deep()),
        Ok(value) => Ok(value),
        Err(error) => Err(not_held(body, &error)),
    }
}

/// Whether there is something inside of more than so many containers.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let is_deeper = |inside: &Value| match levels.checked_sub(1) {
        Some(levels) => is_deeper(inside, levels),
        None => true,
    };
    match value {
        Value::Array(items) => items.iter().any(is_deeper),
        Value::Object(members) => members.values().any(is_deeper),
        _ => false,
    }
}

fn too_deep() -> Refusal {
    let message = format!("The body is nested too deeply: {DEEPEST} levels are the limit.");
    FieldErrors::single("", message).into()
}

/// Why a body is no value.
fn not_held(body: &[u8], error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return too_deep();
    }
    match check_json(body) {
        Ok(()) => {
            let place = format!("line {} column {}", error.line(), error.column());
            FieldErrors::single("", format!("Number too large at {place}.")).into()
        }
        Err(reason) => Refusal::NotJson(reason),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_held_down_to_a_depth() {
        let nested = |levels: usize| "[".repeat(levels) + "5" + &"]".repeat(levels);
        assert!(json(nested(DEEPEST).as_bytes()).is_ok());
        for levels in [DEEPEST + 1, 127, 128, 100_000] {
            let refusal = json(nested(levels).as_bytes()).unwrap_err();
            assert_eq!(refusal.status(), 422, "{levels}");
            assert!(refusal.to_string().contains("100 levels"), "{refusal}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_held_are_told_with_their_place() {
        let refusal = json(b"{\"a\":\n 1e999}").unwrap_err();
        assert_eq!(refusal.to_string(), "Number too large at line 2 column 6.");
        assert_eq!(refusal.status(), 422);
    }
}
