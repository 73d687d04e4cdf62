//! Selecting by fields.

use std::fmt;
use std::str::FromStr;

use super::field_reader::read;
use super::requirement::write_all;
use super::syntax::parse;
use super::{FieldPath, Requirement, SelectorError};

/// What an object has at a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    /// Nothing, `null`, or an object or array without entries.
    Empty,
    Text(&'a str),
    /// A number as it is written, and its value.
    Number(&'a str, f64),
    /// An object or array with entries: it is there, but equal to no value.
    Composite,
}

impl Field<'_> {
    fn is_empty(self) -> bool {
        matches!(self, Self::Empty | Self::Text(""))
    }

    fn equals(self, value: &str) -> bool {
        match self {
            Self::Empty => value.is_empty(),
            Self::Text(text) => text == value,
            #[expect(clippy::float_cmp, reason = "the same number in two spellings")]
            Self::Number(text, number) => {
                text == value || value.parse::<f64>().is_ok_and(|value| value == number)
            }
            Self::Composite => false,
        }
    }
}

impl Requirement<FieldPath> {
    /// Whether the condition holds for this field.
    pub(super) fn accepts(&self, field: Field<'_>) -> bool {
        match self {
            Self::In(_, values) => values.iter().any(|value| field.equals(value)),
            Self::NotIn(_, values) => !values.iter().any(|value| field.equals(value)),
            Self::Exists(_) => !field.is_empty(),
            Self::Missing(_) => field.is_empty(),
        }
    }
}

/// A conjunction of conditions on fields: `metadata.name=a,status.state in (RUNNING,CREATING),!spec.csar`.
///
/// The language is that of label selectors, with paths in place of keys and any text as values; a backslash takes away the
/// meaning of the character after it. What is missing, `null`, or an object or array without entries, is the same as an empty
/// text: `status.reason=` selects the objects without a reason. Numbers are compared by their value.
///
/// ```
/// use krake_core::FieldSelector;
///
/// let selector: FieldSelector = "metadata.name!=b,spec.size=5".parse()?;
/// assert!(selector.matches(br#"{"metadata": {"name": "a"}, "spec": {"size": 5.0}}"#));
/// assert!(!selector.matches(br#"{"metadata": {"name": "b"}, "spec": {"size": 5.0}}"#));
/// # Ok::<(), krake_core::SelectorError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldSelector {
    /// All of these must hold.
    pub requirements: Vec<Requirement<FieldPath>>,
}

impl FieldSelector {
    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether the object, given as JSON, fulfils all conditions.
    ///
    /// The text is read up to where the answer is known, and no further; no tree is built from it.
    pub fn matches(&self, json: &[u8]) -> bool {
        self.is_empty() || read(&self.requirements, json)
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_all(&self.requirements, f)
    }
}

impl FromStr for FieldSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { requirements: parse(text)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn selects(selector: &str, object: &Value) -> bool {
        let selector: FieldSelector = selector.parse().unwrap();
        selector.matches(object.to_string().as_bytes())
    }

    #[test]
    fn every_form_selects() {
        let object = json!({
            "metadata": {"name": "system:a", "labels": {"example.com/team": "x,y"}, "deleted": null},
            "spec": {"size": 5.0, "count": 7, "on": true, "text": "", "list": ["a"], "map": {}},
            "status": {"place": {"name": "p"}, "time": "2026-11-22T13:32:56+00:00"},
        });
        for yes in [
            "",
            "metadata.name=system:a",
            "metadata.name in (b, system:a)",
            "metadata.name!=b,spec.count==7",
            "spec.size=5,spec.size=5.0,spec.size=5e0,spec.count=7.0",
            "spec.on=true,spec.on!=false",
            "metadata.deleted=,!metadata.deleted,spec.text=,!spec.text,!nothing.at.all,spec.map=",
            "spec.list,status.place,spec.list!=a",
            "status.place.name=p,!metadata.name.name",
            r"metadata.labels.example\.com/team=x\,y",
            "status.time=2026-11-22T13:32:56+00:00",
            "metadata.deleted notin (x),metadata.deleted in (x,)",
        ] {
            assert!(selects(yes, &object), "{yes}");
        }
        for no in [
            "metadata.name=a",
            "metadata.name notin (b, system:a)",
            "spec.count=7,spec.size=6",
            "spec.on=1",
            "metadata.deleted,spec.count=7",
            "spec.list=a",
            "status.place=",
            "status.time=2026-11-22T13:32:56Z",
            "nothing",
            "spec.count!=7.0",
        ] {
            assert!(!selects(no, &object), "{no}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        for (bad, position) in [
            ("=a", 1),
            ("a.=b", 1),
            (".a", 1),
            ("ä=b, a in b", 6),
            ("a=b,c=(", 5),
            ("a in (", 1),
            ("a of (b)", 1),
            ("a,b,a in (b) c", 5),
            (r"a=b\", 1),
            ("a b", 1),
        ] {
            let error = bad.parse::<FieldSelector>().unwrap_err();
            assert_eq!(error.position, position, "{bad}: {error}");
            assert!(bad.trim().ends_with(&error.part), "{bad}: {error}");
        }
    }

    /// The same by a tree.
    fn field_of(object: &Value, path: &FieldPath) -> Value {
        let mut at = object;
        for segment in path.segments() {
            match at.get(segment) {
                Some(next) => at = next,
                None => return Value::Null,
            }
        }
        at.clone()
    }

    fn tricky() -> impl Strategy<Value = String> {
        prop_oneof![4 => "[ab]", 1 => r"[a .,=!()\\]{1,3}", 1 => "\\PC{1,3}"]
    }

    fn object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..3).prop_map(Value::from),
            Just(json!(1.0)),
            tricky().prop_map(Value::from),
        ];
        let inner = leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                3 => prop::collection::btree_map(tricky(), inner.clone(), 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
                1 => prop::collection::vec(inner, 0..2).prop_map(Value::Array),
            ]
        });
        prop::collection::btree_map(tricky(), inner, 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    fn selector() -> impl Strategy<Value = FieldSelector> {
        let path = prop::collection::vec(tricky(), 1..3).prop_map(FieldPath::from_segments);
        let value = prop_oneof![tricky(), Just(String::new()), Just("1".to_owned())];
        let values = prop::collection::btree_set(value, 1..3);
        let requirement = (path, values, 0..4_u8).prop_map(|(path, values, form)| match form {
            0 => Requirement::In(path, values),
            1 => Requirement::NotIn(path, values),
            2 => Requirement::Exists(path),
            _ => Requirement::Missing(path),
        });
        prop::collection::vec(requirement, 0..4)
            .prop_map(|requirements| FieldSelector { requirements })
    }

    proptest! {
        #[test]
        fn the_printed_form_parses_back(selector in selector()) {
            prop_assert_eq!(selector.to_string().parse::<FieldSelector>(), Ok(selector));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in r"[a .,=!()\\\PC]{0,20}") {
            let _ = text.parse::<FieldSelector>();
        }

        #[test]
        fn reading_in_passing_finds_what_a_tree_has(object in object(), selector in selector()) {
            let expected = selector.requirements.iter().all(|requirement| {
                let value = field_of(&object, requirement.key());
                let text = value.to_string();
                requirement.accepts(match &value {
                    Value::Null => Field::Empty,
                    Value::Bool(_) => Field::Text(&text),
                    Value::Number(number) => Field::Number(&text, number.as_f64().unwrap()),
                    Value::String(text) => Field::Text(text),
                    Value::Array(array) if array.is_empty() => Field::Empty,
                    Value::Object(object) if object.is_empty() => Field::Empty,
                    Value::Array(_) | Value::Object(_) => Field::Composite,
                })
            });
            prop_assert_eq!(selector.matches(object.to_string().as_bytes()), expected);
        }
    }
}
