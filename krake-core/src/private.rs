//! What the derive macro's output refers to.

pub use serde;

use serde::{Deserialize, de};

/// The `api` or `kind` member of a body: may be left out, but not be another one.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Given(#[serde(deserialize_with = "text")] Option<String>);

fn text<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

impl Given {
    /// Refuses a value other than `expected`.
    pub fn must_equal<E: de::Error>(&self, field: &str, expected: &str) -> Result<(), E> {
        match &self.0 {
            Some(given) if given != expected => {
                Err(E::custom(format_args!("{field}: Must be equal to {expected}.")))
            }
            _ => Ok(()),
        }
    }
}
