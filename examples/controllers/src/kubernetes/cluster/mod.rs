//! The controller of clusters: looks at them and says how they are.

mod plan;
mod reconciler;

pub use plan::{Look, SUSPICION, is_observed, plan};
pub use reconciler::{ClusterOptions, clusters};
