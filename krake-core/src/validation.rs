//! Rules for names and labels, and how violations are reported.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::excerpt::{Excerpt, cut};
use crate::{Kind, Labels, Metadata};

/// One violated rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Where: `spec.manifest[0].metadata.name`. Empty for the body as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

/// Violated rules, collected: a user learns all of them at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

/// How many errors are collected: a large body can have more of them than anybody reads.
const MOST_COLLECTED: usize = 1000;
/// How long a field or message gets that a user is shown, in characters.
const MOST_CHARACTERS: usize = 500;

impl FieldErrors {
    /// How many errors a user is shown.
    pub const MOST: usize = 32;

    /// One violation.
    pub fn single(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Adds a violation.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < MOST_COLLECTED {
            self.0
                .push(FieldError { field: field.into(), message: message.into() });
        }
    }

    /// Adds the violations of another check.
    pub fn merge(&mut self, other: Result<(), Self>) {
        if let Err(Self(errors)) = other {
            let room = MOST_COLLECTED.saturating_sub(self.0.len());
            self.0.extend(errors.into_iter().take(room));
        }
    }

    /// As much of them as a user is shown: the first [`Self::MOST`], without endless names.
    pub(crate) fn shortened(mut self) -> Self {
        if self.0.len() > Self::MOST {
            self.0.truncate(Self::MOST);
            let message = format!("There are more errors; these are the first {}.", Self::MOST);
            self.0.push(FieldError { field: String::new(), message });
        }
        for FieldError { field, message } in &mut self.0 {
            cut(field, MOST_CHARACTERS);
            cut(message, MOST_CHARACTERS);
        }
        self
    }

    /// `Ok` if nothing was violated.
    ///
    /// # Errors
    /// The collected violations.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

/// Whether a field is another one, or something inside of it.
pub(crate) fn is_same_or_inside(field: &str, container: &str) -> bool {
    field
        .strip_prefix(container)
        .is_some_and(|rest| rest.is_empty() || container.is_empty() || rest.starts_with(['.', '[']))
}

/// Decodes a JSON document strictly, as one that a server or program wrote; an error names the field.
///
/// What users write is decoded by [`input::decode`](crate::input::decode).
///
/// # Errors
/// The first member that does not fit its type, as [`FieldErrors`] with its path.
pub fn decode<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, FieldErrors> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        FieldErrors::single(field, plain_message(error.inner()))
    })?;
    deserializer
        .end()
        .map_err(|error| FieldErrors::single("", error.to_string()))?;
    Ok(value)
}

/// The message without the position, which says nothing to a user who sent one line.
pub(crate) fn plain_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

const NAME_LENGTH: usize = 255;
const LABEL_LENGTH: usize = 63;
const LABEL_PREFIX_LENGTH: usize = 253;

/// Whether `text` may be the name of a resource or namespace.
///
/// 1 to 255 ASCII characters; the first and last a letter, digit or `_`, those between also `-`, `.` or `:`.
pub fn is_valid_name(text: &str) -> bool {
    is_word(text, NAME_LENGTH, b"-.:")
}

/// Whether `text` may be the value of a label: as a name, but at most 63 characters and without `:`.
pub(crate) fn is_label_value(text: &str) -> bool {
    is_word(text, LABEL_LENGTH, b"-.")
}

/// Whether `text` may be the key of a label: `[prefix/]name`.
pub(crate) fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_word(prefix, LABEL_PREFIX_LENGTH, b"-.") && is_label_value(name),
        None => is_label_value(text),
    }
}

fn is_word(text: &str, longest: usize, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let is_edge = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (1..=longest).contains(&bytes.len())
        && bytes.first().is_some_and(is_edge)
        && bytes.last().is_some_and(is_edge)
        && bytes
            .iter()
            .all(|byte| is_edge(byte) || inner.contains(byte))
}

impl Metadata {
    /// Checks name, namespace and labels against the rules for resources of `kind`.
    ///
    /// # Errors
    /// Every violated rule, with its field.
    pub fn validate(&self, kind: &Kind) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if !is_valid_name(&self.name) {
            errors.add("metadata.name", "Invalid character in resource name.");
        }
        match &self.namespace {
            Some(namespace) if !is_valid_name(namespace) => {
                errors.add("metadata.namespace", "Invalid character in resource namespace.");
            }
            None if kind.is_namespaced() => {
                errors.add("metadata.namespace", "Missing data for required field.");
            }
            _ => {}
        }
        errors.merge(validate_labels(&self.labels));
        errors.into_result()
    }
}

/// What is said of a text that cannot be the key of a label.
pub(crate) fn invalid_key(key: &str) -> String {
    let key = Excerpt(key);
    format!(
        "Label key '{key}' is invalid: use [prefix/]name, each of letters, digits, '_', '-' and '.'."
    )
}

/// What is said of a text that cannot be the value of a label.
pub(crate) fn invalid_value(value: &str) -> String {
    let value = Excerpt(value);
    format!("Label value '{value}' is invalid: use 1 to 63 letters, digits, '_', '-' and '.'.")
}

fn validate_labels(labels: &Labels) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (key, value) in labels {
        let field = || format!("metadata.labels.{key}");
        if !is_label_key(key) {
            errors.add(field(), invalid_key(key));
        }
        if !is_label_value(value) {
            errors.add(field(), invalid_value(value));
        }
    }
    errors.into_result()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_character_rules() {
        for good in ["a", "_", "system:admin", "a..b", "A-1", &"x".repeat(255)] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a/b", "a b", "ä", "a\n", &"x".repeat(256)] {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }

    #[test]
    fn label_keys_may_have_one_prefix() {
        assert!(is_label_key("location"));
        assert!(is_label_key("example.com/team"));
        for bad in ["", "a/b/c", "/a", "a/", "a:b", &format!("{}/a", "p".repeat(254))] {
            assert!(!is_label_key(bad), "{bad}");
        }
    }

    #[test]
    fn a_decoding_error_names_the_field() {
        let error = decode::<Metadata>(br#"{"name": "a", "labels": {"x": 5}}"#).unwrap_err();
        assert_eq!(error.0[0].field, "labels.x");
    }
}
