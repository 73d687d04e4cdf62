//! Chooses clusters.

mod choice;
mod fit;
mod plan;

pub use plan::{Plan, plan};
