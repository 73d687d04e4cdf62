//! Showing users a part of what they sent.

use std::fmt;

/// A text as messages show it: what is longer than a line is cut off.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl Excerpt<'_> {
    /// Most characters that are shown.
    pub(crate) const LENGTH: usize = 80;
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::LENGTH) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

/// Cuts a text off after so many characters.
pub(crate) fn cut(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(Excerpt("short").to_string(), "short");
        let exact = "é".repeat(Excerpt::LENGTH);
        assert_eq!(Excerpt(&exact).to_string(), exact);
        let long = exact.clone() + "é";
        assert_eq!(Excerpt(&long).to_string(), exact.clone() + "…");
        let mut text = long;
        cut(&mut text, Excerpt::LENGTH);
        assert_eq!(text, exact + "…");
    }
}
