//! What the derive macro's output refers to.

pub use serde;

use std::fmt;

use serde::de;

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
