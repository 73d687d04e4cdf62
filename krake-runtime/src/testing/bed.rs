//! The test bed.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use krake_client::{Client, ListOptions};
use krake_core::{Clock, DynObject, Key, List, ObjectExt, Revision};
use krake_server::store::Store;
use krake_server::{Server, ServerBuilder};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::builder::{ServerStep, TestBedBuilder};
use super::clock::TestClock;
use super::faults::Faults;
use super::gateway::Gateway;
use crate::informer::AnyInformer;
use crate::lock::lock;
use crate::manager::Fleet;
use crate::{Env, Load, RunRecord, Runnable, SyncState};

/// How long the system may take to come to rest, in its own time.
const REST_LIMIT: Duration = Duration::from_mins(5);

/// The longest step in which rest is awaited.
const LONGEST_STEP: Duration = Duration::from_millis(50);

/// The real server over a store in memory, controllers, and faults between them.
pub struct TestBed {
    assembly: Assembly,
    gateway: Gateway,
    faults: Faults,
    env: Env,
    /// Not subject to faults.
    observer: Client,
    fleet: Mutex<Fleet>,
    stop: CancellationToken,
}

/// What a server is made of, again and again.
pub(super) struct Assembly {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<TestClock>,
    pub(super) steps: Vec<ServerStep>,
}

impl Assembly {
    #[expect(clippy::panic, reason = "a test that cannot start has failed")]
    async fn server(&self) -> Server {
        let store = Arc::clone(&self.store);
        let clock: Arc<TestClock> = Arc::clone(&self.clock);
        let builder = ServerBuilder::new(store).clock(clock);
        let builder = self
            .steps
            .iter()
            .fold(builder, |builder, step| step(builder));
        match builder.build().await {
            Ok(server) => server,
            Err(error) => panic!("the server cannot be assembled: {error}"),
        }
    }
}

impl fmt::Debug for TestBed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestBed")
            .field("monitor", self.env.monitor())
            .finish_non_exhaustive()
    }
}

impl TestBed {
    /// A test bed that serves no kinds yet.
    pub fn builder() -> TestBedBuilder {
        TestBedBuilder::default()
    }

    pub(super) async fn new(assembly: Assembly) -> Self {
        let faults = Faults::default();
        let gateway = Gateway::new(faults.clone());
        gateway.replace(Some(assembly.server().await));
        let calm = gateway.without_faults();
        let env = Env::new(Client::from_service(gateway.clone()));
        Self {
            assembly,
            gateway,
            faults,
            env,
            observer: Client::from_service(calm),
            fleet: Mutex::default(),
            stop: CancellationToken::new(),
        }
    }

    /// A client of the server, subject to the faults.
    pub fn client(&self) -> Client {
        self.env.client().clone()
    }

    /// What the controllers share.
    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// What goes wrong on purpose.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The wall clock of the server.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.assembly.clock) as _
    }

    /// Starts something, on caches shared with everything else that runs here.
    pub fn run(&self, runnable: Box<dyn Runnable>) -> &Self {
        lock(&self.fleet).start(runnable, self.env.clone(), self.stop.clone());
        self
    }

    /// The runs of a controller for a key (`namespace/name`), oldest first.
    pub fn runs(&self, controller: &str, key: impl fmt::Display) -> Vec<RunRecord> {
        self.env.monitor().runs(controller, key)
    }

    /// Lets the store forget its history, so that no watch can be resumed from before now.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn compact(&self) {
        let revision = self.revision().await;
        let compacted = self.assembly.store.compact(revision).await;
        assert!(compacted.is_ok(), "the store cannot be compacted: {compacted:?}");
        self.faults.compacted_at(revision);
    }

    /// Replaces the server by a new one over the same store. All watches break.
    pub async fn restart_server(&self) {
        let old = self.gateway.replace(None);
        self.faults.drop_all_watches();
        if let Some(old) = old {
            old.shutdown().await;
        }
        self.gateway.replace(Some(self.assembly.server().await));
    }

    /// Waits until the system is at rest: every cache shows what the server holds, no run is in progress or due, and every task
    /// waits for something. Runs that are due later (timers, retries after failures) do not count. Answers the store's revision.
    ///
    /// # Panics
    /// If something that runs here has failed, or there is no rest for five minutes of the test's time.
    pub async fn settle(&self) -> Revision {
        let deadline = Instant::now() + REST_LIMIT;
        let mut step = Duration::from_millis(1);
        loop {
            // Under paused time this ends when no task can go on, or another timer is due before.
            sleep(step).await;
            let Some(unrest) = self.unrest().await else { return self.revision().await };
            assert!(Instant::now() < deadline, "the system does not come to rest: {unrest}");
            step = (step * 2).min(LONGEST_STEP);
        }
    }

    /// Lets `duration` pass, then settles.
    ///
    /// # Panics
    /// As [`settle`](Self::settle).
    pub async fn advance(&self, duration: Duration) -> Revision {
        sleep(duration).await;
        self.settle().await
    }

    /// Stops everything that was started, and waits for it.
    ///
    /// # Panics
    /// If something that ran here has failed.
    pub async fn stop(self) {
        self.stop.cancel();
        let mut fleet = std::mem::take(&mut *lock(&self.fleet));
        let ended = fleet.drain(self.env.drain_limit()).await;
        assert!(ended.is_ok(), "{ended:?}");
        self.env.informers().shutdown().await;
        if let Some(server) = self.gateway.replace(None) {
            server.shutdown().await;
        }
    }

    async fn revision(&self) -> Revision {
        let revision = self.assembly.store.revision().await;
        revision.unwrap_or_default()
    }

    /// What is still going on.
    async fn unrest(&self) -> Option<String> {
        let failed = lock(&self.fleet).failed();
        assert!(failed.is_none(), "{failed:?}");
        let revision = self.revision().await;
        for informer in self.env.informers().all() {
            if !self.is_current(&*informer).await {
                return Some(format!("a cache is not up to date: {:?}", informer.record()));
            }
        }
        let load = self.env.monitor().load();
        if load != Load::default() {
            return Some(format!("{load:?}"));
        }
        // Whatever has begun and ended while the caches were compared has written nothing, or they are compared again.
        let is_unchanged = self.revision().await == revision;
        (!is_unchanged).then(|| "something was written just now".to_owned())
    }

    async fn is_current(&self, informer: &dyn AnyInformer) -> bool {
        let record = informer.record();
        let namespace = record.config.namespace.as_deref();
        let api = self.observer.dynamic(Arc::new(record.kind), namespace);
        let Ok(list) = api
            .list(&ListOptions::selecting(record.config.selector))
            .await
        else {
            return false;
        };
        matches!(record.health, SyncState::Synced) && informer.versions() == versions(&list)
    }
}

/// The objects of a list with their revisions, ordered by key: a server may order otherwise.
fn versions(list: &List<DynObject>) -> Vec<(Key, Revision)> {
    let mut versions: Vec<_> = list
        .items
        .iter()
        .map(|object| (object.key(), object.revision()))
        .collect();
    versions.sort();
    versions
}
