//! Which checks a server makes, as its builder was told.

use std::sync::Arc;

use krake_core::Resource;
use krake_core::base::{Role, RoleBinding};

use crate::authorization::{AlwaysAllow, Authorizer, RoleDirectory};
use crate::http::Gate;
use crate::watch_cache::{Freshness, KindCache};
use crate::{Authentication, BuildError};

/// How senders are recognised, and what decides what they may do.
#[derive(Default)]
pub(crate) struct Security {
    pub(crate) authentication: Authentication,
    pub(crate) authorization: Authorization,
}

/// What decides.
pub(crate) enum Authorization {
    /// The roles that the server keeps.
    Roles,
    /// Something else.
    By(Arc<dyn Authorizer>),
}

impl Default for Authorization {
    fn default() -> Self {
        Self::By(Arc::new(AlwaysAllow))
    }
}

impl Security {
    /// The checks, for a server of these kinds.
    ///
    /// # Errors
    /// When roles are to decide, but their kinds are not served.
    pub(crate) fn gate(
        self,
        caches: &[Arc<KindCache>],
        freshness: &Freshness,
    ) -> Result<Gate, BuildError> {
        let roles = directory(caches, freshness);
        let authorizer: Arc<dyn Authorizer> = match (self.authorization, &roles) {
            (Authorization::By(authorizer), _) => authorizer,
            (Authorization::Roles, Some(roles)) => Arc::clone(roles) as _,
            (Authorization::Roles, None) => return Err(BuildError::NoRoles),
        };
        Ok(Gate { authentication: self.authentication, authorizer, roles })
    }
}

/// The roles that the server keeps, if it does.
fn directory(caches: &[Arc<KindCache>], freshness: &Freshness) -> Option<Arc<RoleDirectory>> {
    let cache = |wanted| caches.iter().find(|cache| cache.kind() == wanted).cloned();
    let (roles, bindings) = (cache(Role::KIND)?, cache(RoleBinding::KIND)?);
    Some(Arc::new(RoleDirectory::new(roles, bindings, freshness.clone())))
}
