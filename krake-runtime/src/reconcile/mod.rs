//! What users write: the reconciler, what it gets and what it answers.

mod action;
mod cause;
mod context;
mod failure;
mod reconciler;

pub use action::Action;
pub use cause::Cause;
pub use context::Context;
pub use failure::{Class, Failure, FailureExt, Reconciled};
pub use reconciler::{Reconciler, reconcile_fn};
