//! Binding a cluster to a cloud.

use crate::ResourceRef;
use crate::request_body::request_body;

request_body! {
    /// The body of the `binding` subresource of a `Cluster`.
    pub struct CloudBinding: "infrastructure" {
        /// The `Cloud` or `GlobalCloud` that the cluster is to be created in.
        pub cloud: ResourceRef,
    }
}
