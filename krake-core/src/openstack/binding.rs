//! Binding a Magnum cluster to a project.

use crate::ResourceRef;
use crate::request_body::request_body;

request_body! {
    /// The body of the `binding` subresource of a Magnum cluster.
    pub struct MagnumClusterBinding: "openstack" {
        /// The project that it is to be made in.
        pub project: ResourceRef,
        /// The Magnum template that it is to be made from.
        pub template: String,
    }
}
