//! Names of fields.

use std::fmt;
use std::str::FromStr;

use super::SelectorError;
use super::syntax::{Term, bare, split};

/// The way to a field of an object, through objects only: `spec.provider.name`.
///
/// A backslash takes away the meaning of the character after it: `metadata.labels.example\.com/team`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// The names of the members on the way; at least one.
    pub fn segments(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
impl FieldPath {
    pub(super) const fn from_segments(segments: Vec<String>) -> Self {
        Self(segments)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write_escaped(segment, |c| ".,=!()\\".contains(c) || c.is_whitespace(), f)?;
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or_else(|| SelectorError::new::<Self>(text, 0, text))
    }
}

impl Term for FieldPath {
    const CALLED: &'static str = "field";

    fn read(text: &str) -> Option<Self> {
        let is_plain = |(_, c): (usize, char)| !",=!()".contains(c) && !c.is_whitespace();
        if !bare(text).all(is_plain) {
            return None;
        }
        let segments = split(text, '.')
            .map(unescaped)
            .collect::<Option<Vec<_>>>()?;
        let is_path = segments.iter().all(|segment| !segment.is_empty());
        is_path.then_some(Self(segments))
    }

    fn read_value(text: &str) -> Option<String> {
        if bare(text).any(|(_, character)| ",()".contains(character)) {
            return None;
        }
        unescaped(text)
    }

    fn write_value(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(value, |c| ",()\\".contains(c) || c.is_whitespace(), f)
    }
}

fn write_escaped(
    text: &str,
    is_special: impl Fn(char) -> bool,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for character in text.chars() {
        if is_special(character) {
            f.write_str("\\")?;
        }
        write!(f, "{character}")?;
    }
    Ok(())
}

/// What an escaped text stands for; `None` if it ends within an escape.
fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next()? } else { character });
    }
    Some(plain)
}
