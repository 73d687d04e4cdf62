//! Talking to the Kubernetes clusters that are registered by their kubeconfig.
//!
//! [`Connections`] hands out one [`Connection`] a cluster. Every call has a time limit, and what goes wrong is an
//! [`AccessError`], which tells a cluster that does not answer from one that refuses.

mod connection;
mod connections;
mod error;
mod kubeconfig;
mod list_keys;
mod resource;

pub use connection::{Connection, FIELD_MANAGER, Limits};
pub use connections::Connections;
pub use error::AccessError;
pub(crate) use error::steady;
pub use resource::{KindName, Place};
