//! The way in.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::deserializer::Input;
use super::diagnosis::{Diagnosis, diagnose};
use super::outline;
use crate::FieldErrors;
use crate::validation::{is_same_or_inside, plain_message};

/// Decodes a JSON text that a user sent.
///
/// # Errors
/// Everything that does not fit its type, in the order of the text; the empty field if the text is no JSON.
pub fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, FieldErrors> {
    let value: Value = serde_json::from_slice(json)
        .map_err(|error| FieldErrors::single("", plain_message(&error)))?;
    let again = || serde_json::from_slice(json).unwrap_or_default();
    decode_prepared(value, again).map_err(|invalid: Invalid<T>| invalid.errors.in_order_of(json))
}

/// Decodes JSON that a user sent.
///
/// # Errors
/// Everything that does not fit its type.
pub fn decode_value<T: DeserializeOwned>(json: Value) -> Result<T, FieldErrors> {
    let copy = json.clone();
    decode_prepared(json, || copy).map_err(|invalid: Invalid<T>| invalid.errors)
}

/// Decodes JSON that a user sent and that can be made once more: decoding uses it up, and only if that fails a
/// second copy is needed, to find out all that is wrong.
///
/// # Errors
/// Everything that does not fit its type, and what is left without it.
pub fn decode_prepared<T: DeserializeOwned>(
    json: Value,
    again: impl FnOnce() -> Value,
) -> Result<T, Invalid<T>> {
    T::deserialize(Input::plain(json)).map_err(|_| Invalid::of(diagnose(&again())))
}

/// An input that does not fit its type.
#[derive(Debug)]
pub struct Invalid<T> {
    errors: FieldErrors,
    repaired: Option<T>,
    unsound: Vec<String>,
}

impl<T> Invalid<T> {
    fn of(Diagnosis { errors, repaired, unsound, .. }: Diagnosis<T>) -> Self {
        Self { errors, repaired, unsound }
    }

    /// All errors, those included that `check` finds in the parts that do fit.
    ///
    /// `check` is given the input with something neutral in the places of what does not fit; what it finds there, in what is
    /// inside of these places and in what contains them is left out.
    pub fn checked(self, check: impl FnOnce(&mut T) -> Result<(), FieldErrors>) -> FieldErrors {
        let Self { mut errors, repaired, unsound } = self;
        let found = repaired.and_then(|mut object| check(&mut object).err());
        let is_sound = |field: &str| {
            !unsound.iter().any(|unsound| {
                is_same_or_inside(field, unsound) || is_same_or_inside(unsound, field)
            })
        };
        let found = found.unwrap_or_default().0.into_iter();
        for error in found.filter(|error| is_sound(&error.field)) {
            errors.add(error.field, error.message);
        }
        errors
    }
}

impl FieldErrors {
    /// The same errors, in the order in which their fields come in the text that the user sent; not more than a user reads.
    #[must_use]
    pub fn in_order_of(mut self, json: &[u8]) -> Self {
        outline::sort(&mut self, json);
        self.shortened()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::Timestamp;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Everything {
        text: String,
        int: i64,
        count: u64,
        float: f64,
        flag: bool,
        time: Option<Timestamp>,
        state: State,
        nested: BTreeMap<String, Vec<Inner>>,
        by_number: BTreeMap<u8, bool>,
        free: Option<Value>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum State {
        #[default]
        Good,
        Bad,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        name: String,
        size: Option<i64>,
    }

    fn read(json: Value) -> Result<Everything, String> {
        decode_value(json).map_err(|errors| errors.to_string())
    }

    fn refusal(json: Value) -> String {
        read(json).unwrap_err()
    }

    #[test]
    fn members_are_coerced_at_any_depth() {
        let read = read(json!({
            "text": "5", "int": "-5", "count": 5.9, "float": "5", "flag": "yes",
            "time": "2026-11-22 13:32Z", "state": "BAD",
            "nested": {"a": [{"name": "x", "size": " 7 "}, {"name": "y"}]},
            "by_number": {"7": 1}, "free": {"kept": ["5", null]}, "unknown": [],
        }));
        let inner = |name: &str, size| Inner { name: name.into(), size };
        let expected = Everything {
            text: "5".into(),
            int: -5,
            count: 5,
            float: 5.0,
            flag: true,
            time: Some("2026-11-22T13:32:00Z".parse().unwrap()),
            state: State::Bad,
            nested: BTreeMap::from([("a".into(), vec![inner("x", Some(7)), inner("y", None)])]),
            by_number: BTreeMap::from([(7, true)]),
            free: Some(json!({"kept": ["5", null]})),
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn a_wrong_type_is_told_with_its_place() {
        for (json, expected) in [
            (json!({"text": 5}), "text: Not a valid string."),
            (json!({"int": true}), "int: Not a valid integer."),
            (json!({"count": -1}), "count: Not a valid integer."),
            (json!({"float": []}), "float: Not a valid number."),
            (json!({"flag": "maybe"}), "flag: Not a valid boolean."),
            (json!({"time": 5}), "time: Not a valid datetime."),
            (json!({"time": "2026-11-22"}), "time: Not a valid datetime."),
            (json!({"state": "UGLY"}), "state: Invalid enum member UGLY"),
            (json!({"state": 5}), "state: Enum name must be string"),
            (json!({"nested": []}), "nested: Not a valid mapping type."),
            (json!({"nested": {"a": {}}}), "nested.a: Not a valid list."),
            (json!({"nested": {"a": [5]}}), "nested.a[0]: Not a valid mapping type."),
            (json!({"nested": {"a": [["x", 5]]}}), "nested.a[0]: Not a valid mapping type."),
            (json!({"nested": {"a": [{}]}}), "nested.a[0].name: Missing data for required field."),
            (json!([]), "Invalid input type."),
            (json!("text"), "Invalid input type."),
        ] {
            assert_eq!(refusal(json), expected);
        }
    }

    #[test]
    fn only_optional_fields_take_null() {
        assert_eq!(read(json!({"time": null, "free": null})), Ok(Everything::default()));
        for field in ["text", "int", "count", "float", "flag", "state", "nested"] {
            let mut json = json!({});
            json[field] = Value::Null;
            assert_eq!(refusal(json), format!("{field}: Field may not be null."));
        }
        let item = refusal(json!({"nested": {"a": [null]}}));
        assert_eq!(item, "nested.a[0]: Field may not be null.");
    }

    #[test]
    fn what_is_no_json_has_no_place() {
        for text in ["", "{", "{} {}", &"[".repeat(100_000)] {
            let errors = decode::<Everything>(text.as_bytes()).unwrap_err();
            assert_eq!(errors.0[0].field, "", "{text:.10}");
        }
    }
}
