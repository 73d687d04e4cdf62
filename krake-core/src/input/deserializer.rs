//! The deserializer that knows the input rules.

use serde::Deserializer;
use serde::de::{self, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::coercion;
use super::error::{InputError, MAPPING, NULL};
use super::members::{Items, Members};
use super::polymorphic::{self, TypedMember};

/// A JSON value that a user sent.
pub(super) struct Input {
    value: Value,
    /// What is said of a value that should be an object.
    not_an_object: &'static str,
}

impl Input {
    /// A whole body.
    pub(super) const fn body(value: Value) -> Self {
        Self { value, not_an_object: "Invalid input type." }
    }

    /// Something inside of a body.
    pub(super) const fn of(value: Value) -> Self {
        Self { value, not_an_object: MAPPING }
    }

    fn strictly<T>(result: Result<T, serde_json::Error>) -> Result<T, InputError> {
        result.map_err(|error| InputError::new(error.to_string()))
    }
}

/// An integer for the visitor of an integer type; the visitor knows its range.
fn visit_integer<'de, V: Visitor<'de>>(value: &Value, visitor: V) -> Result<V::Value, InputError> {
    let integer = coercion::integer(value)?;
    if let Ok(integer) = i64::try_from(integer) {
        return visitor.visit_i64(integer);
    }
    match u64::try_from(integer) {
        Ok(integer) => visitor.visit_u64(integer),
        Err(_) => Err(InputError::new("Number too large.")),
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(found) => Unexpected::Bool(*found),
        Value::Number(_) => Unexpected::Other("number"),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
            visit_integer(&self.value, visitor)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
            visitor.visit_f64(coercion::float(&self.value)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Input {
    type Error = InputError;

    /// For types that take anything: nothing is coerced.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        Self::strictly(self.value.deserialize_any(visitor))
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    floats! { deserialize_f32 deserialize_f64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        visitor.visit_bool(coercion::boolean(&self.value)?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.value {
            Value::String(text) => visitor.visit_string(text),
            other => Err(de::Error::invalid_type(unexpected(&other), &visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.value {
            Value::Array(list) => visitor.visit_seq(Items::of(list)),
            Value::Null => Err(InputError::new(NULL)),
            _ => Err(InputError::new("Not a valid list.")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.value {
            Value::Object(object) => visitor.visit_map(Members::of(object)),
            Value::Null => Err(InputError::new(NULL)),
            _ => Err(InputError::new(self.not_an_object)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        match self.value {
            Value::Object(object) if name == polymorphic::NAME => {
                visitor.visit_map(TypedMember::of(object)?)
            }
            _ => self.deserialize_map(visitor),
        }
    }

    /// An enum without data is a text. One with data has no rules of its own.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        match self.value {
            Value::String(text) => visitor.visit_enum(text.into_deserializer()),
            Value::Object(_) => {
                Self::strictly(self.value.deserialize_enum(name, variants, visitor))
            }
            Value::Null => Err(InputError::new(NULL)),
            _ => Err(InputError::new("Enum name must be string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct }
}
