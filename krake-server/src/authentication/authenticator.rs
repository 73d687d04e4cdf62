//! One way to recognise senders.

use async_trait::async_trait;
use http::request::Parts;
use krake_core::Problem;

use super::User;

/// Recognises the senders of requests by one kind of credentials.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Who sent the request with this head; `None` when it carries no credentials of the kind.
    ///
    /// # Errors
    /// When the credentials are of the kind, but not good, or cannot be checked for now.
    ///
    /// # Cancel safety
    /// The server drops the future when the client goes or the request takes too long.
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError>;
}

/// Credentials that name nobody.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// They are not good. Unless another authenticator accepts the request, its sender is told this; the status should be 401.
    #[error("{0}")]
    Refused(Problem),
    /// Whoever could check them does not answer: the sender is asked to try again. The text is for the server's log.
    #[error("credentials cannot be checked: {0}")]
    Unavailable(String),
}
