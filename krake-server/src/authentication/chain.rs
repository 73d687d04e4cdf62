//! Several ways to recognise senders, tried in turn.

use std::fmt;

use http::request::Parts;

use super::{AuthenticationError, Authenticator, User};
use crate::refusal::Refusal;

/// How a server finds out who sends a request.
///
/// The authenticators are asked in their order; the first that recognises the sender decides. When none does, but one of them could
/// not check the sender's credentials, the sender is asked to try again; when one has refused them, the request is refused, for the
/// reason of the last. When the sender has shown no credentials at all, it is the anonymous user, or is refused where anonymous users are not allowed.
///
/// A program that hosts the server may name the user itself, by [`Server::acting_as`](crate::Server::acting_as).
pub struct Authentication {
    authenticators: Vec<Box<dyn Authenticator>>,
    allows_anonymous: bool,
}

impl Authentication {
    /// Nobody is recognised, and anonymous users are refused: a start for adding ways in.
    pub const fn closed() -> Self {
        Self { authenticators: Vec::new(), allows_anonymous: false }
    }

    /// Everybody is welcome as the anonymous user.
    pub const fn open() -> Self {
        Self { authenticators: Vec::new(), allows_anonymous: true }
    }

    /// Asks `authenticator`, too, after those that are there already.
    #[must_use]
    pub fn with(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticators.push(Box::new(authenticator));
        self
    }

    /// Takes senders without credentials for the anonymous user.
    #[must_use]
    pub const fn or_anonymous(mut self) -> Self {
        self.allows_anonymous = true;
        self
    }

    /// The sender of a request.
    pub(crate) async fn user_of(&self, request: &Parts) -> Result<User, Refusal> {
        if let Some(user) = request.extensions.get::<User>() {
            return Ok(user.clone());
        }
        let (mut refused, mut unchecked) = (None, None);
        for authenticator in &self.authenticators {
            match authenticator.authenticate(request).await {
                Ok(Some(user)) => return Ok(user),
                Ok(None) => {}
                Err(AuthenticationError::Refused(problem)) => {
                    refused = Some(Refusal::Credentials(problem));
                }
                Err(AuthenticationError::Unavailable(reason)) => {
                    unchecked.get_or_insert(Refusal::Unchecked(reason.into()));
                }
            }
        }
        // Whoever could not be asked might have accepted what others refuse.
        match unchecked.or(refused) {
            Some(refusal) => Err(refusal),
            None if self.allows_anonymous => Ok(User::anonymous()),
            None => Err(Refusal::Unauthenticated),
        }
    }
}

/// Everybody is welcome.
impl Default for Authentication {
    fn default() -> Self {
        Self::open()
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("authenticators", &self.authenticators.len())
            .field("allows_anonymous", &self.allows_anonymous)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use http::Request;
    use krake_core::Problem;

    use super::*;
    use crate::authentication::FixedUser;

    /// Knows the value `good` of one header.
    struct Header(&'static str);

    #[async_trait]
    impl Authenticator for Header {
        async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
            match request.headers.get(self.0).map(http::HeaderValue::as_bytes) {
                None => Ok(None),
                Some(b"good") => Ok(Some(User::new(self.0))),
                Some(b"down") => Err(AuthenticationError::Unavailable("no route".into())),
                Some(_) => Err(AuthenticationError::Refused(Problem::new(401, self.0))),
            }
        }
    }

    async fn user(chain: &Authentication, headers: &[(&str, &str)]) -> Result<String, u16> {
        let request = headers
            .iter()
            .fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        match chain.user_of(&parts).await {
            Ok(user) => Ok(user.name().to_owned()),
            Err(refusal) => Err(refusal.status()),
        }
    }

    #[tokio::test]
    async fn the_first_that_recognises_the_sender_decides() {
        let chain = Authentication::closed().with(Header("a")).with(Header("b"));
        assert_eq!(user(&chain, &[("b", "good")]).await, Ok("b".into()));
        assert_eq!(user(&chain, &[("a", "good"), ("b", "good")]).await, Ok("a".into()));
        assert_eq!(user(&chain, &[("a", "bad"), ("b", "good")]).await, Ok("b".into()));
        assert_eq!(user(&chain, &[("a", "down"), ("b", "good")]).await, Ok("b".into()));
        assert_eq!(user(&chain, &[]).await, Err(401));
        let fixed = Authentication::closed().with(FixedUser(User::new("x")));
        assert_eq!(user(&fixed, &[]).await, Ok("x".into()));
    }

    #[tokio::test]
    async fn the_last_refusal_is_told() {
        let chain = Authentication::closed().with(Header("a")).with(Header("b"));
        let request = Request::get("/").header("a", "bad").header("b", "bad");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let refusal = chain.user_of(&parts).await.unwrap_err();
        assert_eq!(Problem::from(refusal).detail, "b");
    }

    #[tokio::test]
    async fn nobody_is_refused_while_somebody_could_not_be_asked() {
        let chain = Authentication::closed().with(Header("a")).with(Header("b"));
        assert_eq!(user(&chain, &[("a", "bad"), ("b", "down")]).await, Err(503));
        assert_eq!(user(&chain, &[("a", "down"), ("b", "bad")]).await, Err(503));
        assert_eq!(user(&chain, &[("a", "bad"), ("b", "bad")]).await, Err(401));
    }

    #[tokio::test]
    async fn whoever_shows_bad_credentials_is_not_anonymous() {
        let chain = Authentication::closed().with(Header("a")).or_anonymous();
        assert_eq!(user(&chain, &[]).await, Ok("system:anonymous".into()));
        assert_eq!(user(&chain, &[("a", "bad")]).await, Err(401));
        assert_eq!(user(&chain, &[("a", "down")]).await, Err(503));
    }
}
