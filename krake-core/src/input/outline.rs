//! Where members come in a JSON text, which a decoded value no longer tells.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::FieldErrors;

/// The members of a JSON text in their order, without the simple values.
#[derive(Debug, PartialEq)]
enum Outline {
    Leaf,
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Sorts errors by the places of their fields in the text that a user sent; those of lacking members come last in their
/// object. A text that is no JSON changes nothing.
pub(super) fn sort(errors: &mut FieldErrors, json: &[u8]) {
    if errors.0.len() < 2 {
        return;
    }
    if let Ok(outline) = serde_json::from_slice::<Outline>(json) {
        errors
            .0
            .sort_by_cached_key(|error| outline.rank(&error.field));
    }
}

impl Outline {
    /// The numbers of the members on the way to a field.
    fn rank(&self, field: &str) -> Vec<usize> {
        let mut rank = Vec::new();
        let mut here = self;
        let mut rest = field;
        while !rest.is_empty() {
            let Some((number, inside, remaining)) = here.step(rest).or_else(|| here.hidden(rest))
            else {
                rank.push(usize::MAX);
                break;
            };
            rank.push(number);
            (here, rest) = (inside, remaining);
        }
        rank
    }

    /// The first step of a way: the number of the member, the member, and the rest of the way.
    fn step<'a, 't>(&'a self, way: &'t str) -> Option<(usize, &'a Self, &'t str)> {
        match self {
            Self::Leaf => None,
            Self::List(items) => {
                let (index, rest) = way.strip_prefix('[')?.split_once(']')?;
                let index = index.parse().ok()?;
                Some((index, items.get(index)?, rest))
            }
            Self::Object(members) => {
                let way = way.strip_prefix('.').unwrap_or(way);
                let steps = members
                    .iter()
                    .enumerate()
                    .filter_map(|(number, (name, inside))| {
                        let rest = way.strip_prefix(name.as_str())?;
                        let is_whole = rest.is_empty() || rest.starts_with(['.', '[']);
                        is_whole.then_some((number, inside, rest))
                    });
                // Names may contain dots: the longest is meant.
                steps.min_by_key(|(_, _, rest)| rest.len())
            }
        }
    }

    /// The same for a member of an object of one of several types, of which ways do not show the level of the type.
    fn hidden<'a, 't>(&'a self, way: &'t str) -> Option<(usize, &'a Self, &'t str)> {
        let Self::Object(members) = self else { return None };
        let mut inside = members.iter().enumerate();
        inside.find_map(|(number, (_, inside))| inside.step(way).map(|_| (number, inside, way)))
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OutlineVisitor)
    }
}

struct OutlineVisitor;

macro_rules! leaves {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E>(self, _: $type) -> Result<Outline, E> {
            Ok(Outline::Leaf)
        }
    )*};
}

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = Outline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    leaves! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E>(self) -> Result<Outline, E> {
        Ok(Outline::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Outline, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Outline::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Outline, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Outline::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(json: &str, fields: &[&str]) -> Vec<String> {
        let mut errors = FieldErrors::default();
        for field in fields {
            errors.add(*field, "wrong");
        }
        sort(&mut errors, json.as_bytes());
        errors.0.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn errors_come_in_the_order_of_the_text() {
        let json = r#"{"z": [{"b": 1, "a": 2}, 3], "y.x": {"k": 1}, "y": {"k": 1}, "a": 1}"#;
        let order = ["", "z", "z[0].b", "z[0].a", "z[0].lacking", "z[1]", "y.x.k", "y.k", "a", "b"];
        let mut shuffled = order;
        shuffled.reverse();
        assert_eq!(sorted(json, &shuffled), order);
        shuffled.sort_unstable();
        assert_eq!(sorted(json, &shuffled), order);
    }

    #[test]
    fn the_level_of_a_type_is_seen_through() {
        let json = r#"{"spec": {"static": {"b": 1, "a": 2}, "type": "static"}}"#;
        let order = ["spec.b", "spec.a", "spec.type", "spec.lacking"];
        let mut shuffled = order;
        shuffled.sort_unstable();
        assert_eq!(sorted(json, &shuffled), order);
    }

    #[test]
    fn what_is_no_json_has_no_order() {
        assert_eq!(sorted("{", &["b", "a"]), ["b", "a"]);
        assert_eq!(sorted("5", &["b", "", "a"]), ["", "b", "a"]);
        assert_eq!(sorted("[1]", &["[7]", "[0].x", "[0]", "[x"]), ["[0]", "[0].x", "[7]", "[x"]);
    }
}
