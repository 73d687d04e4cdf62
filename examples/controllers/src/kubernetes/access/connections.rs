//! One connection a cluster, kept as long as the kubeconfig stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use krake_core::kubernetes::{Cluster, JsonObject};
use krake_core::{Key, ObjectExt};

use super::connection::{Connection, Limits};
use super::error::AccessError;

/// The connections to all clusters.
///
/// Shared by the controllers of a process: cheap to clone, and all clones hand out the same connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    limits: Limits,
    known: Arc<Mutex<HashMap<Key, Known>>>,
}

#[derive(Debug)]
struct Known {
    kubeconfig: JsonObject,
    connection: Connection,
}

impl Connections {
    /// No connections yet; those to come keep to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, known: Arc::default() }
    }

    /// The connection to `cluster`. Another kubeconfig than last time makes a new one.
    ///
    /// Nothing is sent: whether the cluster answers is found out by the first call.
    ///
    /// # Errors
    /// [`AccessError::Kubeconfig`] if the kubeconfig cannot be used.
    pub async fn to(&self, cluster: &Cluster) -> Result<Connection, AccessError> {
        let key = cluster.key();
        let kubeconfig = &cluster.spec.kubeconfig;
        if let Some(connection) = self.known_to(&key, kubeconfig) {
            return Ok(connection);
        }
        let connection = Connection::new(kubeconfig, &self.limits).await?;
        let known = Known { kubeconfig: kubeconfig.clone(), connection: connection.clone() };
        self.lock().insert(key, known);
        Ok(connection)
    }

    /// Drops the connection to a cluster that is gone.
    pub fn forget(&self, cluster: &Key) {
        self.lock().remove(cluster);
    }

    fn known_to(&self, key: &Key, kubeconfig: &JsonObject) -> Option<Connection> {
        let known = self.lock();
        let entry = known.get(key)?;
        (entry.kubeconfig == *kubeconfig).then(|| entry.connection.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Known>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::ClusterSpec;
    use serde_json::json;

    use super::*;

    fn cluster(token: &str) -> Cluster {
        let kubeconfig = json!({
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": {"token": token}}],
        });
        let spec = ClusterSpec::of_kubeconfig(kubeconfig.as_object().unwrap().clone());
        Cluster::new("c", spec).in_namespace("testing")
    }

    #[tokio::test]
    async fn a_connection_is_kept_until_the_kubeconfig_changes_or_the_cluster_goes() {
        let connections = Connections::default();
        let first = connections.to(&cluster("a")).await.unwrap();
        assert!(first.is_same(&connections.to(&cluster("a")).await.unwrap()));
        let second = connections.to(&cluster("b")).await.unwrap();
        assert!(!first.is_same(&second));
        connections.forget(&cluster("b").key());
        assert!(!second.is_same(&connections.to(&cluster("b")).await.unwrap()));
    }
}
