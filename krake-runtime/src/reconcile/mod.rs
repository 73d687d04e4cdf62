//! What users write: the reconciler, what it gets and what it answers.

mod action;
mod cause;
mod children;
mod context;
mod failure;
mod reconciler;

pub use action::Action;
pub use cause::Cause;
pub use context::Context;
pub(crate) use context::ContextParts;
pub use failure::{Class, Failure, FailureExt, Reconciled};
pub use reconciler::{Reconciler, reconcile_fn};
