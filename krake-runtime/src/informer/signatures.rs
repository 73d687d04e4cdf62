//! Signatures.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused,
    clippy::allow_attributes_without_reason
)]
use super::Delta;
use krake_client::{ApiObject, Client};
use krake_core::{DynObject, Key, Kind, Resource, ResourceRef, Revision, Selector};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InformerConfig {
    pub namespace: Option<String>,
    pub selector: Selector,
}
#[derive(Debug)]
pub struct Informers;
#[derive(Debug, thiserror::Error)]
#[error("not synced")]
pub struct NotSynced;
#[derive(Debug, Clone)]
pub enum SyncState {
    Starting,
    Synced,
    Stopped,
}
impl Informers {
    pub fn new(client: Client) -> Self {
        todo!()
    }
    pub fn informer<K: Resource>(&self, config: InformerConfig) -> Informer<K> {
        todo!()
    }
    pub fn dynamic(&self, kind: Arc<Kind>, config: InformerConfig) -> Informer<DynObject> {
        todo!()
    }
}
#[derive(Debug)]
pub struct Informer<K>(PhantomData<K>);
impl<K: ApiObject> Informer<K> {
    pub fn store(&self) -> Store<K> {
        todo!()
    }
    pub fn subscribe(&self) -> Subscription<K> {
        todo!()
    }
    pub async fn synced(&self, limit: Duration) -> Result<(), NotSynced> {
        todo!()
    }
}
#[derive(Debug)]
pub struct Store<K>(PhantomData<K>);
impl<K: ApiObject> Store<K> {
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        todo!()
    }
    /// All objects, ordered by namespace and name.
    pub fn list(&self) -> Vec<Arc<K>> {
        todo!()
    }
    pub fn select(&self, selector: &Selector) -> Vec<Arc<K>> {
        todo!()
    }
    pub fn owned_by(&self, owner: &ResourceRef) -> Vec<Arc<K>> {
        todo!()
    }
    pub fn revision(&self) -> Option<Revision> {
        todo!()
    }
}
#[derive(Debug)]
pub struct Subscription<K>(PhantomData<K>);
impl<K: ApiObject> Subscription<K> {
    pub async fn next(&mut self) -> Option<Delta<K>> {
        todo!()
    }
}
