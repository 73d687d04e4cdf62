//! Who decides.

use async_trait::async_trait;

use super::Access;

/// Decides what users may do.
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Whether this access is allowed.
    ///
    /// # Errors
    /// When it cannot be decided for now; the sender is asked to try again.
    ///
    /// # Cancel safety
    /// The server drops the future when the client goes or the request takes too long.
    async fn authorize(&self, access: Access<'_>) -> Result<Decision, AuthorizationError>;
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The user may do it.
    Allowed,
    /// The user may not do it: 403.
    Forbidden,
    /// Somebody might, but the sender has not said who it is: 401.
    Unauthenticated,
}

/// A decision that cannot be made for now. The text is for the server's log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("access cannot be decided: {0}")]
pub struct AuthorizationError(pub String);
