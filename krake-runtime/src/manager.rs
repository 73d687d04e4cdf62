//! Runs several controllers on shared caches, and ends them in order.

use std::time::Duration;

use async_trait::async_trait;
use krake_client::{BoxError, Client};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::informer::{Informers, NotSynced};
use crate::monitor::Monitor;

/// What running things share.
#[derive(Clone, Debug)]
pub struct Env {
    client: Client,
    informers: Informers,
    monitor: Monitor,
    sync_limit: Duration,
    drain_limit: Duration,
}

impl Env {
    /// An environment of its own, with the limits of [`Manager`].
    pub fn new(client: Client) -> Self {
        let informers = Informers::new(client.clone());
        let monitor = Monitor::new(informers.clone());
        let (sync_limit, drain_limit) = (Duration::from_mins(1), Duration::from_secs(30));
        Self { client, informers, monitor, sync_limit, drain_limit }
    }

    /// The connection to the server.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The caches.
    pub const fn informers(&self) -> &Informers {
        &self.informers
    }

    /// What the controllers are doing.
    pub const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// How long to wait for a cache at start.
    pub const fn sync_limit(&self) -> Duration {
        self.sync_limit
    }

    /// How long work in progress may take after the stop.
    pub const fn drain_limit(&self) -> Duration {
        self.drain_limit
    }
}

/// Why something that was to run until it is told to stop has ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A cache did not get ready.
    #[error("{name} cannot start")]
    NotSynced {
        /// Who needs the cache.
        name: String,
        /// Which one, and why.
        #[source]
        source: NotSynced,
    },
    /// It has failed for good.
    #[error("{name} failed")]
    Failed {
        /// Who.
        name: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// It panicked.
    #[error("{name} panicked")]
    Panicked {
        /// Who.
        name: String,
    },
    /// It did not end in time after the stop.
    #[error("{name} did not end within {limit:?}")]
    Stuck {
        /// Who.
        name: String,
        /// The limit.
        limit: Duration,
    },
}

/// Something that runs until it is told to stop: a controller, a garbage collector.
#[async_trait]
pub trait Runnable: Send + 'static {
    /// What it is called in messages.
    fn name(&self) -> &str;

    /// Gets ready to run: asks for its caches and waits for them.
    ///
    /// # Errors
    /// When it cannot run.
    async fn warm_up(&mut self, env: &Env) -> Result<(), RunError>;

    /// Runs until `stop`, ends its work in progress within [`Env::drain_limit`], and leaves no task behind.
    ///
    /// # Errors
    /// When it cannot go on.
    async fn run(self: Box<Self>, env: Env, stop: CancellationToken) -> Result<(), RunError>;
}

/// Runs several [`Runnable`]s on shared caches.
///
/// Each starts as soon as its own caches are ready. When one fails, all are stopped: a process that does half of its work
/// is to be restarted by whoever started it.
#[must_use]
pub struct Manager {
    env: Env,
    runnables: Vec<Box<dyn Runnable>>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self
            .runnables
            .iter()
            .map(|runnable| runnable.name())
            .collect();
        f.debug_struct("Manager")
            .field("runnables", &names)
            .finish_non_exhaustive()
    }
}

impl Manager {
    /// A manager with nothing to run yet.
    pub fn new(client: Client) -> Self {
        Self { env: Env::new(client), runnables: Vec::new() }
    }

    /// Adds something to run.
    #[expect(clippy::should_implement_trait, reason = "adding to a builder is not arithmetic")]
    pub fn add(mut self, runnable: Box<dyn Runnable>) -> Self {
        self.runnables.push(runnable);
        self
    }

    /// How long to wait for a cache at start; a minute by default.
    pub const fn sync_limit(mut self, limit: Duration) -> Self {
        self.env.sync_limit = limit;
        self
    }

    /// How long work in progress may take after the shutdown; 30 s by default. What takes longer is aborted.
    pub const fn drain_limit(mut self, limit: Duration) -> Self {
        self.env.drain_limit = limit;
        self
    }

    /// What the controllers are doing, also while they run.
    pub fn monitor(&self) -> Monitor {
        self.env.monitor.clone()
    }

    /// Runs everything until `shutdown` ends or something fails; then ends everything, and waits for it.
    ///
    /// # Errors
    /// The first failure.
    ///
    /// # Cancel safety
    /// If dropped, everything is aborted where it stands.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
        let Self { env, runnables } = self;
        let stop = CancellationToken::new();
        let mut fleet = Fleet::default();
        for runnable in runnables {
            fleet.start(runnable, env.clone(), stop.clone());
        }
        let failure = tokio::select! {
            () = shutdown => None,
            failure = fleet.failure() => Some(failure),
        };
        stop.cancel();
        let drained = fleet.drain(env.drain_limit).await;
        env.informers.shutdown().await;
        failure.map_or(drained, Err)
    }
}

/// Things that run, each in a task.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    tasks: JoinSet<Result<(), RunError>>,
    names: std::collections::HashMap<tokio::task::Id, String>,
}

impl Fleet {
    pub(crate) fn start(
        &mut self,
        mut runnable: Box<dyn Runnable>,
        env: Env,
        stop: CancellationToken,
    ) {
        let name = runnable.name().to_owned();
        let task = self.tasks.spawn(async move {
            match stop.run_until_cancelled(runnable.warm_up(&env)).await {
                Some(Ok(())) => runnable.run(env, stop).await,
                Some(Err(error)) => Err(error),
                None => Ok(()),
            }
        });
        self.names.insert(task.id(), name);
    }

    /// Waits for a failure; for ever, if there is none.
    pub(crate) async fn failure(&mut self) -> RunError {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            if let Err(error) = self.judge(ended) {
                return error;
            }
        }
        std::future::pending().await
    }

    /// The first failure among what has ended so far.
    #[cfg(feature = "testing")]
    pub(crate) fn failed(&mut self) -> Option<RunError> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            if let Err(error) = self.judge(ended) {
                return Some(error);
            }
        }
        None
    }

    /// Waits until everything has ended. The runnables keep `limit` themselves; one that does not is aborted some time later.
    pub(crate) async fn drain(&mut self, limit: Duration) -> Result<(), RunError> {
        let limit = limit + limit / 2;
        let ended = timeout(limit, async {
            let mut first = Ok(());
            while let Some(ended) = self.tasks.join_next_with_id().await {
                first = first.and(self.judge(ended));
            }
            first
        });
        if let Ok(result) = ended.await {
            return result;
        }
        let name = self.names.values().cloned().collect::<Vec<_>>().join(", ");
        self.tasks.shutdown().await;
        Err(RunError::Stuck { name, limit })
    }

    fn judge(
        &mut self,
        ended: Result<(tokio::task::Id, Result<(), RunError>), JoinError>,
    ) -> Result<(), RunError> {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let name = self.names.remove(&id).unwrap_or_default();
        match ended {
            Ok((_, result)) => result,
            Err(error) if error.is_panic() => Err(RunError::Panicked { name }),
            Err(_) => Ok(()),
        }
    }
}
