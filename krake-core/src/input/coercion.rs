//! Which JSON values stand for which simple values.

use serde_json::{Number, Value};

use super::error::{InputError, NULL};

/// Larger than every integer that a field can have, or the integer.
pub(super) type Integer = i128;

/// The integer that a value stands for.
pub(super) fn integer(value: &Value) -> Result<Integer, InputError> {
    let invalid = || InputError::new("Not a valid integer.");
    match value {
        Value::Null => Err(InputError::new(NULL)),
        Value::Number(number) => whole(number),
        Value::String(text) => text.trim().parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

/// A number without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "a fraction is cut off, as documented")]
fn whole(number: &Number) -> Result<Integer, InputError> {
    if let Some(integer) = number.as_i128() {
        return Ok(integer);
    }
    let float = number.as_f64().filter(|float| float.is_finite());
    let float = float.ok_or_else(|| InputError::new("Number too large."))?;
    Ok(float as Integer)
}

/// The float that a value stands for.
pub(super) fn float(value: &Value) -> Result<f64, InputError> {
    let invalid = || InputError::new("Not a valid number.");
    let float = match value {
        Value::Null => return Err(InputError::new(NULL)),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let float: f64 = float.ok_or_else(invalid)?;
    if float.is_finite() {
        Ok(float)
    } else {
        Err(InputError::new("Special numeric values (nan or infinity) are not permitted."))
    }
}

const TRUE: [&str; 13] =
    ["t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES"];
const FALSE: [&str; 13] =
    ["f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO"];

/// The boolean that a value stands for.
pub(super) fn boolean(value: &Value) -> Result<bool, InputError> {
    let found = match value {
        Value::Null => return Err(InputError::new(NULL)),
        Value::Bool(found) => Some(*found),
        Value::Number(number) => truth(number.as_f64()),
        Value::String(text) => word(text),
        _ => None,
    };
    found.ok_or_else(|| InputError::new("Not a valid boolean."))
}

fn truth(number: Option<f64>) -> Option<bool> {
    match number? {
        1.0 => Some(true),
        0.0 => Some(false),
        _ => None,
    }
}

fn word(text: &str) -> Option<bool> {
    let text_of_one = text == "1" || TRUE.contains(&text);
    let text_of_zero = text == "0" || FALSE.contains(&text);
    (text_of_one || text_of_zero).then_some(text_of_one)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_are_numbers_without_fraction_or_texts_of_integers() {
        for (value, expected) in [
            (json!(5), 5),
            (json!(-5.9), -5),
            (json!(1e3), 1000),
            (json!("5"), 5),
            (json!(" +5\n"), 5),
            (json!(u64::MAX), i128::from(u64::MAX)),
        ] {
            assert_eq!(integer(&value).unwrap(), expected, "{value}");
        }
        for value in [json!(true), json!(""), json!("5.0"), json!("1e3"), json!([]), json!("x")] {
            let error = integer(&value).unwrap_err();
            assert_eq!(error.to_string(), "Not a valid integer.", "{value}");
        }
        assert_eq!(integer(&Value::Null).unwrap_err().to_string(), NULL);
    }

    #[test]
    fn floats_are_numbers_or_texts_of_numbers() {
        for (value, expected) in
            [(json!(0), 0.0), (json!("0"), 0.0), (json!(" 5.5 "), 5.5), (json!("1e3"), 1000.0)]
        {
            assert!((float(&value).unwrap() - expected).abs() < f64::EPSILON, "{value}");
        }
        for value in [json!(true), json!(""), json!("five"), json!({})] {
            let error = float(&value).unwrap_err();
            assert_eq!(error.to_string(), "Not a valid number.", "{value}");
        }
        for text in ["nan", "-inf", "Infinity", "1e400"] {
            let error = float(&json!(text)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "Special numeric values (nan or infinity) are not permitted.",
                "{text}"
            );
        }
    }

    #[test]
    fn booleans_have_their_words() {
        for (values, expected) in [(TRUE, true), (FALSE, false)] {
            for text in values {
                assert_eq!(boolean(&json!(text)).unwrap(), expected, "{text}");
            }
        }
        for (value, expected) in
            [(json!(1), true), (json!(0), false), (json!("1"), true), (json!("0"), false)]
        {
            assert_eq!(boolean(&value).unwrap(), expected, "{value}");
        }
        for value in [json!(2), json!("tRUE"), json!(""), json!(" true"), json!([])] {
            let error = boolean(&value).unwrap_err();
            assert_eq!(error.to_string(), "Not a valid boolean.", "{value}");
        }
    }
}
