//! Where a list goes on.

use krake_core::Revision;

use crate::error::ApiError;

/// The revision all pages of a list show, and the last key of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continuation {
    pub(super) revision: Revision,
    pub(super) after: String,
}

impl Continuation {
    /// Reads a token; `""` is none.
    pub(super) fn parse(token: &str) -> Result<Option<Self>, ApiError> {
        if token.is_empty() {
            return Ok(None);
        }
        let bad = || {
            ApiError::bad_request(
                "continue key is not valid: send the value of the list before, unchanged",
            )
        };
        let (revision, key) = token.split_once('-').ok_or_else(bad)?;
        let revision = revision.parse().map_err(|_| bad())?;
        let after = percent_encoding::percent_decode_str(&key.replace('_', "%"))
            .decode_utf8()
            .map_err(|_| bad())?
            .into_owned();
        Ok(Some(Self { revision, after }))
    }

    /// A token that needs no escaping in a URL.
    pub(super) fn token(&self) -> String {
        let key =
            percent_encoding::utf8_percent_encode(&self.after, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        format!("{}-{}", self.revision, key.replace('%', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_needs_no_escaping() {
        let place =
            Continuation { revision: Revision(17), after: "/registry/core/pods/a_b/ü".to_owned() };
        let token = place.token();
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{token}"
        );
        assert_eq!(Continuation::parse(&token).unwrap(), Some(place));
        assert!(Continuation::parse("x").is_err());
    }
}
