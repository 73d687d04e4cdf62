//! Setting up a test bed.

use std::fmt;
use std::sync::Arc;

use krake_core::Resource;
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;

use super::TestBed;
use super::bed::Assembly;
use super::clock::TestClock;

/// One step of assembling a server; made again whenever the server is restarted.
pub(super) type ServerStep = Box<dyn Fn(ServerBuilder) -> ServerBuilder + Send + Sync>;

/// What a test bed serves.
#[derive(Default)]
#[must_use]
pub struct TestBedBuilder {
    steps: Vec<ServerStep>,
}

impl fmt::Debug for TestBedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestBedBuilder").finish_non_exhaustive()
    }
}

impl TestBedBuilder {
    /// Serves `K`.
    pub fn kind<K: Resource>(self) -> Self {
        self.server(ServerBuilder::kind::<K>)
    }

    /// Does something else to the server: `.server(ServerBuilder::kubernetes)`.
    pub fn server(
        mut self,
        step: impl Fn(ServerBuilder) -> ServerBuilder + Send + Sync + 'static,
    ) -> Self {
        self.steps.push(Box::new(step));
        self
    }

    /// Starts the server, over an empty store.
    ///
    /// # Panics
    /// If the server cannot be assembled, such as with the same kind twice.
    pub async fn start(self) -> TestBed {
        let assembly = Assembly {
            store: Arc::new(MemoryStore::new()),
            clock: Arc::new(TestClock::new()),
            steps: self.steps,
        };
        TestBed::new(assembly).await
    }
}
