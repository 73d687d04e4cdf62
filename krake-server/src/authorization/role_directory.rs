//! Roles and bindings, as the watch cache shows them.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use krake_core::{Resource, Revision};

use super::policy::Policy;
use super::{Access, AuthorizationError, Authorizer, Decision};
use crate::User;
use crate::refusal::Refusal;
use crate::watch_cache::{Freshness, KindCache};

/// Who has which roles. It decides by them, too.
pub(crate) struct RoleDirectory {
    roles: Arc<KindCache>,
    bindings: Arc<KindCache>,
    freshness: Freshness,
    /// The policy that was computed last, and what for.
    known: Mutex<Known>,
}

#[derive(Clone, Default)]
struct Known {
    state: Option<[Revision; 2]>,
    policy: Arc<Policy>,
}

impl RoleDirectory {
    pub(crate) fn new(
        roles: Arc<KindCache>,
        bindings: Arc<KindCache>,
        freshness: Freshness,
    ) -> Self {
        Self { roles, bindings, freshness, known: Mutex::default() }
    }

    /// The names of a user's roles, sorted.
    pub(crate) async fn roles_of(&self, user: &User) -> Result<Vec<String>, Refusal> {
        let policy = self.policy().await?;
        Ok(policy.roles_of(user.name()).map(str::to_owned).collect())
    }

    /// What roles and bindings come to now. It is computed again only after one of them has changed.
    async fn policy(&self) -> Result<Arc<Policy>, Refusal> {
        self.freshness.now().await?;
        let state = [self.roles.last_change(), self.bindings.last_change()];
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if known.state == Some(state) {
            return Ok(known.policy);
        }
        let policy = Arc::new(Policy::new(objects(&self.roles), objects(&self.bindings)));
        let known = Known { state: Some(state), policy: Arc::clone(&policy) };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(policy)
    }
}

/// All objects of a kind.
fn objects<K: Resource>(cache: &KindCache) -> Vec<K> {
    let snapshot = cache.snapshot(Revision::ZERO);
    let decoded = snapshot.objects.values().filter_map(|object| {
        serde_json::from_slice(&object.json())
            .inspect_err(|error| tracing::error!(key = %object.key(), %error, "role cannot be decoded, it grants nothing"))
            .ok()
    });
    decoded.collect()
}

#[async_trait]
impl Authorizer for RoleDirectory {
    async fn authorize(&self, access: Access<'_>) -> Result<Decision, AuthorizationError> {
        if access.user.is_anonymous() {
            return Ok(Decision::Unauthenticated);
        }
        let policy = self
            .policy()
            .await
            .map_err(|refusal| AuthorizationError(refusal.to_string()))?;
        Ok(if policy.allows(access) { Decision::Allowed } else { Decision::Forbidden })
    }
}
