//! Selecting by labels.

use std::fmt;
use std::str::FromStr;

use super::requirement::write_all;
use super::syntax::{Term, parse};
use super::{Requirement, SelectorError};
use crate::Labels;
use crate::validation::{is_label_key, is_label_value};

impl Term for String {
    const CALLED: &'static str = "label";

    fn read(text: &str) -> Option<Self> {
        is_label_key(text).then(|| text.to_owned())
    }

    fn read_value(text: &str) -> Option<String> {
        is_label_value(text).then(|| text.to_owned())
    }

    fn write_value(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(value)
    }
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
        write_all(&self.requirements, f)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { requirements: parse(text)? })
    }
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
            assert_eq!(error.part, bad);
        }
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
