//! Objects of one of several types: `{"type": T, T: {…}}`.
//!
//! Members other than these two are dropped, so that an object can carry the members of other types along.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Map, Value};

use super::deserializer::{Input, refuse};
use super::error::{InputError, MAPPING, MISSING, NULL};
use super::place::Place;
use crate::excerpt::Excerpt;

/// By this name of a struct the deserializer of inputs knows the encoding.
pub(super) const NAME: &str = "$krake_core::Polymorphic";

const TYPE: &str = "type";

/// An enum with one variant a type. Written by [`polymorphic!`].
pub(crate) trait Polymorphic: Sized {
    /// The names of the types.
    const TYPES: &'static [&'static str];

    /// Reads the member of the type, which is one of [`Self::TYPES`].
    fn read<'de, D: Deserializer<'de>>(name: &str, member: D) -> Result<Self, D::Error>;
}

/// Declares an enum of the types that a container can have, with its encoding.
macro_rules! polymorphic {
    (
        $(#[doc = $about:literal])*
        $visibility:vis enum $name:ident {
            $($(#[doc = $doc:literal])* $tag:literal => $variant:ident($member:ty),)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        $visibility enum $name {
            $($(#[doc = $doc])* $variant($member),)*
        }

        impl $crate::input::polymorphic::Polymorphic for $name {
            const TYPES: &'static [&'static str] = &[$($tag),*];

            fn read<'de, D: ::serde::Deserializer<'de>>(
                name: &str,
                member: D,
            ) -> Result<Self, D::Error> {
                match name {
                    $($tag => <$member as ::serde::Deserialize>::deserialize(member).map(Self::$variant),)*
                    _ => Err(::serde::de::Error::unknown_variant(name, Self::TYPES)),
                }
            }
        }

        impl $name {
            /// The name of its type on the wire.
            $visibility const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $tag,)*
                }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(member) => {
                        $crate::input::polymorphic::write($tag, member, serializer)
                    })*
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::input::polymorphic::read(deserializer)
            }
        }

        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let alternatives = vec![$($crate::schema::Alternative {
                    tag: $tag,
                    title: concat!(stringify!($variant), stringify!($name)),
                    description: concat!($($doc, "\n"),*),
                    member: generator.subschema_for::<$member>(),
                }),*];
                $crate::schema::one_of(concat!($($about, "\n"),*), alternatives)
            }
        }
    };
}
pub(crate) use polymorphic;

/// Encodes an object of the type `name`.
pub(crate) fn write<S: Serializer>(
    name: &'static str,
    member: &impl Serialize,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(NAME, 2)?;
    object.serialize_field(TYPE, name)?;
    object.serialize_field(name, member)?;
    object.end()
}

/// Decodes an object of one of the types of `P`.
pub(crate) fn read<'de, P: Polymorphic, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<P, D::Error> {
    deserializer.deserialize_struct(NAME, P::TYPES, Object(PhantomData))
}

/// Reads the members in whatever order they come.
struct Object<P>(PhantomData<P>);

impl<'de, P: Polymorphic> Visitor<'de> for Object<P> {
    type Value = P;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<P, A::Error> {
        let mut name = None;
        let mut read = None;
        let mut others = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            match name {
                _ if key == TYPE => name = Some(members.next_value_seed(Name::<P>(PhantomData))?),
                Some(name) if name == key => {
                    read = Some(members.next_value_seed(Member::<P>(name, PhantomData))?);
                }
                _ => {
                    others.insert(key, members.next_value()?);
                }
            }
        }
        let name = name.ok_or_else(|| de::Error::missing_field(TYPE))?;
        match (read, others.remove(name)) {
            (Some(read), _) => Ok(read),
            (None, Some(member)) => P::read(name, member).map_err(de::Error::custom),
            (None, None) => Err(de::Error::missing_field(name)),
        }
    }
}

/// Reads the name of a type.
struct Name<P>(PhantomData<P>);

impl<'de, P: Polymorphic> DeserializeSeed<'de> for Name<P> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        let given = String::deserialize(deserializer)?;
        let known = P::TYPES.iter().find(|name| **name == given);
        known
            .copied()
            .ok_or_else(|| de::Error::custom(unknown(&given)))
    }
}

/// Reads the member of the type.
struct Member<P>(&'static str, PhantomData<P>);

impl<'de, P: Polymorphic> DeserializeSeed<'de> for Member<P> {
    type Value = P;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<P, D::Error> {
        P::read(self.0, deserializer)
    }
}

fn unknown(name: &str) -> String {
    format!("Unknown type '{}'", Excerpt(name))
}

/// The two members of an input that count: the type, then the member that it names.
///
/// Errors inside of the second are reported without its level, as if its members were those of the object.
pub(super) struct TypedMember<'p> {
    name: &'static str,
    next: Option<Next>,
    place: Option<&'p Place<'p>>,
}

enum Next {
    Name(Option<Value>),
    Member(Option<Value>),
}

impl<'p> TypedMember<'p> {
    pub(super) fn of(
        value: Option<Value>,
        types: &'static [&'static str],
        place: Option<&'p Place<'p>>,
    ) -> Result<Self, InputError> {
        let mut object = match value {
            Some(Value::Object(object)) => object,
            other => {
                match other {
                    None => {}
                    Some(Value::Null) => refuse(place, NULL)?,
                    Some(_) => refuse(place, MAPPING)?,
                }
                return Ok(Self::neutral(types, place));
            }
        };
        match type_of(object.get(TYPE), types) {
            Ok(name) => {
                let member = member(object.remove(name), name, place)?;
                Ok(Self { name, next: Some(Next::Name(member)), place })
            }
            Err(message) => {
                let at = place.map(|place| place.member(TYPE));
                refuse(at.as_ref(), &message)?;
                Ok(Self::neutral(types, place))
            }
        }
    }

    /// An object of the first type.
    fn neutral(types: &'static [&'static str], place: Option<&'p Place<'p>>) -> Self {
        let name = types.first().copied().unwrap_or_default();
        Self { name, next: Some(Next::Name(None)), place }
    }
}

/// Which of the types a value names.
fn type_of(name: Option<&Value>, types: &[&'static str]) -> Result<&'static str, String> {
    match name {
        Some(Value::String(name)) => {
            let known = types.iter().find(|known| *known == name);
            known.copied().ok_or_else(|| unknown(name))
        }
        Some(Value::Null) => Err(NULL.to_owned()),
        Some(_) => Err("Not a valid string.".to_owned()),
        None => Err(MISSING.to_owned()),
    }
}

/// The member of the type, if it is one.
fn member(
    value: Option<Value>,
    name: &str,
    place: Option<&Place<'_>>,
) -> Result<Option<Value>, InputError> {
    match value {
        Some(Value::Object(_)) => return Ok(value),
        Some(_) => refuse(place, "Invalid input type.")?,
        None => {
            let at = place.map(|place| place.member(name));
            refuse(at.as_ref(), "Field is required")?;
        }
    }
    Ok(None)
}

impl<'de> MapAccess<'de> for TypedMember<'_> {
    type Error = InputError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, InputError> {
        let name = match &self.next {
            Some(Next::Name(_)) => TYPE,
            Some(Next::Member(_)) => self.name,
            None => return Ok(None),
        };
        let key = seed.deserialize(Input::plain(Value::String(name.to_owned())))?;
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, InputError> {
        match self.next.take() {
            Some(Next::Name(member)) => {
                self.next = Some(Next::Member(member));
                seed.deserialize(Input::plain(Value::String(self.name.to_owned())))
            }
            Some(Next::Member(None)) => {
                let place = self.place.map(Place::neutral);
                seed.deserialize(Input::of(None, place.as_ref()))
            }
            Some(Next::Member(member)) => seed.deserialize(Input::of(member, self.place)),
            None => Err(InputError::new("a value without a key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use crate::input::decode_value;

    #[derive(Clone, Debug, PartialEq, serde::Serialize, Deserialize, schemars::JsonSchema)]
    struct Point {
        x: i64,
    }

    #[derive(Clone, Debug, PartialEq, serde::Serialize, Deserialize, schemars::JsonSchema)]
    struct Label {
        text: String,
    }

    super::polymorphic! {
        /// Something to draw.
        enum Shape {
            /// A point.
            "point" => Point(Point),
            /// A text.
            "label" => Label(Label),
        }
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct Drawing {
        shape: Shape,
    }

    #[test]
    fn the_type_comes_first_and_names_the_only_other_member() {
        let shape = Shape::Point(Point { x: 1 });
        assert_eq!(shape.type_name(), "point");
        let text = serde_json::to_string(&shape).unwrap();
        assert_eq!(text, r#"{"type":"point","point":{"x":1}}"#);
        assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
    }

    #[test]
    fn members_of_other_types_are_dropped_and_the_order_is_free() {
        let value = json!({"label": {"x": 5}, "point": {"x": "1"}, "type": "point", "z": null});
        assert_eq!(decode_value(value), Ok(Shape::Point(Point { x: 1 })));
        for text in [
            r#"{"point": {"x": 1}, "label": 5, "type": "point"}"#,
            r#"{"label": 5, "type": "point", "point": {"x": 1}, "z": null}"#,
        ] {
            let shape: Shape = serde_json::from_str(text).unwrap();
            assert_eq!(shape, Shape::Point(Point { x: 1 }), "{text}");
        }
    }

    #[test]
    fn errors_are_reported_without_the_level_of_the_member() {
        for (shape, expected) in [
            (json!({"type": "point", "point": {"x": []}}), "shape.x: Not a valid integer."),
            (json!({"type": "point", "point": {}}), "shape.x: Missing data for required field."),
            (json!({"type": "point", "point": null}), "shape: Invalid input type."),
            (json!({"type": "point", "point": 5}), "shape: Invalid input type."),
            (json!({"type": "point", "label": {}}), "shape.point: Field is required"),
            (json!({"type": "foo", "foo": {}}), "shape.type: Unknown type 'foo'"),
            (json!({"type": null}), "shape.type: Field may not be null."),
            (json!({"type": 5}), "shape.type: Not a valid string."),
            (json!({"point": {"x": 1}}), "shape.type: Missing data for required field."),
            (json!([]), "shape: Not a valid mapping type."),
            (json!(null), "shape: Field may not be null."),
        ] {
            let errors = decode_value::<Drawing>(json!({"shape": shape})).unwrap_err();
            assert_eq!(errors.to_string(), expected);
        }
    }
}
