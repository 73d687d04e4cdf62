//! The kinds of Krake itself, ready to be registered.

mod binding;
mod deletion;
mod hook;

use krake_core::base::{
    GlobalMetric, GlobalMetricsProvider, Metric, MetricsProvider, Role, RoleBinding,
};
use krake_core::infrastructure::{
    Cloud, GlobalCloud, GlobalInfrastructureProvider, InfrastructureProvider,
};
use krake_core::kubernetes::{Application, Cluster};
use krake_core::openstack::{MagnumCluster, Project};

use crate::ServerBuilder;

impl ServerBuilder {
    /// Serves all kinds of Krake, with their subresources.
    pub fn stock(self) -> Self {
        self.core().kubernetes().openstack().infrastructure()
    }

    /// Serves the kinds of the `core` API: roles and metrics.
    pub fn core(self) -> Self {
        self.kind::<Role>()
            .kind::<RoleBinding>()
            .kind::<GlobalMetric>()
            .kind::<Metric>()
            .kind::<GlobalMetricsProvider>()
            .accept_no_update::<GlobalMetricsProvider>()
            .kind::<MetricsProvider>()
    }

    /// Serves the kinds of the `kubernetes` API: applications and clusters.
    pub fn kubernetes(self) -> Self {
        self.kind::<Application>()
            .described_subresource("binding", binding::to_cluster)
            .described_subresource("complete", hook::complete)
            .described_subresource("shutdown", hook::shutdown)
            .action("retry", hook::retry)
            .permitted_by::<Application>("retry", "status")
            .on_delete(deletion::ask_to_clean_up)
            .allow_force::<Application>()
            .blocking(|application: &Application| application.status.state)
            .kind::<Cluster>()
            .described_subresource("binding", binding::to_cloud)
            .allow_force::<Cluster>()
            .blocking(|cluster: &Cluster| cluster.status.state)
    }

    /// Serves the kinds of the `openstack` API: projects and Magnum clusters.
    pub fn openstack(self) -> Self {
        self.kind::<Project>()
            .kind::<MagnumCluster>()
            .described_subresource("binding", binding::to_project)
            .look_up_first::<MagnumCluster>("binding")
    }

    /// Serves the kinds of the `infrastructure` API: providers and clouds.
    pub fn infrastructure(self) -> Self {
        self.kind::<GlobalInfrastructureProvider>()
            .kind::<InfrastructureProvider>()
            .kind::<GlobalCloud>()
            .kind::<Cloud>()
    }
}
