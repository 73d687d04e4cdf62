//! Which JSON values stand for which simple values.

use serde_json::{Number, Value};

use super::error::NULL;

/// What a value stands for, or what is said of one that stands for nothing.
pub(super) type Coerced<T> = Result<T, &'static str>;

const NO_INTEGER: &str = "Not a valid integer.";
const TOO_LARGE: &str = "Number too large.";

/// The integer that a value stands for, if it is in the range of `T`.
pub(super) fn integer<T: TryFrom<i128>>(value: &Value) -> Coerced<i128> {
    let integer = match value {
        Value::Null => return Err(NULL),
        Value::Number(number) => whole(number)?,
        Value::String(text) => text.trim().parse().map_err(|_| NO_INTEGER)?,
        _ => return Err(NO_INTEGER),
    };
    let is_huge = i64::try_from(integer).is_err() && u64::try_from(integer).is_err();
    match T::try_from(integer) {
        Ok(_) => Ok(integer),
        Err(_) if is_huge => Err(TOO_LARGE),
        Err(_) => Err(NO_INTEGER),
    }
}

/// A number without its fraction; one that is too large for any field becomes the largest.
#[expect(clippy::cast_possible_truncation, reason = "a fraction is cut off, as documented")]
fn whole(number: &Number) -> Coerced<i128> {
    if let Some(integer) = number.as_i128() {
        return Ok(integer);
    }
    let float = number.as_f64().filter(|float| float.is_finite());
    float.map(|float| float as i128).ok_or(TOO_LARGE)
}

/// The float that a value stands for.
pub(super) fn float(value: &Value) -> Coerced<f64> {
    let float = match value {
        Value::Null => return Err(NULL),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let float = float.ok_or("Not a valid number.")?;
    if float.is_finite() {
        Ok(float)
    } else {
        Err("Special numeric values (nan or infinity) are not permitted.")
    }
}

const TRUE: [&str; 13] =
    ["t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES"];
const FALSE: [&str; 13] =
    ["f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO"];

/// The boolean that a value stands for.
pub(super) fn boolean(value: &Value) -> Coerced<bool> {
    let found = match value {
        Value::Null => return Err(NULL),
        Value::Bool(found) => Some(*found),
        Value::Number(number) => truth(number.as_f64()),
        Value::String(text) => word(text),
        _ => None,
    };
    found.ok_or("Not a valid boolean.")
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
            assert_eq!(integer::<i128>(&value), Ok(expected), "{value}");
        }
        for value in [json!(true), json!(""), json!("5.0"), json!("1e3"), json!([]), json!("x")] {
            assert_eq!(integer::<i128>(&value), Err(NO_INTEGER), "{value}");
        }
        assert_eq!(integer::<i64>(&Value::Null), Err(NULL));
    }

    #[test]
    fn integers_have_the_range_of_their_field() {
        assert_eq!(integer::<u8>(&json!(255.9)), Ok(255));
        assert_eq!(integer::<u8>(&json!(256)), Err(NO_INTEGER));
        assert_eq!(integer::<u64>(&json!(-1)), Err(NO_INTEGER));
        assert_eq!(integer::<i64>(&json!(u64::MAX)), Err(NO_INTEGER));
        for value in [json!(1e30), json!(-1e300), json!("123456789012345678901234567890")] {
            assert_eq!(integer::<i64>(&value), Err(TOO_LARGE), "{value}");
            assert_eq!(integer::<u64>(&value), Err(TOO_LARGE), "{value}");
        }
    }

    #[test]
    fn floats_are_numbers_or_texts_of_numbers() {
        for (value, expected) in
            [(json!(0), 0.0), (json!("0"), 0.0), (json!(" 5.5 "), 5.5), (json!("1e3"), 1000.0)]
        {
            assert!((float(&value).unwrap() - expected).abs() < f64::EPSILON, "{value}");
        }
        for value in [json!(true), json!(""), json!("five"), json!({})] {
            assert_eq!(float(&value), Err("Not a valid number."), "{value}");
        }
        for text in ["nan", "-inf", "Infinity", "1e400"] {
            assert_eq!(
                float(&json!(text)),
                Err("Special numeric values (nan or infinity) are not permitted."),
                "{text}"
            );
        }
    }

    #[test]
    fn booleans_have_their_words() {
        for (values, expected) in [(TRUE, true), (FALSE, false)] {
            for text in values {
                assert_eq!(boolean(&json!(text)), Ok(expected), "{text}");
            }
        }
        for (value, expected) in
            [(json!(1), true), (json!(0), false), (json!("1"), true), (json!("0"), false)]
        {
            assert_eq!(boolean(&value), Ok(expected), "{value}");
        }
        for value in [json!(2), json!("tRUE"), json!(""), json!(" true"), json!([])] {
            assert_eq!(boolean(&value), Err("Not a valid boolean."), "{value}");
        }
    }
}
