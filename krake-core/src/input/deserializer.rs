//! The deserializer that knows the input rules.

use serde::Deserializer;
use serde::de::{self, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::coercion::{self, Coerced};
use super::diagnosis::TypeKey;
use super::error::{InputError, MAPPING, NULL};
use super::members::{Items, Members};
use super::place::Place;
use super::polymorphic::{self, TypedMember};

/// A JSON value that a user sent.
pub(super) struct Input<'p> {
    /// `None` where there is no value, or none that fits, and something neutral takes its place. Only in a diagnosis.
    value: Option<Value>,
    /// Where it is, if all errors are to be found, and not only whether there is one.
    place: Option<&'p Place<'p>>,
}

impl<'p> Input<'p> {
    /// An input that must be free of errors.
    pub(super) const fn plain(value: Value) -> Self {
        Self { value: Some(value), place: None }
    }

    /// An input that is diagnosed.
    pub(super) const fn diagnosed(value: Value, root: &'p Place<'p>) -> Self {
        Self { value: Some(value), place: Some(root) }
    }

    /// Something inside of an input.
    pub(super) const fn of(value: Option<Value>, place: Option<&'p Place<'p>>) -> Self {
        Self { value, place }
    }

    /// What the value stands for, or something neutral.
    fn coerced<T: Default>(&self, coerce: fn(&Value) -> Coerced<T>) -> Result<T, InputError> {
        match self.value.as_ref().map_or_else(|| Ok(T::default()), coerce) {
            Ok(coerced) => Ok(coerced),
            Err(message) => refuse(self.place, message).map(|()| T::default()),
        }
    }

    /// The members of the object; none, if it is no object.
    fn object(self) -> Result<serde_json::Map<String, Value>, InputError> {
        let is_body = self.place.is_some_and(Place::is_root);
        let message = match self.value {
            Some(Value::Object(object)) => return Ok(object),
            None => return Ok(serde_json::Map::new()),
            _ if is_body => "Invalid input type.",
            Some(Value::Null) => NULL,
            Some(_) => MAPPING,
        };
        refuse(self.place, message).map(|()| serde_json::Map::new())
    }

    /// The items of the list; none, if it is no list.
    fn list(self, is_open: bool) -> Result<Items<'p>, InputError> {
        let message = match self.value {
            Some(Value::Array(list)) => return Ok(Items::of(list, self.place, is_open)),
            None => return Ok(Items::of(Vec::new(), self.place, is_open)),
            Some(Value::Null) => NULL,
            Some(_) => "Not a valid list.",
        };
        refuse(self.place, message).map(|()| Items::of(Vec::new(), None, is_open))
    }
}

/// Something does not fit. In a diagnosis that is noted, and something neutral takes its place.
pub(super) fn refuse(place: Option<&Place<'_>>, message: &str) -> Result<(), InputError> {
    match place {
        Some(place) => place.report(message),
        None => Err(InputError::new(message)),
    }
}

fn strictly<T>(result: Result<T, serde_json::Error>) -> Result<T, InputError> {
    result.map_err(|error| InputError::new(error.to_string()))
}

/// Gives an integer to the visitor of an integer type.
fn visit_integer<'de, V: Visitor<'de>>(integer: i128, visitor: V) -> Result<V::Value, InputError> {
    match (i64::try_from(integer), u64::try_from(integer)) {
        (Ok(integer), _) => visitor.visit_i64(integer),
        (_, Ok(integer)) => visitor.visit_u64(integer),
        _ => visitor.visit_i128(integer),
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
    ($($method:ident: $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
            // Each field has the range of its own type, and the visitors of all types take the widest.
            let integer: i128 = self.coerced(coercion::integer::<$type>)?;
            visit_integer(integer, visitor)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
            visitor.visit_f64(self.coerced(coercion::float)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Input<'_> {
    type Error = InputError;

    /// For types that take anything: nothing is coerced.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        match self.value {
            Some(value) => strictly(value.deserialize_any(visitor)),
            None => visitor.visit_unit(),
        }
    }

    integers! {
        deserialize_i8: i8, deserialize_i16: i16, deserialize_i32: i32, deserialize_i64: i64,
        deserialize_u8: u8, deserialize_u16: u16, deserialize_u32: u32, deserialize_u64: u64,
        deserialize_i128: i128, deserialize_u128: u128,
    }

    floats! { deserialize_f32 deserialize_f64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        visitor.visit_bool(self.coerced(coercion::boolean)?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        let text = match self.value {
            Some(Value::String(text)) => text,
            None => String::new(),
            Some(other) => {
                let error: InputError = de::Error::invalid_type(unexpected(&other), &visitor);
                refuse(self.place, &error.to_string()).map(|()| String::new())?
            }
        };
        visitor.visit_string(text)
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
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
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
        visitor.visit_seq(self.list(true)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        visitor.visit_seq(self.list(false)?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, InputError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        let place = self.place;
        visitor.visit_map(Members::of(self.object()?, place, Vec::new()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        let place = self.place;
        if name == polymorphic::NAME {
            return visitor.visit_map(TypedMember::of(self.value, fields, place)?);
        }
        let diagnosed = place.map(|place| (place.attempt(), TypeKey::of::<V>(fields)));
        let required = diagnosed
            .as_ref()
            .map(|(attempt, key)| attempt.required(key));
        let members = Members::of(self.object()?, place, required.unwrap_or_default());
        // One call: what types make of their members is compiled into it.
        visitor
            .visit_map(members)
            .map_err(|error| match (error, diagnosed) {
                (InputError::Missing(member), Some((attempt, key)))
                    if attempt.requires(key, member) =>
                {
                    InputError::Reported
                }
                (error, _) => error,
            })
    }

    /// An enum without data is a text. One with data has no rules of its own.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InputError> {
        let text = match self.value {
            Some(Value::String(text)) => Ok(text),
            Some(value @ Value::Object(_)) => {
                return strictly(value.deserialize_enum(name, variants, visitor));
            }
            Some(Value::Null) => Err(Some(NULL)),
            Some(_) => Err(Some("Enum name must be string")),
            None => Err(None),
        };
        let text = text.or_else(|message| {
            message.map_or(Ok(()), |message| refuse(self.place, message))?;
            Ok(variants.first().copied().unwrap_or_default().to_owned())
        })?;
        visitor.visit_enum(text.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InputError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct }
}
