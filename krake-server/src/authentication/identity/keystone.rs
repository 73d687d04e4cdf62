//! Tokens of Keystone, the identity service of OpenStack.

use std::fmt;

use async_trait::async_trait;
use http::request::Parts;
use krake_core::ProblemTitle;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;

use super::service::{self, Dialect, Service};
use super::{IdentityError, IdentityOptions};
use crate::authentication::token::Token;
use crate::authentication::{AuthenticationError, Authenticator, User};

/// Recognises senders by tokens of Keystone: the user is the name of the token's user.
///
/// The header `Authorization` of a request is the token, with or without the scheme `Bearer` before it. Keystone is asked by
/// `GET ENDPOINT/auth/tokens`, with the token both as its own proof and as the subject; 200 accepts it. What it says counts for a
/// while, as [`IdentityOptions`] say.
pub struct Keystone(Service<Tokens>);

/// Where tokens are validated.
#[derive(Clone)]
struct Tokens {
    url: Url,
}

impl Keystone {
    /// The Keystone at `endpoint`, such as `http://localhost:5000/v3`. No connection is made yet.
    ///
    /// # Errors
    /// When the endpoint is no plain address, or the authorities of its certificate cannot be read.
    pub fn new(endpoint: &str, options: &IdentityOptions) -> Result<Self, IdentityError> {
        let endpoint = service::endpoint(endpoint)?;
        let tokens = Tokens { url: service::below(&endpoint, ["auth", "tokens"]) };
        Service::new(tokens, &endpoint, options).map(Self)
    }
}

#[async_trait]
impl Authenticator for Keystone {
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
        self.0.authenticate(request).await
    }
}

impl fmt::Debug for Keystone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keystone")
            .field(&self.0.dialect().url.as_str())
            .finish()
    }
}

impl Dialect for Tokens {
    const NAME: &'static str = "Keystone";
    const TITLE: ProblemTitle = ProblemTitle::InvalidKeystoneToken;

    fn question(&self, http: &Client, token: &Token) -> RequestBuilder {
        let secret = token.header();
        http.get(self.url.clone())
            .header("X-Auth-Token", secret.clone())
            .header("X-Subject-Token", secret)
    }

    fn user_name(answer: &[u8]) -> Option<String> {
        let answer: Answer = serde_json::from_slice(answer).ok()?;
        Some(answer.token.user.name)
    }
}

#[derive(Deserialize)]
struct Answer {
    token: AnswerToken,
}

#[derive(Deserialize)]
struct AnswerToken {
    user: AnswerUser,
}

#[derive(Deserialize)]
struct AnswerUser {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_that_of_the_token() {
        let answer = br#"{"token": {"methods": ["password"], "catalog": [], "user":
            {"domain": {"id": "default", "name": "Default"}, "id": "0", "name": "ann"}}}"#;
        assert_eq!(Tokens::user_name(answer), Some("ann".into()));
        for other in [&b"{}"[..], b"", b"[]", br#"{"token": {"user": {"name": 5}}}"#] {
            assert_eq!(Tokens::user_name(other), None);
        }
    }
}
