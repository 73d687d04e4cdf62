//! The kinds of the API `infrastructure`: clouds, and the providers that create clusters in them.

mod binding;
mod cloud;
mod provider;

pub use binding::CloudBinding;
pub use cloud::{
    Cloud, CloudAuth, CloudSpec, CloudState, CloudStatus, GlobalCloud, InfrastructureProviderRef,
    OpenstackCloud, OpenstackPassword, OpenstackProject, OpenstackUser,
};
pub use provider::{
    GlobalInfrastructureProvider, ImProvider, InfrastructureProvider, InfrastructureProviderSpec,
};
