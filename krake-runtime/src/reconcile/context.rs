//! Signatures.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused,
    clippy::allow_attributes_without_reason
)]
use super::{Cause, Failure};
use crate::Store;
use krake_client::{Api, Client};
use krake_core::{Key, Resource, WithStatus};
use std::marker::PhantomData;
use std::sync::Arc;

/// What a run gets besides its object.
#[derive(Debug)]
pub struct Context<K>(PhantomData<fn() -> K>);
impl<K> Clone for Context<K> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}
impl<K: Resource> Context<K> {
    /// The connection to the server. What is written through it is waited for before the next run of this key.
    pub fn client(&self) -> &Client {
        todo!()
    }
    /// The key of the object.
    pub fn key(&self) -> &Key {
        todo!()
    }
    /// Objects of kind `T` in the namespace of the object (all, if either is global).
    pub fn api<T: Resource>(&self) -> Api<T> {
        todo!()
    }
    /// The cache of a kind that the controller declared by `owns` or `watches`, or of its own kind.
    pub fn store<T: Resource>(&self) -> Store<T> {
        todo!()
    }
    /// The cached objects of kind `T` that `owner` owns.
    pub fn children<T: Resource>(&self, owner: &K) -> Vec<Arc<T>> {
        todo!()
    }
    /// Makes the children of kind `T` be exactly `want`; answers them as they are then.
    pub async fn sync_children<T: Resource>(
        &self,
        owner: &K,
        want: Vec<T>,
    ) -> Result<Vec<Arc<T>>, Failure> {
        todo!()
    }
    /// Writes the status (conditionally) if it differs from that of `object`.
    pub async fn set_status(&self, object: &K, status: K::Status) -> Result<Arc<K>, Failure>
    where
        K: WithStatus,
    {
        todo!()
    }
    /// How many runs in a row have failed before this one.
    pub fn attempt(&self) -> u32 {
        todo!()
    }
    pub fn causes(&self) -> &[Cause] {
        todo!()
    }
    /// Ends when the controller is asked to stop.
    pub async fn cancelled(&self) {
        todo!()
    }
}
