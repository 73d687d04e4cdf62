//! The kinds of the API `openstack`: projects, and the Kubernetes clusters that Magnum makes in them.

mod binding;
mod magnum_cluster;
mod project;

pub use binding::MagnumClusterBinding;
pub use magnum_cluster::{
    MagnumCluster, MagnumClusterConstraints, MagnumClusterSpec, MagnumClusterState,
    MagnumClusterStatus, ProjectConstraints,
};
pub use project::{
    ApplicationCredential, PasswordAuth, Project, ProjectAuth, ProjectRef, ProjectSpec,
    ProjectState, ProjectStatus, ProjectUser,
};
