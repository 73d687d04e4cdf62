//! On whose behalf a write happens.

use crate::apply::{Manager, Operation};
use crate::cluster::Cluster;

/// The circumstances of a write.
#[derive(Clone, Debug)]
pub(crate) struct WriteContext {
    /// The field manager.
    pub(crate) manager: String,
    /// Do everything but store the result.
    pub(crate) dry_run: bool,
}

impl WriteContext {
    /// A write by a part of the cluster itself.
    pub(crate) fn of(component: &str) -> Self {
        Self { manager: component.to_owned(), dry_run: false }
    }

    pub(super) fn manager(
        &self,
        cluster: &Cluster,
        operation: Operation,
        subresource: &'static str,
    ) -> Manager {
        Manager { name: self.manager.clone(), operation, subresource, time: cluster.clock.stamp() }
    }
}
