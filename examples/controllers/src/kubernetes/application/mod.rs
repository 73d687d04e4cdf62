//! The controller of applications: puts them on the clusters they are bound to and keeps them there.
//!
//! | module | what it decides or does |
//! |---|---|
//! | `manifest` | manifests → addressed resources |
//! | `plan` | addressed resources and inventory → steps |
//! | `inventory`, `status`, `health`, `services` | what is written into the status |
//! | `concern` | which changes need a run |
//! | `patience` | how long a move has been waited for |
//! | `execute`, `sites`, `record`, `run`, `reconciler` | the acting half |

mod concern;
mod execute;
mod health;
mod inventory;
mod manifest;
mod patience;
mod plan;
mod reconciler;
mod record;
mod run;
mod services;
mod sites;
mod status;

pub use manifest::{Desired, ManifestError, Manifests};
pub use plan::{Step, instance_to_remove, plan};
pub use reconciler::{ApplicationOptions, FINALIZER, applications};
