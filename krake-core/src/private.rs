//! What the derive macro's output refers to.

use std::marker::PhantomData;

pub use schemars;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
pub use serde;
use serde::{Deserialize, de};

pub use crate::schema::of_kind;

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

/// Finds out whether a type says what it looks like: `(&Probe::<T>::NEW).describe(generator)`.
///
/// Of both methods of that name the compiler takes [`Described`]'s if it can, because it needs one reference less.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// Asks about `T`.
    pub const NEW: Self = Self(PhantomData);
}

/// The answer for types that say so.
pub trait Described {
    /// The schema of the type.
    fn describe(&self, generator: &mut SchemaGenerator) -> Schema;
}

impl<T: JsonSchema> Described for Probe<T> {
    fn describe(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// The answer for all other types.
pub trait Undescribed {
    /// A schema that anything fulfils.
    fn describe(&self, generator: &mut SchemaGenerator) -> Schema;
}

impl<T> Undescribed for &Probe<T> {
    fn describe(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
