//! The language that all selectors share.

use std::collections::BTreeSet;
use std::fmt;

use super::Requirement;
use crate::excerpt::Excerpt;

/// What conditions are on, and how it is written.
pub(super) trait Term: Sized + fmt::Display {
    /// What messages call it.
    const CALLED: &'static str;

    /// Reads the left side of a condition.
    fn read(text: &str) -> Option<Self>;

    /// Reads one value.
    fn read_value(text: &str) -> Option<String>;

    /// Writes one value, so that it can be read again.
    fn write_value(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// The text is not a selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` at position {position} is not a condition on a {called}; write key=value, key!=value, key in (a,b), key notin (a,b), key or !key",
    Excerpt(part)
)]
pub struct SelectorError {
    /// The condition that could not be read.
    pub part: String,
    /// Where it begins, in characters; the first is 1.
    pub position: usize,
    called: &'static str,
}

impl SelectorError {
    /// The part that begins at byte `start` of `text` cannot be read.
    pub(super) fn new<K: Term>(text: &str, start: usize, part: &str) -> Self {
        let position = text[..start].chars().count() + 1;
        Self { part: part.to_owned(), position, called: K::CALLED }
    }
}

/// Reads a conjunction of conditions.
pub(super) fn parse<K: Term>(text: &str) -> Result<Vec<Requirement<K>>, SelectorError> {
    let mut requirements = Vec::new();
    for (start, part) in split_conditions(text) {
        let indent = part.len() - part.trim_start().len();
        let part = trim(part);
        if part.is_empty() {
            continue;
        }
        let requirement = requirement(part);
        let error = || SelectorError::new::<K>(text, start + indent, part);
        requirements.push(requirement.ok_or_else(error)?);
    }
    Ok(requirements)
}

/// Splits at the commas that are not inside parentheses; the parts come with their places.
fn split_conditions(text: &str) -> Vec<(usize, &str)> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, character) in bare(text) {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((start, &text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push((start, &text[start..]));
    parts
}

fn requirement<K: Term>(part: &str) -> Option<Requirement<K>> {
    if let Some(key) = part.strip_prefix('!') {
        return Some(Requirement::Missing(K::read(trim(key))?));
    }
    let Some((at, operator)) = bare(part).find(|(_, character)| "=(".contains(*character)) else {
        return K::read(part).map(Requirement::Exists);
    };
    let (left, right) = (&part[..at], &part[at + 1..]);
    if operator == '(' {
        return listed(left, right);
    }
    let value = BTreeSet::from([K::read_value(trim(right.strip_prefix('=').unwrap_or(right)))?]);
    match left.strip_suffix('!') {
        Some(key) => Some(Requirement::NotIn(K::read(trim(key))?, value)),
        None => Some(Requirement::In(K::read(trim(left))?, value)),
    }
}

/// `key in (` and `key notin (`, with what follows the parenthesis.
fn listed<K: Term>(left: &str, right: &str) -> Option<Requirement<K>> {
    let (end, ')') = bare(right).last()? else { return None };
    if end + 1 != right.len() {
        return None;
    }
    let values = split(&right[..end], ',').map(|value| K::read_value(trim(value)));
    let values = values.collect::<Option<BTreeSet<String>>>()?;
    let (key, operator) = left.trim_end().rsplit_once(' ')?;
    let key = K::read(trim(key))?;
    match operator {
        "in" => Some(Requirement::In(key, values)),
        "notin" => Some(Requirement::NotIn(key, values)),
        _ => None,
    }
}

/// The characters that mean themselves, with their places: neither escaped by a backslash, nor such a backslash.
pub(super) fn bare(text: &str) -> impl Iterator<Item = (usize, char)> {
    characters(text).filter_map(|(at, character, is_bare)| is_bare.then_some((at, character)))
}

/// All characters, with their places, and whether they mean themselves.
fn characters(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let mut is_escaped = false;
    text.char_indices().map(move |(at, character)| {
        let is_bare = !is_escaped && character != '\\';
        is_escaped = !is_escaped && character == '\\';
        (at, character, is_bare)
    })
}

/// Splits at every bare `separator`.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = bare(text).filter(move |(_, character)| *character == separator);
    ends.map(|(at, _)| at).chain([text.len()]).map(move |end| {
        let part = &text[start..end];
        start = end + separator.len_utf8();
        part
    })
}

/// The text without blanks around it; an escaped one stays.
fn trim(text: &str) -> &str {
    let text = text.trim_start();
    let kept =
        characters(text).filter(|(_, character, is_bare)| !(*is_bare && character.is_whitespace()));
    let end = kept
        .last()
        .map_or(0, |(at, character, _)| at + character.len_utf8());
    &text[..end]
}
