//! The trait that controllers are written against.

use std::sync::Arc;

use async_trait::async_trait;
use krake_core::{Key, Resource};

use super::{Action, Context, Failure, Reconciled};

/// Brings the world in line with one object.
///
/// Runs for different objects happen at the same time, for one object never. A run may be repeated at any time, so it must do
/// nothing that is already done. It learns *what* to do from the object and the caches, never from why it was called.
///
/// # Cancel safety
/// A run that exceeds its time limit is dropped at its current `.await`.
#[async_trait]
pub trait Reconciler<K: Resource>: Send + Sync + 'static {
    /// Brings the world in line with `object`, which is as fresh as the cache; it is not in deletion, unless the controller
    /// asked for that by [`reconcile_deleting`](crate::Controller::reconcile_deleting).
    ///
    /// # Errors
    /// Any error, by `?`; see [`Failure`] for when the run is repeated.
    async fn reconcile(&self, object: Arc<K>, ctx: &Context<K>) -> Reconciled;

    /// Undoes what `reconcile` did outside the API: `object` is in deletion, and it is the turn of this controller's
    /// finalizer, which is removed once this succeeds with [`Action::done`]. With a delay the finalizer stays and this is
    /// called again.
    ///
    /// # Errors
    /// As [`reconcile`](Self::reconcile); the finalizer stays.
    async fn cleanup(&self, object: Arc<K>, ctx: &Context<K>) -> Reconciled {
        let _ = (object, ctx);
        Ok(Action::done())
    }

    /// The object does not exist: drop what is kept about it in memory. `last` is its last known state, if it was known.
    ///
    /// Also called for keys that never existed, if a mapping or a trigger names them.
    async fn forget(&self, key: &Key, last: Option<Arc<K>>, ctx: &Context<K>) {
        let _ = (key, last, ctx);
    }

    /// Called after each failed run, panics and time-outs included; the place to report it in the status.
    async fn failed(&self, object: Arc<K>, why: &Failure, ctx: &Context<K>) {
        let _ = (object, why, ctx);
    }
}

/// A reconciler that is just a function.
pub fn reconcile_fn<K, F, Fut>(reconcile: F) -> impl Reconciler<K>
where
    K: Resource,
    F: Fn(Arc<K>, Context<K>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Reconciled> + Send + 'static,
{
    Function(reconcile)
}

struct Function<F>(F);

#[async_trait]
impl<K, F, Fut> Reconciler<K> for Function<F>
where
    K: Resource,
    F: Fn(Arc<K>, Context<K>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Reconciled> + Send + 'static,
{
    async fn reconcile(&self, object: Arc<K>, ctx: &Context<K>) -> Reconciled {
        (self.0)(object, ctx.clone()).await
    }
}
