//! The same decision for everybody.

use async_trait::async_trait;

use super::{Access, AuthorizationError, Authorizer, Decision};

/// Everybody may do everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysAllow;

#[async_trait]
impl Authorizer for AlwaysAllow {
    async fn authorize(&self, _access: Access<'_>) -> Result<Decision, AuthorizationError> {
        Ok(Decision::Allowed)
    }
}

/// Nobody may do anything to any resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysDeny;

#[async_trait]
impl Authorizer for AlwaysDeny {
    async fn authorize(&self, _access: Access<'_>) -> Result<Decision, AuthorizationError> {
        Ok(Decision::Forbidden)
    }
}
