//! The calls that controllers make to one cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use krake_core::Uid;
use krake_core::kubernetes::{InventoryItem, JsonObject};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::core::DynamicObject;
use kube::discovery::{group, pinned_kind};
use kube::{Api, Client};
use serde_json::Value;

use super::error::AccessError;
use super::kubeconfig::configuration;
use super::list_keys::with_protocols;
use super::resource::{KindName, Place};

/// The field manager of everything that Krake applies.
pub const FIELD_MANAGER: &str = "krake";

/// How long calls to a cluster may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the connection to be made.
    pub connect: Duration,
    /// For a whole call, its answer included.
    pub call: Duration,
}

impl Default for Limits {
    /// 3 s to connect, 10 s a call.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), call: Duration::from_secs(10) }
    }
}

/// The connection to one cluster. Cheap to clone; clones share sockets and what was learnt about kinds.
///
/// Every call ends within [`Limits::call`]. A call that is dropped may or may not have reached the cluster.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    /// Host of the API server, where node ports are reached.
    host: String,
    namespace: String,
    limit: Duration,
    places: Mutex<HashMap<KindName, Place>>,
}

impl Connection {
    pub(super) async fn new(kubeconfig: &JsonObject, limits: &Limits) -> Result<Self, AccessError> {
        krake_client::ensure_crypto_provider();
        let config = configuration(kubeconfig, limits).await?;
        let host = config.cluster_url.host().unwrap_or_default().to_owned();
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config)
            .map_err(|error| AccessError::from_kube(error, "the kubeconfig"))?;
        let shared =
            Shared { client, host, namespace, limit: limits.call, places: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The host of the API server.
    pub fn host(&self) -> &str {
        &self.shared.host
    }

    /// The namespace of resources that name none: the one of the kubeconfig's current context, else `default`.
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// The nodes of the cluster.
    ///
    /// # Errors
    /// Any [`AccessError`].
    pub async fn nodes(&self) -> Result<Vec<Node>, AccessError> {
        let api: Api<Node> = Api::all(self.shared.client.clone());
        let list = self
            .call("nodes", api.list(&kube::api::ListParams::default()))
            .await?;
        Ok(list.items)
    }

    /// Where resources of `kind` are found. Asks the cluster once a kind; unknown kinds are asked for each time, as they may
    /// be defined any moment.
    ///
    /// # Errors
    /// [`AccessError::UnsupportedKind`] if the cluster does not serve the kind, or any other [`AccessError`].
    pub async fn place(&self, kind: &KindName) -> Result<Place, AccessError> {
        if let Some(place) = self.places().get(kind) {
            return Ok(place.clone());
        }
        let gvk = kind.to_kube();
        let found = self
            .call(&kind.to_string(), pinned_kind(&self.shared.client, &gvk))
            .await;
        let place = Place::from(found.map_err(|error| match error {
            // The whole group version is missing.
            error if error.is_not_found() => AccessError::UnsupportedKind(kind.to_string()),
            other => other,
        })?);
        self.places().insert(kind.clone(), place.clone());
        Ok(place)
    }

    /// As [`place`](Self::place), but another version of the kind will do if the cluster no longer serves this one. `None` if it
    /// serves none: then there cannot be a resource of it.
    ///
    /// # Errors
    /// Any [`AccessError`] but [`AccessError::UnsupportedKind`].
    pub async fn place_of_any_version(
        &self,
        kind: &KindName,
    ) -> Result<Option<Place>, AccessError> {
        match self.place(kind).await {
            Err(AccessError::UnsupportedKind(_)) => {}
            found => return found.map(Some),
        }
        let found = self
            .call(&kind.to_string(), group(&self.shared.client, &kind.group))
            .await;
        match found {
            Ok(group) => Ok(group.recommended_kind(&kind.kind).map(Place::from)),
            Err(AccessError::UnsupportedKind(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates or changes a resource so that it has all fields of `manifest`, by server-side apply. Fields that an earlier
    /// manifest had and this one lacks are removed.
    ///
    /// # Errors
    /// Any [`AccessError`].
    pub async fn apply(
        &self,
        place: &Place,
        item: &InventoryItem,
        manifest: &Value,
    ) -> Result<DynamicObject, AccessError> {
        let api = self.api(place, item);
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let complete = with_protocols(&item.group, manifest);
        let patch = Patch::Apply(&complete);
        let applied = self
            .call(&item.to_string(), api.patch(&item.name, &parameters, &patch))
            .await;
        self.doubt_place(item, applied)
    }

    /// Reads a resource; `None` if it does not exist.
    ///
    /// # Errors
    /// Any [`AccessError`].
    pub async fn read(
        &self,
        place: &Place,
        item: &InventoryItem,
    ) -> Result<Option<DynamicObject>, AccessError> {
        let api = self.api(place, item);
        self.call(&item.to_string(), api.get_opt(&item.name)).await
    }

    /// Begins the deletion of exactly the instance `uid`; its dependents follow in the background. It is no error if that
    /// instance does not exist.
    ///
    /// # Errors
    /// Any [`AccessError`].
    pub async fn delete(
        &self,
        place: &Place,
        item: &InventoryItem,
        uid: &Uid,
    ) -> Result<(), AccessError> {
        let api = self.api(place, item);
        let instance = Preconditions { uid: Some(uid.to_string()), resource_version: None };
        let parameters = DeleteParams::background().preconditions(instance);
        let deleted = self
            .call(&item.to_string(), api.delete(&item.name, &parameters))
            .await;
        match deleted {
            Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error),
            _ => Ok(()),
        }
    }

    fn api(&self, place: &Place, item: &InventoryItem) -> Api<DynamicObject> {
        let client = self.shared.client.clone();
        match &item.namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &place.resource),
            None => Api::all_with(client, &place.resource),
        }
    }

    /// A kind whose definition was removed answers as if the resource did not exist: ask anew where it is, next time.
    fn doubt_place<T>(
        &self,
        item: &InventoryItem,
        outcome: Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        if outcome.as_ref().is_err_and(AccessError::is_not_found) {
            self.places().remove(&KindName::of(item));
        }
        outcome
    }

    async fn call<T>(
        &self,
        subject: &str,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, AccessError> {
        match tokio::time::timeout(self.shared.limit, call).await {
            Ok(answer) => answer.map_err(|error| AccessError::from_kube(error, subject)),
            Err(_) => Err(AccessError::TimedOut(self.shared.limit)),
        }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<KindName, Place>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half done.
        self.shared
            .places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.shared.host)
            .finish_non_exhaustive()
    }
}
