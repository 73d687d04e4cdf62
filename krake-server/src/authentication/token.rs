//! Tokens in the head of a request.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

const SCHEME: &str = "Bearer";

/// What a request carries as a token: the header `Authorization`, with or without the scheme `Bearer` before it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

/// Stands for a token where the token itself should not be kept.
pub(super) type TokenDigest = [u8; SHA256_OUTPUT_LEN];

/// The header is there, but there is no token in it, or none that could be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoToken;

impl Token {
    /// The token of a request, if it has any credentials of this kind.
    ///
    /// A name and a password (`Basic …`) are no token, and are passed on to nobody.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, NoToken> {
        let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
        let text = header.to_str().map_err(|_| NoToken)?.trim();
        let token = match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token.trim_start(),
            _ => text,
        };
        match token {
            "" => Ok(None),
            token => Self::new(token).map(Some),
        }
    }

    pub(super) fn new(text: &str) -> Result<Self, NoToken> {
        let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_token { Ok(Self(text.to_owned())) } else { Err(NoToken) }
    }

    /// The secret itself.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// The secret as a header, which logs of HTTP leave out.
    pub(super) fn header(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(&self.0).expect("printable ASCII is a header");
        value.set_sensitive(true);
        value
    }

    pub(super) fn digest(&self) -> TokenDigest {
        let mut bytes = TokenDigest::default();
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        bytes
    }
}

/// Says nothing of the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Result<Option<String>, NoToken> {
        let value = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        Token::of(&headers).map(|token| token.map(|token| token.secret().to_owned()))
    }

    #[test]
    fn a_token_is_taken_with_and_without_its_scheme() {
        for header in ["abc.DEF-_~+/=", "Bearer abc.DEF-_~+/=", "bearer   abc.DEF-_~+/=  "] {
            assert_eq!(token(header), Ok(Some("abc.DEF-_~+/=".into())), "{header}");
        }
        assert_eq!(token("Bearerabc"), Ok(Some("Bearerabc".into())));
    }

    #[test]
    fn no_header_and_an_empty_one_are_no_credentials() {
        assert_eq!(Token::of(&HeaderMap::new()), Ok(None));
        assert_eq!(token(""), Ok(None));
    }

    #[test]
    fn passwords_and_unprintable_texts_are_no_tokens() {
        for header in ["Basic YTpi", "Bearer a b", "a\tb", "\u{e9}"] {
            assert_eq!(token(header), Err(NoToken), "{header}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Token::new("secret").unwrap()), "Token");
    }
}
