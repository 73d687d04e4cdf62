//! Finding everything that is wrong with an input.
//!
//! A deserializer cannot go on after an error, so an input that does not fit its type is decoded again, by a deserializer that
//! notes what is wrong and puts something neutral in its place: an empty text for a number that should be one, a member that
//! is lacking. Where a type accepts nothing neutral, or where only the type knows what it requires, the attempt fails,
//! and what it has learned makes the next one go further. What comes out at the end lacks what was wrong, and can be
//! checked by the rules of its type.
//!
//! An attempt costs what decoding costs. There are at most as many as the type has required members, and one for each
//! value that had to be given up, and fewer for a large input: see [`attempts`].

use std::any::type_name;
use std::cell::RefCell;
use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::deserializer::Input;
use super::error::{InputError, MISSING};
use super::place::{Place, Step, field};
use crate::validation::{FieldErrors, is_same_or_inside};

/// How many errors are looked for.
pub(super) const MOST_ERRORS: usize = FieldErrors::MOST + 1;

/// How often an input is decoded, at most.
const MOST_ATTEMPTS: usize = 100;
/// How often an input is decoded in any case: enough for the errors that can be replaced, in all but a few places.
const FEWEST_ATTEMPTS: usize = 6;
/// How many values all attempts may look at, beyond those of the fewest attempts.
const MOST_VALUES: usize = 200_000;

/// What is wrong with an input, and what is left of it.
#[derive(Debug)]
pub(super) struct Diagnosis<T> {
    /// In the order in which they were found.
    pub(super) errors: FieldErrors,
    /// The input without what is wrong, if it can be decoded so.
    pub(super) repaired: Option<T>,
    /// The fields of which the repaired object says nothing: those with errors, those that were given up, and lists that
    /// lack an item, so that the others have another index than in the input.
    pub(super) unsound: Vec<String>,
    #[cfg(test)]
    pub(super) attempts: usize,
}

/// Diagnoses an input that cannot be decoded.
pub(super) fn diagnose<T: DeserializeOwned>(input: &Value) -> Diagnosis<T> {
    let findings = RefCell::new(Findings::default());
    let mut dead = Dead::default();
    let mut repaired = None;
    #[cfg(test)]
    let mut made = 0;
    for _ in 0..attempts(size(input)) {
        #[cfg(test)]
        {
            made += 1;
        }
        let attempt = Attempt { findings: &findings, dead: &dead };
        let root = Place::root(&attempt);
        let result = T::deserialize(Input::diagnosed(input.clone(), &root));
        let result = result.map_err(|error| root.give_up(error, false));
        let mut findings = findings.borrow_mut();
        match result {
            Ok(object) if findings.is_whole() => {
                repaired = Some(object);
                break;
            }
            _ if findings.is_full() || !findings.has_learned() => break,
            _ => {}
        }
        findings.given_up.drain(..).for_each(|path| dead.add(&path));
        findings.learned = false;
        if dead.is_end() {
            break;
        }
    }
    let Findings { errors, mut unsound, .. } = findings.into_inner();
    unsound.extend(errors.0.iter().map(|error| error.field.clone()));
    Diagnosis {
        errors,
        repaired,
        unsound,
        #[cfg(test)]
        attempts: made,
    }
}

/// How often an input of this size may be decoded.
fn attempts(size: usize) -> usize {
    (MOST_VALUES / size).clamp(FEWEST_ATTEMPTS, MOST_ATTEMPTS)
}

/// How many values there are; a long text counts as several.
fn size(value: &Value) -> usize {
    const TEXT: usize = 64;
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() / TEXT + size(value))
            .sum(),
        Value::String(text) => text.len() / TEXT,
        _ => 0,
    }
}

/// What all attempts have found.
#[derive(Default)]
struct Findings {
    errors: FieldErrors,
    /// The members that a type requires, as far as it has missed them.
    required: HashMap<TypeKey, Vec<&'static str>>,
    /// The fields that were given up, and the lists of which an item was given up.
    unsound: Vec<String>,
    /// Of this attempt: what the next one passes over.
    given_up: Vec<Vec<OwnedStep>>,
    /// Of this attempt: whether a type has told of a required member.
    learned: bool,
}

impl Findings {
    fn is_full(&self) -> bool {
        self.errors.0.len() >= MOST_ERRORS
    }

    /// Whether the next attempt can go further.
    fn has_learned(&self) -> bool {
        self.learned || !self.given_up.is_empty()
    }

    /// Whether nothing was given up on the way.
    fn is_whole(&self) -> bool {
        !self.has_learned() && !self.is_full()
    }

    fn add(&mut self, field: String, message: &str) -> Result<(), InputError> {
        if self.is_full() {
            return Err(InputError::Reported);
        }
        self.errors.add(field, message);
        Ok(())
    }

    /// Whether an error was found here or in something that contains this.
    fn covers(&self, field: &str) -> bool {
        self.errors
            .0
            .iter()
            .any(|error| is_same_or_inside(field, &error.field))
    }

    /// Whether an error was found inside.
    fn is_touched(&self, field: &str) -> bool {
        self.errors
            .0
            .iter()
            .any(|error| is_same_or_inside(&error.field, field))
    }
}

/// What tells one struct from another: the code that reads it, and its members.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TypeKey {
    reader: &'static str,
    members: &'static [&'static str],
}

impl TypeKey {
    pub(super) fn of<V>(members: &'static [&'static str]) -> Self {
        Self { reader: type_name::<V>(), members }
    }
}

/// One attempt.
pub(super) struct Attempt<'p> {
    findings: &'p RefCell<Findings>,
    dead: &'p Dead,
}

impl<'p> Attempt<'p> {
    pub(super) const fn dead(&self) -> &'p Dead {
        self.dead
    }

    pub(super) fn report(&self, path: &[Step<'_>], message: &str) -> Result<(), InputError> {
        let field = field(path);
        let mut findings = self.findings.borrow_mut();
        if findings.covers(&field) { Ok(()) } else { findings.add(field, message) }
    }

    /// An error of a container in which something is neutral may be due to that, and is not told.
    pub(super) fn give_up(&self, path: &[Step<'_>], error: &InputError) -> InputError {
        let mut findings = self.findings.borrow_mut();
        let at = field(path);
        if !findings.covers(&at) && !findings.is_touched(&at) {
            let added = match error {
                InputError::Missing(member) => {
                    findings.add(field(&[path, &[Step::Member(member)]].concat()), MISSING)
                }
                other => findings.add(at, &other.to_string()),
            };
            if added.is_err() {
                return InputError::Reported;
            }
        }
        findings.unsound.push(match path {
            [list @ .., Step::Item(_)] => field(list),
            _ => field(path),
        });
        findings
            .given_up
            .push(path.iter().map(OwnedStep::from).collect());
        InputError::Reported
    }

    /// Whether looking further makes sense in this attempt.
    pub(super) fn goes_on(&self) -> bool {
        !self.findings.borrow().is_full()
    }

    /// The members that a type is known to require.
    pub(super) fn required(&self, key: &TypeKey) -> Vec<&'static str> {
        self.findings
            .borrow()
            .required
            .get(key)
            .cloned()
            .unwrap_or_default()
    }

    /// Remembers that a type requires a member; the answer is whether that is new.
    pub(super) fn requires(&self, key: TypeKey, member: &'static str) -> bool {
        let mut findings = self.findings.borrow_mut();
        let known = findings.required.entry(key).or_default();
        if known.contains(&member) {
            return false;
        }
        known.push(member);
        findings.learned = true;
        true
    }
}

/// A [`Step`] to be remembered.
#[derive(Debug, PartialEq, Eq, Hash)]
enum OwnedStep {
    Member(String),
    Item(usize),
}

impl From<&Step<'_>> for OwnedStep {
    fn from(step: &Step<'_>) -> Self {
        match *step {
            Step::Member(name) => Self::Member(name.to_owned()),
            Step::Item(index) => Self::Item(index),
        }
    }
}

/// The places of values that were given up, as a tree.
#[derive(Debug, Default)]
pub(super) struct Dead {
    is_end: bool,
    members: HashMap<String, Self>,
    items: HashMap<usize, Self>,
}

impl Dead {
    pub(super) const fn is_end(&self) -> bool {
        self.is_end
    }

    pub(super) fn inside(&self, step: Step<'_>) -> Option<&Self> {
        match step {
            Step::Member(name) => self.members.get(name),
            Step::Item(index) => self.items.get(&index),
        }
    }

    fn add(&mut self, path: &[OwnedStep]) {
        match path {
            [] => self.is_end = true,
            [OwnedStep::Member(name), rest @ ..] => {
                self.members.entry(name.clone()).or_default().add(rest);
            }
            [OwnedStep::Item(index), rest @ ..] => {
                self.items.entry(*index).or_default().add(rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::{LabelConstraint, Timestamp};

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum State {
        #[default]
        Good,
        Bad,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Part {
        name: String,
        state: State,
        #[serde(default)]
        since: Option<Timestamp>,
        #[serde(default)]
        size: Option<u8>,
        inner: Inner,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        flag: bool,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Whole {
        name: String,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        constraints: Vec<LabelConstraint>,
        #[serde(default)]
        by_number: BTreeMap<u8, bool>,
        #[serde(default)]
        pair: (u8, State),
        #[serde(default)]
        until: Option<Timestamp>,
    }

    fn found(diagnosis: &Diagnosis<impl Sized>) -> Vec<String> {
        let mut found: Vec<_> = diagnosis.errors.0.iter().map(ToString::to_string).collect();
        found.sort();
        found
    }

    #[test]
    fn every_error_is_found_once() {
        let input = json!({
            "parts": [
                {"name": 5, "state": "ugly", "since": "yesterday", "size": 256, "inner": {}},
                "x",
                {"name": "n", "state": null, "since": 5, "size": null, "inner": null},
                {},
            ],
            "constraints": ["a is b", "a b", 5, "b c", "x = y"],
            "by_number": {"1": 2, "x": true, "300": false, "2": true},
            "pair": [1, "x"],
            "until": "never",
        });
        let diagnosis = diagnose::<Whole>(&input);
        let unread = "a b".parse::<LabelConstraint>().unwrap_err();
        assert_eq!(
            found(&diagnosis),
            [
                "by_number.1: Not a valid boolean.",
                "by_number.300: Not a valid integer.",
                "by_number.x: Not a valid integer.",
                &format!("constraints[1]: {unread}"),
                "constraints[2]: Not a valid string.",
                &format!("constraints[3]: {unread}"),
                "name: Missing data for required field.",
                "pair[1]: Invalid enum member x",
                "parts[0].inner.flag: Missing data for required field.",
                "parts[0].name: Not a valid string.",
                "parts[0].since: Not a valid datetime.",
                "parts[0].size: Not a valid integer.",
                "parts[0].state: Invalid enum member ugly",
                "parts[1]: Not a valid mapping type.",
                "parts[2].inner: Field may not be null.",
                "parts[2].since: Not a valid datetime.",
                "parts[2].state: Field may not be null.",
                "parts[3].inner: Missing data for required field.",
                "parts[3].name: Missing data for required field.",
                "parts[3].state: Missing data for required field.",
                "until: Not a valid datetime.",
            ]
        );
        let repaired = diagnosis.repaired.unwrap();
        assert_eq!(repaired.constraints, ["a is b".parse().unwrap(), "x is y".parse().unwrap()]);
        assert_eq!(repaired.by_number, BTreeMap::from([(1, false), (2, true)]));
    }

    #[test]
    fn a_body_of_the_wrong_type_has_one_error() {
        for input in [json!([]), json!("x"), json!(null), json!(5)] {
            let diagnosis = diagnose::<Whole>(&input);
            assert_eq!(found(&diagnosis), ["Invalid input type."]);
        }
    }

    #[test]
    fn what_cannot_be_replaced_takes_its_container_along() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Outer {
            name: String,
            inner: Timed,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        struct Timed {
            at: Timestamp,
        }
        let diagnosis = diagnose::<Outer>(&json!({"name": 5, "inner": {"at": 5}}));
        let errors = ["inner.at: Not a valid datetime.", "name: Not a valid string."];
        assert_eq!(found(&diagnosis), errors);
        assert_eq!(diagnosis.repaired, None);
    }

    #[test]
    fn the_number_of_attempts_does_not_grow_with_the_number_of_errors() {
        let part = json!({"name": 5, "inner": {}});
        let wrong = |count| json!({"parts": vec![part.clone(); count]});
        let few = diagnose::<Whole>(&wrong(1));
        assert_eq!(few.errors.0.len(), 4, "{}", few.errors);
        let many = diagnose::<Whole>(&wrong(10_000));
        assert_eq!(many.errors.0.len(), MOST_ERRORS);
        assert!(many.attempts <= few.attempts, "{} attempts", many.attempts);
    }

    #[test]
    fn large_inputs_are_looked_at_a_few_times_only() {
        // Each wrong constraint costs an attempt, and the last one is found only after all the others.
        for good in [0, 1_000, 20_000, 40_000] {
            let mut constraints = vec![json!("a is b"); good];
            constraints.extend(vec![json!("a b"); 40]);
            let input = json!({"name": "n", "constraints": constraints});
            let diagnosis = diagnose::<Whole>(&input);
            let looked_at = diagnosis.attempts * size(&input);
            let affordable = MOST_VALUES.max(FEWEST_ATTEMPTS * size(&input));
            assert!(looked_at <= affordable, "{looked_at} values for {good}");
            assert!(!diagnosis.errors.0.is_empty());
        }
    }

    #[test]
    fn no_attempt_is_made_without_hope() {
        /// Accepts nothing.
        #[derive(Debug)]
        struct Never;
        impl<'de> Deserialize<'de> for Never {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Err(serde::de::Error::missing_field("hope"))
            }
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "never made")]
        struct Outer {
            never: Never,
            list: Vec<Never>,
        }
        let diagnosis = diagnose::<Outer>(&json!({"never": 1, "list": [1, {}, 3]}));
        assert!(diagnosis.repaired.is_none());
        assert!(diagnosis.attempts < 12, "{} attempts", diagnosis.attempts);
        assert!(diagnose::<Never>(&json!(1)).attempts == 1);
    }
}
