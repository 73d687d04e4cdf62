//! Controllers: a reconciler with caches, a queue and workers around it.

mod barrier;
mod builder;
mod echoes;
mod finalizer;
mod predicate;
mod runnable;
mod source;
mod worker;

pub use builder::Controller;
pub(crate) use finalizer::remove as remove_finalizer;
pub use predicate::{Predicate, generation_changed};
