//! The constraint languages: what an application demands of a cluster, or a cluster of a cloud.
//!
//! A constraint is one line of text, such as `location is not DE` or `load lesser than 0.8`. The text is kept exactly as the
//! user wrote it; two constraints are equal if they mean the same.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use winnow::Parser;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, eof, preceded, repeat, separated, terminated};
use winnow::error::{ContextError, ErrMode};
use winnow::token::take_while;

use crate::Labels;
use crate::validation::{invalid_key, invalid_value, is_label_key, is_label_value};

/// What is wrong with the text of a constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// The text has none of the forms of a label constraint.
    #[error(
        "Invalid label constraint, from character {position} on: use KEY is VALUE, KEY is not VALUE, KEY in (VALUE, ...) or \
        KEY not in (VALUE, ...)."
    )]
    Label {
        /// Up to where the text could be understood, counted from 1 in characters.
        position: usize,
    },
    /// The text has none of the forms of a metric constraint.
    #[error(
        "Invalid metric constraint, from character {position} on: use KEY is NUMBER, or is not, greater than, greater than or equal, \
        lesser than, lesser than or equal."
    )]
    Metric {
        /// Up to where the text could be understood, counted from 1 in characters.
        position: usize,
    },
    /// The key has characters that no label key can have.
    #[error("{}", invalid_key(.0))]
    Key(String),
    /// A value has characters that no label value can have.
    #[error("{} It starts at character {position}.", invalid_value(.value))]
    Value {
        /// The value.
        value: String,
        /// Where it starts in the text, counted from 1 in characters.
        position: usize,
    },
}

/// A demand on the labels of a resource.
///
/// ```
/// use krake_core::{LabelConstraint, Labels};
///
/// let constraint: LabelConstraint = "location in (DE, SK)".parse()?;
/// assert!(constraint.matches(&Labels::from([("location".into(), "SK".into())])));
/// assert!(!constraint.matches(&Labels::new()));
/// # Ok::<(), krake_core::ConstraintError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LabelConstraint {
    text: String,
    key: String,
    demand: LabelDemand,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum LabelDemand {
    Is(String),
    IsNot(String),
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl LabelConstraint {
    /// The label this is about.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the labels fulfil the demand. A missing label fulfils none, not even `is not`.
    pub fn matches(&self, labels: &Labels) -> bool {
        labels
            .get(&self.key)
            .is_some_and(|value| match &self.demand {
                LabelDemand::Is(wanted) => value == wanted,
                LabelDemand::IsNot(unwanted) => value != unwanted,
                LabelDemand::In(wanted) => wanted.contains(value),
                LabelDemand::NotIn(unwanted) => !unwanted.contains(value),
            })
    }

    /// The one spelling that all equal constraints share.
    pub fn canonical(&self) -> String {
        let key = &self.key;
        match &self.demand {
            LabelDemand::Is(value) => format!("{key} is {value}"),
            LabelDemand::IsNot(value) => format!("{key} is not {value}"),
            LabelDemand::In(values) => format!("{key} in ({})", values.join(", ")),
            LabelDemand::NotIn(values) => format!("{key} not in ({})", values.join(", ")),
        }
    }
}

impl FromStr for LabelConstraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, demand) =
            (key, label_demand)
                .parse(text)
                .map_err(|_| ConstraintError::Label {
                    position: understood(text, EQUALITIES, LISTS),
                })?;
        let constraint = Self { text: text.to_owned(), key: key.to_owned(), demand };
        let values = match &constraint.demand {
            LabelDemand::Is(value) | LabelDemand::IsNot(value) => std::slice::from_ref(value),
            LabelDemand::In(values) | LabelDemand::NotIn(values) => values,
        };
        check_words(text, key, values)?;
        Ok(constraint)
    }
}

/// How the value of a metric constraint is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are six comparisons")]
pub enum Comparison {
    /// Equal.
    Is,
    /// Different.
    IsNot,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Lesser.
    Lesser,
    /// Lesser or equal.
    LesserOrEqual,
}

impl Comparison {
    const fn words(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Greater => "greater than",
            Self::GreaterOrEqual => "greater than or equal",
            Self::Lesser => "lesser than",
            Self::LesserOrEqual => "lesser than or equal",
        }
    }
}

/// A demand on a weighted, normalised metric of a resource.
#[derive(Clone, Debug)]
pub struct MetricConstraint {
    text: String,
    key: String,
    comparison: Comparison,
    value: String,
}

impl MetricConstraint {
    /// The metric this is about.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether `measured` fulfils the demand. A value that is no finite number is fulfilled by nothing.
    #[expect(clippy::float_cmp, reason = "the language compares doubles exactly")]
    pub fn matches(&self, measured: f64) -> bool {
        let value = self
            .value
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite());
        let Some(value) = value else { return false };
        match self.comparison {
            Comparison::Is => measured == value,
            Comparison::IsNot => measured != value,
            Comparison::Greater => measured > value,
            Comparison::GreaterOrEqual => measured >= value,
            Comparison::Lesser => measured < value,
            Comparison::LesserOrEqual => measured <= value,
        }
    }

    /// The one spelling that all equal constraints share.
    pub fn canonical(&self) -> String {
        format!("{} {} {}", self.key, self.comparison.words(), self.value)
    }
}

impl FromStr for MetricConstraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, (comparison, value)) =
            (key, metric_demand)
                .parse(text)
                .map_err(|_| ConstraintError::Metric {
                    position: understood(text, COMPARISONS, &[]),
                })?;
        let value = value.to_owned();
        check_words(text, key, std::slice::from_ref(&value))?;
        Ok(Self { text: text.to_owned(), key: key.to_owned(), comparison, value })
    }
}

fn check_words(text: &str, key: &str, values: &[String]) -> Result<(), ConstraintError> {
    if !is_label_key(key) {
        return Err(ConstraintError::Key(key.to_owned()));
    }
    match values.iter().find(|value| !is_label_value(value)) {
        Some(value) => {
            let position = position(text, value);
            Err(ConstraintError::Value { value: value.clone(), position })
        }
        None => Ok(()),
    }
}

/// The number of the character with which a value starts: it ends a run of characters, after that of the key.
fn position(text: &str, value: &str) -> usize {
    let mut before = 0;
    let mut runs = text.split(|character| !is_word(character)).map(|run| {
        let end = before + run.chars().count();
        before = end + 1;
        (run, end)
    });
    let key = runs.find(|(run, _)| !run.is_empty());
    let found = key.and_then(|_| runs.find(|(run, _)| run.ends_with(value)));
    found.map_or(1, |(_, end)| end + 1 - value.chars().count())
}

type Error = ErrMode<ContextError>;

/// The words of an operator; blanks between them are free.
type Operator = &'static [&'static str];

fn blanks<'t>(input: &mut &'t str) -> Result<&'t str, Error> {
    take_while(0.., ' ').parse_next(input)
}

/// Whether a character has no meaning of its own.
const fn is_word(character: char) -> bool {
    !matches!(character, ' ' | ',' | '(' | ')' | '=' | '!')
}

/// A maximal run of characters without a meaning of their own.
fn word<'t>(input: &mut &'t str) -> Result<&'t str, Error> {
    terminated(take_while(1.., is_word), blanks).parse_next(input)
}

fn key<'t>(input: &mut &'t str) -> Result<&'t str, Error> {
    preceded(blanks, word).parse_next(input)
}

fn symbol<'t>(text: &'static str) -> impl Parser<&'t str, (), Error> {
    (text, blanks).void()
}

fn operator<'t>(words: Operator) -> impl Parser<&'t str, (), Error> {
    move |input: &mut &'t str| {
        words.iter().try_for_each(|text| {
            // TAB and other white space between the words of an operator is as good as a blank.
            (symbol(text), multispace0).void().parse_next(input)
        })
    }
}

/// One of the spellings, followed by a value that ends the text: the first spelling that fits wins.
fn value_after<'t>(spellings: &'static [Operator]) -> impl Parser<&'t str, &'t str, Error> {
    move |input: &mut &'t str| {
        let start = *input;
        for spelling in spellings {
            *input = start;
            if let Ok(value) = delimited(operator(spelling), word, eof).parse_next(input) {
                return Ok(value);
            }
        }
        Err(ErrMode::Backtrack(ContextError::new()))
    }
}

const IS: &[Operator] = &[&["=="], &["="], &["is"]];
const IS_NOT: &[Operator] = &[&["!="], &["is", "not"]];
const GREATER: &[Operator] = &[&[">"], &["gt"], &["greater", "than"]];
const GREATER_OR_EQUAL: &[Operator] =
    &[&[">="], &["=>"], &["gte"], &["greater", "than", "or", "equal"]];
const LESSER: &[Operator] = &[&["<"], &["lt"], &["lesser", "than"]];
const LESSER_OR_EQUAL: &[Operator] =
    &[&["<="], &["=<"], &["lte"], &["lesser", "than", "or", "equal"]];

fn list(input: &mut &str) -> Result<Vec<String>, Error> {
    let values = separated(1.., word.map(str::to_owned), symbol(","));
    let trailing = repeat::<_, _, (), _, _>(0.., symbol(","));
    delimited(symbol("("), terminated(values, trailing), (symbol(")"), eof)).parse_next(input)
}

/// Up to where a text that is no constraint could have become one, by the number of the first character after that.
fn understood(text: &str, comparisons: &[&[Operator]], lists: &[Operator]) -> usize {
    let mut rest = text;
    if key(&mut rest).is_err() {
        return 1;
    }
    let mut shortest = rest.len();
    for spelling in comparisons.iter().copied().flatten() {
        let mut rest = rest;
        let _ = (operator(spelling), word).void().parse_next(&mut rest);
        shortest = shortest.min(rest.len());
    }
    for spelling in lists {
        let mut rest = rest;
        let start = (operator(spelling), symbol("(")).void();
        let items = repeat::<_, _, (), _, _>(0.., alt((word.void(), symbol(","))));
        let _ = (start, word, items, symbol(")"))
            .void()
            .parse_next(&mut rest);
        shortest = shortest.min(rest.len());
    }
    text[..text.len() - shortest].chars().count() + 1
}

/// What a value is compared by in the two languages, and what comes before a list.
const EQUALITIES: &[&[Operator]] = &[IS, IS_NOT];
const LISTS: &[Operator] = &[&["in"], &["not", "in"]];
const COMPARISONS: &[&[Operator]] =
    &[IS, IS_NOT, GREATER, GREATER_OR_EQUAL, LESSER, LESSER_OR_EQUAL];

fn label_demand(input: &mut &str) -> Result<LabelDemand, Error> {
    alt((
        value_after(IS).map(|value| LabelDemand::Is(value.to_owned())),
        value_after(IS_NOT).map(|value| LabelDemand::IsNot(value.to_owned())),
        preceded(operator(&["in"]), list).map(LabelDemand::In),
        preceded(operator(&["not", "in"]), list).map(LabelDemand::NotIn),
    ))
    .parse_next(input)
}

fn metric_demand<'t>(input: &mut &'t str) -> Result<(Comparison, &'t str), Error> {
    alt((
        value_after(IS).map(|value| (Comparison::Is, value)),
        value_after(IS_NOT).map(|value| (Comparison::IsNot, value)),
        value_after(GREATER).map(|value| (Comparison::Greater, value)),
        value_after(GREATER_OR_EQUAL).map(|value| (Comparison::GreaterOrEqual, value)),
        value_after(LESSER).map(|value| (Comparison::Lesser, value)),
        value_after(LESSER_OR_EQUAL).map(|value| (Comparison::LesserOrEqual, value)),
    ))
    .parse_next(input)
}

impl PartialEq for LabelConstraint {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.demand == other.demand
    }
}

impl Eq for LabelConstraint {}

impl PartialEq for MetricConstraint {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.comparison == other.comparison && self.value == other.value
    }
}

impl Eq for MetricConstraint {}

/// Text in, the same text out.
macro_rules! as_text {
    ($type:ident, $description:literal, $examples:tt) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "description": $description,
                    "examples": $examples,
                })
            }
        }
    };
}

as_text!(
    LabelConstraint,
    "A demand on the labels of a resource: `key is value`, `key is not value`, `key in (a, b)`, `key not in (a, b)`. \
     A missing label fulfils none of them.",
    ["location is DE", "location is not DE", "location in (DE, SK)", "location not in (DE, SK)"]
);
as_text!(
    MetricConstraint,
    "A demand on a metric of a resource: its name, then `is`, `is not`, `greater than`, `greater than or equal`, \
     `lesser than` or `lesser than or equal`, or the usual signs for them, then a number.",
    ["load lesser than 0.8", "energy >= 5"]
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn label(text: &str) -> Result<String, ConstraintError> {
        text.parse::<LabelConstraint>()
            .map(|constraint| constraint.canonical())
    }

    fn metric(text: &str) -> Result<String, ConstraintError> {
        text.parse::<MetricConstraint>()
            .map(|constraint| constraint.canonical())
    }

    #[test]
    fn accepted_label_constraints_have_their_canonical_form() {
        for (text, canonical) in [
            ("location is DE", "location is DE"),
            ("location = DE", "location is DE"),
            ("location==DE", "location is DE"),
            ("location != DE", "location is not DE"),
            ("location!=DE", "location is not DE"),
            ("location is not DE", "location is not DE"),
            ("location isnot DE", "location is not DE"),
            ("a in (b)", "a in (b)"),
            ("a in(b)", "a in (b)"),
            ("a in (b,)", "a in (b)"),
            ("a in (b,,)", "a in (b)"),
            ("a not  in ( b , c )", "a not in (b, c)"),
            ("a notin(b)", "a not in (b)"),
            ("url.com/location = DE.GER", "url.com/location is DE.GER"),
            ("a in (is, not)", "a in (is, not)"),
            ("is is is", "is is is"),
            ("in in (in)", "in in (in)"),
            ("not not in (not)", "not not in (not)"),
            ("not in (b)", "not in (b)"),
            ("  a is b ", "a is b"),
            ("a is not", "a is not"),
            ("a isnotb", "a is notb"),
            ("a is notb", "a is notb"),
            ("a is not in", "a is not in"),
        ] {
            assert_eq!(label(text).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn label_constraints_that_have_no_meaning_are_refused() {
        for text in [
            "",
            "a",
            "a is",
            "aisb",
            "a = = b",
            "a===b",
            "a ! = b",
            "a!b",
            "a IS b",
            "a is b c",
            "a is == b",
            "a in b",
            "a in ()",
            "a in (,b)",
            "a in (b,,c)",
            "a in (b c)",
            "a in [b, c)",
            "a not in (b",
            "a isin (b)",
            "location is not valid DE",
            "is b",
            "a==not b",
        ] {
            assert!(matches!(label(text), Err(ConstraintError::Label { .. })), "{text}");
        }
        for text in [
            ". == DE",
            "-k = DE",
            "url/com/location != DE",
            "url.com/ is not DE",
            "/location in (DE)",
            "url.com/location = $DE",
            "x is .",
            "x in (DE-, SK)",
            "a:b is c",
            "a is b:c",
            "a is 'b'",
            "é is b",
        ] {
            let error = label(text).unwrap_err();
            assert!(
                matches!(error, ConstraintError::Key(_) | ConstraintError::Value { .. }),
                "{text}"
            );
        }
    }

    #[test]
    fn only_finite_numbers_are_compared_with() {
        let matches = |text: &str| text.parse::<MetricConstraint>().unwrap().matches(0.5);
        for text in ["a is 0.5", "a != 5", "a < 1e5", "a >= 0.25"] {
            assert!(matches(text), "{text}");
        }
        for text in ["a != abc", "a < inf", "a != nan", "a < infinity", "a < 5_0", "a < 1e999"] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_told_by_its_place() {
        for (text, place) in [
            ("", 1),
            ("  (", 1),
            ("location", 9),
            ("location DE", 10),
            ("location is", 12),
            ("location is DE SK", 16),
            ("location in DE", 13),
            ("location in (DE SK", 19),
            ("ort in (ä, ö) ü", 15),
            ("location not in (", 18),
            ("location in ())", 14),
        ] {
            let expected = Err(ConstraintError::Label { position: place });
            assert_eq!(text.parse::<LabelConstraint>().map(|_| ()), expected, "{text}");
        }
        for (text, place) in [("load", 5), ("load > ", 8), ("load in (5)", 6), ("load is 5 %", 11)]
        {
            let expected = Err(ConstraintError::Metric { position: place });
            assert_eq!(text.parse::<MetricConstraint>().map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_shown_in_part_and_with_its_place() {
        for (text, position) in [
            ("x in (DE-, SK)", 7),
            ("$ä in (ä)", 0),
            ("ä", 0),
            ("x in (a, é$,$)", 10),
            ("x is -", 6),
            ("x isnot$", 5),
            ("x is not $", 10),
        ] {
            match text.parse::<LabelConstraint>() {
                Err(ConstraintError::Value { position: found, .. }) => {
                    assert_eq!(found, position, "{text}");
                }
                _ => assert_eq!(position, 0, "{text}"),
            }
        }
        for text in [format!("a is {}", "é".repeat(60_000)), format!("{} is a", "é".repeat(60_000))]
        {
            let error = text.parse::<LabelConstraint>().unwrap_err().to_string();
            assert!(error.chars().count() < 250, "{error}");
        }
    }

    #[test]
    fn accepted_metric_constraints_have_their_canonical_form() {
        for (text, canonical) in [
            ("load is 5", "load is 5"),
            ("load==5", "load is 5"),
            ("load != 5", "load is not 5"),
            ("load >5", "load greater than 5"),
            ("load gt5", "load greater than 5"),
            ("load greaterthan 5", "load greater than 5"),
            ("load >= 5", "load greater than or equal 5"),
            ("load =>5.", "load is >5."),
            ("load => 5", "load greater than or equal 5"),
            ("load gte 5", "load greater than or equal 5"),
            ("load greater than or equal 5", "load greater than or equal 5"),
            ("load lt 5", "load lesser than 5"),
            ("load =< 5", "load lesser than or equal 5"),
            ("load lesser than or equal 5", "load lesser than or equal 5"),
            ("load gte5", "load greater than e5"),
            ("load > abc", "load greater than abc"),
        ] {
            match metric(text) {
                Ok(found) => assert_eq!(found, canonical, "{text}"),
                Err(error) => {
                    let expected = ConstraintError::Value { value: ">5.".into(), position: 7 };
                    assert_eq!(error, expected, "{text}");
                }
            }
        }
    }

    #[test]
    fn metric_constraints_that_have_no_meaning_are_refused() {
        for text in [
            "load>5",
            "load<5",
            "load> 5",
            "load <> 5",
            "load ge 5",
            "load less than 5",
            "load is greater than 5",
            "load greater than or equal to 5",
            "load equals 5",
            "load not 5",
            "load in (5)",
            "load is over 9000",
            "load > 5 x",
        ] {
            assert!(matches!(metric(text), Err(ConstraintError::Metric { .. })), "{text}");
        }
        for text in
            ["load>=5", "load<=5", "load=>5", "load =<5", "load > -5", "load = -1", "load > .5"]
        {
            assert!(!matches!(metric(text), Ok(_) | Err(ConstraintError::Metric { .. })), "{text}");
        }
    }

    #[test]
    fn a_missing_label_fulfils_nothing() {
        for text in ["a is b", "a is not b", "a in (b)", "a not in (b)"] {
            assert!(
                !text
                    .parse::<LabelConstraint>()
                    .unwrap()
                    .matches(&Labels::new()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_users_spelling_survives_and_equality_ignores_it() {
        let spelled: LabelConstraint = serde_json::from_str("\" a=b\"").unwrap();
        assert_eq!(serde_json::to_string(&spelled).unwrap(), "\" a=b\"");
        assert_eq!(spelled, "a is b".parse().unwrap());
    }

    proptest! {
        #[test]
        fn canonical_text_parses_back_to_an_equal_constraint(text in "[a-c]{1,2} ?(is|=|!=|is not|in|not in) ?(\\(?[a-c]{1,2}(, ?[a-c])?\\)?)") {
            if let Ok(constraint) = text.parse::<LabelConstraint>() {
                prop_assert_eq!(constraint.canonical().parse::<LabelConstraint>(), Ok(constraint));
            }
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "[\\PC\\t]{0,40}") {
            let _ = text.parse::<LabelConstraint>();
            let _ = text.parse::<MetricConstraint>();
        }
    }
}
