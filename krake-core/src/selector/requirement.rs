//! One condition of a selector.

use std::collections::BTreeSet;
use std::fmt;

use super::syntax::Term;

/// One condition: on a label, named by its key, or on a field, named by its [`FieldPath`](crate::FieldPath).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the selector language is closed")]
pub enum Requirement<K = String> {
    /// `key in (a, b)`; `key = a` is the same with one value.
    In(K, BTreeSet<String>),
    /// `key notin (a, b)`; `key != a` is the same with one value. What is missing matches.
    NotIn(K, BTreeSet<String>),
    /// `key`: it is there.
    Exists(K),
    /// `!key`: it is not there.
    Missing(K),
}

impl<K> Requirement<K> {
    /// The label or field that the condition is on.
    pub const fn key(&self) -> &K {
        match self {
            Self::In(key, _) | Self::NotIn(key, _) | Self::Exists(key) | Self::Missing(key) => key,
        }
    }
}

impl<K: Term> fmt::Display for Requirement<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(key, values) => write_list(key, "in", values, f),
            Self::NotIn(key, values) => write_list(key, "notin", values, f),
            Self::Exists(key) => write!(f, "{key}"),
            Self::Missing(key) => write!(f, "!{key}"),
        }
    }
}

/// `key in (a,b)`
fn write_list<K: Term>(
    key: &K,
    operator: &str,
    values: &BTreeSet<String>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    write!(f, "{key} {operator} (")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        K::write_value(value, f)?;
    }
    f.write_str(")")
}

/// All of these: `a,b`.
pub(super) fn write_all<K: Term>(
    requirements: &[Requirement<K>],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (index, requirement) in requirements.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        write!(f, "{requirement}")?;
    }
    Ok(())
}
