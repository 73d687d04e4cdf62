//! What the derive macro's output refers to.

use std::fmt;
use std::marker::PhantomData;

pub use schemars;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
pub use serde;
use serde::de;

pub use crate::schema::of_kind;

/// Reads a member that has one possible value, such as the `kind` of a body.
pub fn constant<'de, D: de::Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<(), D::Error> {
    deserializer.deserialize_str(Constant(expected))
}

struct Constant(&'static str);

impl de::Visitor<'_> for Constant {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, given: &str) -> Result<(), E> {
        if given == self.0 {
            return Ok(());
        }
        Err(E::custom(format_args!("Must be equal to {}.", self.0)))
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
