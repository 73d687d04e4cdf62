//! Brings applications to their clusters.

mod health;
mod inventory;
mod manifest;
mod plan;
mod services;
mod status;

pub use manifest::{Desired, ManifestError, Manifests};
pub use plan::{Step, instance_to_remove, plan};
