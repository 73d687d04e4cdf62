//! Label selectors: which resources a list or watch wants.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::Labels;
use crate::excerpt::Excerpt;
use crate::validation::{is_label_key, is_label_value};

/// One condition on the labels of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the selector language is closed")]
pub enum Requirement {
    /// `key in (a, b)`; `key = a` is the same with one value.
    In(String, BTreeSet<String>),
    /// `key notin (a, b)`; `key != a` is the same with one value. A missing label matches.
    NotIn(String, BTreeSet<String>),
    /// `key`: the label is there.
    Exists(String),
    /// `!key`: the label is not there.
    Missing(String),
}

impl Requirement {
    /// Whether the labels fulfil this condition.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.contains_key(key),
            Self::Missing(key) => !labels.contains_key(key),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &BTreeSet<String>| {
            values
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(",")
        };
        match self {
            Self::In(key, values) => write!(f, "{key} in ({})", list(values)),
            Self::NotIn(key, values) => write!(f, "{key} notin ({})", list(values)),
            Self::Exists(key) => f.write_str(key),
            Self::Missing(key) => write!(f, "!{key}"),
        }
    }
}

/// A conjunction of conditions on labels, in the language of Kubernetes: `tier=web,location in (DE,SK),!legacy`.
///
/// The empty selector matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// All of these must hold.
    pub requirements: Vec<Requirement>,
}

impl Selector {
    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether the labels fulfil all conditions.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.matches(labels))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

/// The text is not a label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` at character {position} is not a condition on a label; write key=value, key!=value, key in (a,b), key notin (a,b), key or !key",
    Excerpt(part)
)]
pub struct SelectorError {
    /// The condition that could not be read.
    pub part: String,
    /// Where it starts, counted from 1 in characters.
    pub position: usize,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut before = 0;
        let mut requirements = Vec::new();
        for condition in split_conditions(text) {
            let part = condition.trim();
            if !part.is_empty() {
                let read = requirement(part).ok_or_else(|| {
                    let blanks = condition.chars().take_while(|blank| blank.is_whitespace());
                    SelectorError { part: part.to_owned(), position: before + blanks.count() + 1 }
                });
                requirements.push(read?);
            }
            before += condition.chars().count() + 1;
        }
        Ok(Self { requirements })
    }
}

/// Splits at the commas that are not inside parentheses.
fn split_conditions(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
}

fn requirement(part: &str) -> Option<Requirement> {
    if let Some(key) = part.strip_prefix('!') {
        return Some(Requirement::Missing(label_key(key)?));
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Some(Requirement::NotIn(label_key(key)?, one(value)?));
    }
    if let Some((key, value)) = part.split_once('=') {
        let value = value.strip_prefix('=').unwrap_or(value);
        return Some(Requirement::In(label_key(key)?, one(value)?));
    }
    if let Some((left, list)) = part.split_once('(') {
        let values = set(list.strip_suffix(')')?)?;
        let (key, operator) = left.trim().rsplit_once(' ')?;
        return match operator {
            "in" => Some(Requirement::In(label_key(key)?, values)),
            "notin" => Some(Requirement::NotIn(label_key(key)?, values)),
            _ => None,
        };
    }
    label_key(part).map(Requirement::Exists)
}

fn label_key(text: &str) -> Option<String> {
    let key = text.trim();
    is_label_key(key).then(|| key.to_owned())
}

fn label_value(text: &str) -> Option<String> {
    let value = text.trim();
    is_label_value(value).then(|| value.to_owned())
}

fn one(text: &str) -> Option<BTreeSet<String>> {
    label_value(text).map(|value| BTreeSet::from([value]))
}

fn set(list: &str) -> Option<BTreeSet<String>> {
    list.split(',').map(label_value).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_selects_as_in_kubernetes() {
        let labels = Labels::from([("tier".into(), "web".into()), ("zone".into(), "a".into())]);
        let matches = |text: &str| text.parse::<Selector>().unwrap().matches(&labels);
        for yes in [
            "",
            "tier=web",
            "tier == web",
            "tier!=db",
            "tier in (db, web)",
            "x notin (y)",
            "tier",
            "!x",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "tier=db",
            "x=y",
            "tier notin (web,db)",
            "x in (y)",
            "!tier",
            "tier,x",
            "zone=a,tier=db",
        ] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for bad in ["a=", "=a", "a in b", "a in (", "a of (b)", "a in ()", "a b", "a=$"] {
            let error = bad.parse::<Selector>().unwrap_err();
            assert_eq!(error, SelectorError { part: bad.to_owned(), position: 1 });
        }
        let error = "é in (ü,b), a=".parse::<Selector>().unwrap_err();
        assert_eq!(error.position, 1);
        let error = "e in (u,b), a=é ,b".parse::<Selector>().unwrap_err();
        assert_eq!(error, SelectorError { part: "a=é".to_owned(), position: 13 });
        let endless = "$".repeat(60_000).parse::<Selector>().unwrap_err();
        assert!(endless.to_string().chars().count() < 250, "{endless}");
    }

    proptest! {
        #[test]
        fn the_printed_form_parses_back(
            parts in prop::collection::vec(("[a-z]{1,5}", prop::collection::btree_set("[a-zA-Z0-9]{1,4}", 1..4), 0..4_u8), 0..5)
        ) {
            let requirements = parts.into_iter().map(|(key, values, form)| match form {
                0 => Requirement::In(key, values),
                1 => Requirement::NotIn(key, values),
                2 => Requirement::Exists(key),
                _ => Requirement::Missing(key),
            });
            let selector = Selector { requirements: requirements.collect() };
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Selector>();
        }
    }
}
