//! Tokens of Keycloak.

use std::fmt;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use krake_core::ProblemTitle;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;

use super::service::{self, Dialect, Service};
use super::{IdentityError, IdentityOptions};
use crate::authentication::token::Token;
use crate::authentication::{AuthenticationError, Authenticator, User};

/// Recognises senders by access tokens of Keycloak: the user is the token's preferred user name.
///
/// The header `Authorization` of a request is the token, with or without the scheme `Bearer` before it. Keycloak is asked by
/// `POST ENDPOINT/auth/realms/REALM/protocol/openid-connect/userinfo` with the token in a form; 200 accepts it. What it says counts
/// for a while, as [`IdentityOptions`] say.
pub struct Keycloak(Service<UserInfo>);

/// Where users of tokens are told.
#[derive(Clone)]
struct UserInfo {
    url: Url,
}

impl Keycloak {
    /// The realm of the Keycloak at `endpoint`, such as `http://localhost:9080`. No connection is made yet.
    ///
    /// # Errors
    /// When the endpoint is no plain address, the realm has no name, or the authorities of the certificate cannot be read.
    pub fn new(
        endpoint: &str,
        realm: &str,
        options: &IdentityOptions,
    ) -> Result<Self, IdentityError> {
        let endpoint = service::endpoint(endpoint)?;
        if matches!(realm, "" | "." | "..") {
            return Err(IdentityError::Realm);
        }
        let path = ["auth", "realms", realm, "protocol", "openid-connect", "userinfo"];
        let info = UserInfo { url: service::below(&endpoint, path) };
        Service::new(info, &endpoint, options).map(Self)
    }
}

#[async_trait]
impl Authenticator for Keycloak {
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
        self.0.authenticate(request).await
    }
}

impl fmt::Debug for Keycloak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keycloak")
            .field(&self.0.dialect().url.as_str())
            .finish()
    }
}

impl Dialect for UserInfo {
    const NAME: &'static str = "Keycloak";
    const TITLE: ProblemTitle = ProblemTitle::InvalidKeycloakToken;

    fn question(&self, http: &Client, token: &Token) -> RequestBuilder {
        let token = utf8_percent_encode(token.secret(), NON_ALPHANUMERIC);
        http.post(self.url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("access_token={token}"))
    }

    fn user_name(answer: &[u8]) -> Option<String> {
        let answer: Answer = serde_json::from_slice(answer).ok()?;
        Some(answer.preferred_username)
    }
}

#[derive(Deserialize)]
struct Answer {
    preferred_username: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_has_the_preferred_name() {
        let answer = br#"{"sub": "0", "name": "Ann", "preferred_username": "ann"}"#;
        assert_eq!(UserInfo::user_name(answer), Some("ann".into()));
        assert_eq!(UserInfo::user_name(br#"{"sub": "0"}"#), None);
    }

    #[test]
    fn a_realm_is_one_segment_of_the_path() {
        let realm = |name| Keycloak::new("http://a:9080/", name, &IdentityOptions::default());
        let shown = format!("{:?}", realm("a/b c").unwrap());
        let url = "http://a:9080/auth/realms/a%2Fb%20c/protocol/openid-connect/userinfo";
        assert_eq!(shown, format!("Keycloak({url:?})"));
        for bad in ["", ".", ".."] {
            assert!(matches!(realm(bad), Err(IdentityError::Realm)), "{bad}");
        }
    }
}
