//! The scheduler: chooses the cluster that an application runs on.

mod choice;
mod concern;
mod fit;
mod plan;
mod reconciler;
mod status;

pub use plan::{Plan, plan};
pub use reconciler::scheduler;
