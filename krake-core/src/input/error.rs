//! What is wrong with an input.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::excerpt::Excerpt;

pub(super) const NULL: &str = "Field may not be null.";
pub(super) const MISSING: &str = "Missing data for required field.";
pub(super) const MAPPING: &str = "Not a valid mapping type.";

/// Why a value could not be decoded. Where it is, is known to who has asked for it.
#[derive(Debug)]
pub(super) enum InputError {
    /// The value breaks a rule.
    Invalid(String),
    /// The value, an object, lacks a member.
    Missing(&'static str),
    /// It is in the findings of the diagnosis already.
    Reported,
}

impl InputError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(message) => f.write_str(message),
            Self::Missing(field) => write!(f, "{field}: {MISSING}"),
            Self::Reported => f.write_str("invalid"),
        }
    }
}

impl std::error::Error for InputError {}

impl de::Error for InputError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    /// Types say what they expect with an article, `a datetime`, or by their name.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        if matches!(found, Unexpected::Unit | Unexpected::Option) {
            return Self::new(NULL);
        }
        let expected = expected.to_string();
        let noun = expected
            .strip_prefix("a ")
            .or_else(|| expected.strip_prefix("an "));
        Self::new(format!("Not a valid {}.", noun.unwrap_or(&expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => Self::new("Not a valid integer."),
            other => Self::invalid_type(other, expected),
        }
    }

    fn unknown_variant(variant: &str, _expected: &'static [&'static str]) -> Self {
        Self::new(format!("Invalid enum member {}", Excerpt(variant)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}
