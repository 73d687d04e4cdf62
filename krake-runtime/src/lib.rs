//! Informers, work queues, reconcilers and managers: the controller runtime of Krake.

pub mod backoff;
mod controller;
mod error_chain;
mod gc;
mod informer;
mod lock;
mod manager;
mod monitor;
mod queue;
mod reconcile;
mod runner;
#[cfg(feature = "testing")]
pub mod testing;
pub mod watcher;

pub use backoff::Backoff;
pub use controller::{Controller, Predicate, generation_changed};
pub use gc::GarbageCollector;
pub use informer::{
    Behind, Delta, Informer, InformerConfig, Informers, NotSynced, Store, Subscription, SyncState,
};
pub use manager::{Env, Manager, RunError, Runnable};
pub use monitor::{CacheRecord, Load, Monitor, Outcome, RunRecord};
pub use reconcile::{
    Action, Cause, Class, Context, Failure, FailureExt, Reconciled, Reconciler, reconcile_fn,
};
pub use runner::RetryPolicy;
pub use tokio_util::sync::CancellationToken;
