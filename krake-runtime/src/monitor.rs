//! What the controllers of a process are doing.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use krake_core::{Kind, Revision};

use crate::informer::{InformerConfig, Informers, SyncState};
use crate::lock::lock;
use crate::queue::WorkQueue;
use crate::runner::RunKey;
use crate::{Cause, Class, Reconciled};

/// How many runs of a controller are remembered.
const REMEMBERED: usize = 1024;

/// What the controllers of a process are doing and have done. Cheap to clone.
#[derive(Clone)]
pub struct Monitor {
    informers: Informers,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    runs: BTreeMap<String, VecDeque<RunRecord>>,
    queues: Vec<Weak<dyn Queue>>,
}

/// A queue of keys of any type.
trait Queue: Send + Sync {
    fn load(&self) -> Load;
}

impl<Q: RunKey> Queue for WorkQueue<Q> {
    fn load(&self) -> Load {
        self.load()
    }
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Keys in progress.
    pub running: usize,
    /// Keys whose run is due, or will be in a moment because they lost a race.
    pub due: usize,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// The key, as text: `namespace/name`.
    pub key: String,
    /// Why it was made.
    pub causes: Vec<Cause>,
    /// How many runs in a row had failed before.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// With success; with the delay after which the next run is wanted, if any.
    Done(Option<Duration>),
    /// With a failure, a panic or a time-out.
    Failed {
        /// When it is repeated.
        class: Class,
        /// The word that was given for it; `Panicked` and `TimedOut` for runs that did not end by themselves.
        reason: Option<&'static str>,
        /// The error with its causes.
        message: String,
    },
}

impl Outcome {
    pub(crate) fn of(result: &Reconciled) -> Self {
        match result {
            Ok(action) => Self::Done(action.delay()),
            Err(failure) => Self::Failed {
                class: failure.class(),
                reason: failure.reason(),
                message: failure.to_string(),
            },
        }
    }
}

/// How one cache stands to its server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CacheRecord {
    /// What is cached.
    pub kind: Kind,
    /// Which objects of it.
    pub config: InformerConfig,
    /// The revision that it shows; `None` before it has read the current state.
    pub revision: Option<Revision>,
    /// Whether it follows the server.
    pub health: SyncState,
}

impl Monitor {
    pub(crate) fn new(informers: Informers) -> Self {
        Self { informers, inner: Arc::default() }
    }

    /// The last runs of a controller for a key (`namespace/name`), oldest first. About a thousand runs of each controller
    /// are remembered.
    pub fn runs(&self, controller: &str, key: impl fmt::Display) -> Vec<RunRecord> {
        let key = key.to_string();
        let inner = lock(&self.inner);
        let runs = inner.runs.get(controller).into_iter().flatten();
        runs.filter(|run| run.key == key).cloned().collect()
    }

    /// The work of all controllers together.
    pub fn load(&self) -> Load {
        let queues = lock(&self.inner).queues.clone();
        queues
            .iter()
            .filter_map(Weak::upgrade)
            .fold(Load::default(), |sum, queue| {
                let Load { running, due } = queue.load();
                Load { running: sum.running + running, due: sum.due + due }
            })
    }

    /// The caches that somebody holds.
    pub fn caches(&self) -> Vec<CacheRecord> {
        self.informers
            .all()
            .iter()
            .map(|informer| informer.record())
            .collect()
    }

    pub(crate) fn add_queue<Q: RunKey>(&self, queue: &Arc<WorkQueue<Q>>) {
        let weak: Weak<WorkQueue<Q>> = Arc::downgrade(queue);
        let mut inner = lock(&self.inner);
        inner.queues.retain(|queue| queue.strong_count() > 0);
        inner.queues.push(weak);
    }

    pub(crate) fn record(&self, controller: &str, run: RunRecord) {
        let mut inner = lock(&self.inner);
        if !inner.runs.contains_key(controller) {
            inner.runs.insert(controller.to_owned(), VecDeque::new());
        }
        if let Some(runs) = inner.runs.get_mut(controller) {
            if runs.len() == REMEMBERED {
                runs.pop_front();
            }
            runs.push_back(run);
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("load", &self.load())
            .finish_non_exhaustive()
    }
}
