//! Finding fields in a JSON text without building a tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fields::Field;
use super::{FieldPath, Requirement};

/// Whether an object fulfils all conditions.
pub(super) fn read(requirements: &[Requirement<FieldPath>], json: &[u8]) -> bool {
    let mut verdicts = Verdicts { requirements, found: vec![None; requirements.len()] };
    let wanted = requirements
        .iter()
        .map(|requirement| requirement.key().segments());
    let wanted = wanted.enumerate().collect();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    // An error is how the reading ends early; what was not found by then is decided below.
    let _ = Place { wanted, verdicts: &mut verdicts }.deserialize(&mut deserializer);
    verdicts.are_all_good()
}

/// What is known about each condition.
struct Verdicts<'s> {
    requirements: &'s [Requirement<FieldPath>],
    found: Vec<Option<bool>>,
}

impl Verdicts<'_> {
    /// Judges a field; an error if nothing else needs to be read.
    fn judge<E: Error>(&mut self, index: usize, field: Field<'_>) -> Result<(), E> {
        let verdict = self.requirements[index].accepts(field);
        self.found[index] = Some(verdict);
        if !verdict || self.found.iter().all(Option::is_some) {
            return Err(E::custom("no more needs to be read"));
        }
        Ok(())
    }

    /// Whether all conditions hold, with empty fields for what was not found.
    fn are_all_good(&self) -> bool {
        if self.found.contains(&Some(false)) {
            return false;
        }
        let judged = self.requirements.iter().zip(&self.found);
        judged
            .into_iter()
            .all(|(requirement, found)| found.unwrap_or_else(|| requirement.accepts(Field::Empty)))
    }
}

/// A place in the text, with the conditions whose field is here or below: their indexes, and the rest of their way.
struct Place<'s, 'v> {
    wanted: Vec<(usize, &'s [String])>,
    verdicts: &'v mut Verdicts<'s>,
}

impl Place<'_, '_> {
    fn judge<E: Error>(&mut self, field: Field<'_>) -> Result<(), E> {
        for (index, rest) in &self.wanted {
            if rest.is_empty() {
                self.verdicts.judge(*index, field)?;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.judge(Field::Empty)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.judge(Field::Text(if value { "true" } else { "false" }))
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        self.judge(Field::Text(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "the exact spelling is compared, too")]
    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.judge(Field::Number(&value.to_string(), value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "the exact spelling is compared, too")]
    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.judge(Field::Number(&value.to_string(), value as f64))
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.judge(Field::Number(&value.to_string(), value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let is_empty = entries.next_element::<IgnoredAny>()?.is_none();
        self.judge(if is_empty { Field::Empty } else { Field::Composite })?;
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut is_empty = true;
        while let Some(below) = members.next_key_seed(Below(&self.wanted))? {
            if std::mem::take(&mut is_empty) {
                self.judge(Field::Composite)?;
            }
            if below.is_empty() {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(Place { wanted: below, verdicts: self.verdicts })?;
            }
        }
        if is_empty { self.judge(Field::Empty) } else { Ok(()) }
    }
}

/// The name of a member: which conditions lead through it.
struct Below<'s, 'p>(&'p [(usize, &'s [String])]);

impl<'de, 's> DeserializeSeed<'de> for Below<'s, '_> {
    type Value = Vec<(usize, &'s [String])>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'s> Visitor<'_> for Below<'s, '_> {
    type Value = Vec<(usize, &'s [String])>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let through = |(index, rest): &(usize, &'s [String])| {
            let (first, below) = rest.split_first()?;
            (first == name).then_some((*index, below))
        };
        Ok(self.0.iter().filter_map(through).collect())
    }
}
