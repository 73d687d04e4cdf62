//! Informers, work queues, reconcilers and managers: the controller runtime of Krake.

pub mod backoff;
mod controller;
mod informer;
mod manager;
mod reconcile;

pub use backoff::Backoff;
pub use controller::{Controller, Predicate, RetryPolicy, generation_changed};
pub use informer::{
    Delta, Informer, InformerConfig, Informers, NotSynced, Store, Subscription, SyncState,
};
pub use manager::{Env, Manager, RunError, Runnable};
pub use reconcile::{
    Action, Cause, Class, Context, Failure, FailureExt, Reconciled, Reconciler, reconcile_fn,
};
pub use tokio_util::sync::CancellationToken;
