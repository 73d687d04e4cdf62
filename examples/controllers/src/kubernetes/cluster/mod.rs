//! Watches the clusters.

mod plan;

pub use plan::{Look, SUSPICION, is_observed, plan};
