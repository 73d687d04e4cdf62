//! Who comes in, and how far.

use std::sync::Arc;

use ::http::request::Parts;
use serde_json::json;

use super::route::Route;
use crate::authorization::{Authorizer, Decision, RoleDirectory};
use crate::refusal::Refusal;
use crate::{Authentication, User};

/// The checks that a request passes before its body is read.
pub(crate) struct Gate {
    pub(crate) authentication: Authentication,
    pub(crate) authorizer: Arc<dyn Authorizer>,
    /// Missing where the server keeps no roles.
    pub(crate) roles: Option<Arc<RoleDirectory>>,
}

impl Gate {
    /// Who sent the request.
    pub(super) async fn admit(&self, request: &Parts) -> Result<User, Refusal> {
        self.authentication.user_of(request).await
    }

    /// Whether the user may do what the request is about. What is not about resources is open to every user.
    pub(super) async fn permit(&self, user: &User, route: &Route<'_>) -> Result<(), Refusal> {
        let Some(access) = route.access(user) else { return Ok(()) };
        match self.authorizer.authorize(access).await {
            Ok(Decision::Allowed) => Ok(()),
            Ok(Decision::Forbidden) => Err(Refusal::Forbidden),
            Ok(Decision::Unauthenticated) => Err(Refusal::Unauthorized),
            Err(error) => Err(Refusal::Unchecked(Box::new(error))),
        }
    }

    /// What the user is told of itself.
    pub(super) async fn describe(&self, user: &User) -> Result<String, Refusal> {
        let roles = match &self.roles {
            Some(roles) => roles.roles_of(user).await?,
            None => Vec::new(),
        };
        Ok(json!({"user": user.name(), "roles": roles}).to_string())
    }
}
