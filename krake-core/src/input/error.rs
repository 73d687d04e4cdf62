//! What is wrong with an input, and where.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::FieldErrors;

pub(super) const NULL: &str = "Field may not be null.";
pub(super) const MISSING: &str = "Missing data for required field.";
pub(super) const MAPPING: &str = "Not a valid mapping type.";

/// The first violated rule of an input.
#[derive(Debug)]
pub(super) struct InputError {
    /// From the innermost value outwards.
    path: Vec<Step>,
    message: String,
}

/// From a value to one inside of it.
#[derive(Debug)]
enum Step {
    Member(String),
    Item(usize),
}

impl InputError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    /// The same error, seen from the object that has the wrong value as `member`.
    pub(super) fn in_member(mut self, member: impl Into<String>) -> Self {
        self.path.push(Step::Member(member.into()));
        self
    }

    /// The same error, seen from the list that has the wrong value at `index`.
    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.path.push(Step::Item(index));
        self
    }

    /// `spec.metrics[0].name`
    fn field(&self) -> String {
        use fmt::Write;
        let mut field = String::new();
        for step in self.path.iter().rev() {
            let written = match step {
                Step::Member(name) if field.is_empty() => write!(field, "{name}"),
                Step::Member(name) => write!(field, ".{name}"),
                Step::Item(index) => write!(field, "[{index}]"),
            };
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        }
        field
    }
}

impl From<InputError> for FieldErrors {
    fn from(error: InputError) -> Self {
        Self::single(error.field(), error.message)
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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
        Self::new(format!("Invalid enum member {variant}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(MISSING).in_member(field)
    }
}
