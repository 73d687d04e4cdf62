//! From a reference in a status to the cluster itself.

use std::sync::Arc;

use krake_core::kubernetes::{Application, Cluster, ClusterState};
use krake_core::{Reason, ReasonCode, ResourceRef};
use krake_runtime::Context;

use super::status::Failed;
use crate::kubernetes::access::{Connection, Connections};

/// What there is under the name of a cluster.
#[derive(Debug)]
pub(super) enum Site {
    /// A cluster.
    Registered {
        /// The way to it, or why there is none.
        way: Result<Connection, Failed>,
        /// Whether it is the very instance that was meant, and not a later one of its name.
        is_meant: bool,
    },
    /// Nothing: the cluster was removed from Krake, and nothing can be done on it any more.
    Gone,
}

impl Site {
    /// Looks up a cluster. One that is known not to answer is not tried: that would hold up those that do, and its return is
    /// noticed by its change of state.
    ///
    /// # Errors
    /// Only of Krake's own API.
    pub(super) async fn of(
        reference: &ResourceRef,
        connections: &Connections,
        ctx: &Context<Application>,
    ) -> Result<Self, krake_client::Error> {
        let Some(cluster) = find(reference, ctx).await? else {
            connections.forget(&reference.key());
            return Ok(Self::Gone);
        };
        let way = if cluster.status.state == ClusterState::Offline {
            Err(offline(reference))
        } else {
            let connection = connections.to(&cluster).await;
            connection.map_err(|error| Failed::from(&error))
        };
        Ok(Self::Registered { way, is_meant: reference.refers_to(&*cluster) })
    }

    /// The way to a cluster on which something is to run. A later instance of the name will not do: that choice is the
    /// scheduler's.
    pub(super) fn into_way_to_run_on(self, reference: &ResourceRef) -> Result<Connection, Failed> {
        match self {
            Self::Registered { way, is_meant: true } => way,
            Self::Registered { .. } | Self::Gone => Err(missing(reference)),
        }
    }

    /// The way to a cluster from which something is to be removed; `None` if there is no such cluster any more. A later
    /// instance of the name is looked at as well: it may be the same cluster, registered anew.
    pub(super) fn into_way_to_clear(self) -> Option<Result<Connection, Failed>> {
        match self {
            Self::Registered { way, .. } => Some(way),
            Self::Gone => None,
        }
    }
}

/// The cluster, from the cache if possible. That it does not exist is believed to the server only: everything recorded for
/// it would be forgotten.
async fn find(
    reference: &ResourceRef,
    ctx: &Context<Application>,
) -> Result<Option<Arc<Cluster>>, krake_client::Error> {
    let cached = ctx.store::<Cluster>().get(&reference.key());
    if cached.is_some() {
        return Ok(cached);
    }
    let api = ctx.client().api::<Cluster>(reference.namespace.as_deref());
    Ok(api.find(&reference.name).await?.map(Arc::new))
}

fn offline(reference: &ResourceRef) -> Failed {
    let message = format!("the cluster {} is OFFLINE", reference.key());
    Failed {
        reason: Reason::new(ReasonCode::ClusterNotReachable, message),
        needs_change: false,
        is_unreachable: true,
    }
}

fn missing(reference: &ResourceRef) -> Failed {
    let message = format!("the cluster {} does not exist", reference.key());
    Failed {
        reason: Reason::new(ReasonCode::NotFound, message),
        needs_change: false,
        is_unreachable: true,
    }
}
