//! Signatures.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused,
    clippy::allow_attributes_without_reason
)]
use async_trait::async_trait;
use krake_client::Client;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug)]
pub struct Env;
#[derive(Debug, thiserror::Error)]
#[error("failed")]
pub struct RunError;
#[async_trait]
pub trait Runnable: Send + 'static {
    fn name(&self) -> &str;
    async fn warm_up(&mut self, env: &Env) -> Result<(), RunError>;
    async fn run(self: Box<Self>, env: Env, stop: CancellationToken) -> Result<(), RunError>;
}
#[derive(Debug)]
pub struct Manager;
impl Manager {
    pub fn new(client: Client) -> Self {
        todo!()
    }
    pub fn add(self, runnable: Box<dyn Runnable>) -> Self {
        todo!()
    }
    pub fn sync_limit(self, limit: Duration) -> Self {
        todo!()
    }
    pub fn drain_limit(self, limit: Duration) -> Self {
        todo!()
    }
    /// Runs until `shutdown` ends, then drains.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
        todo!()
    }
}
