//! Carrying out what was planned: guarded commits, tried again while others win.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use krake_core::{Clock, Revision, Timestamp, Uid};

use super::key_locks::KeyLocks;
use super::{Address, Change, Collection, Current, Document, Operation, Plan};
use crate::metrics::{CommitOutcome, Recorder};
use crate::refusal::Refusal;
use crate::store::{self, Commit, Expect, Op, Store, Transaction};
use crate::watch_cache::{Freshness, KindCache};

/// How often a write is planned anew before its sender is told of the conflict.
const ATTEMPTS: usize = 8;

/// A request's demand on the stored object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Precondition(pub(crate) Option<Revision>);

/// A written object as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) json: Bytes,
    pub(crate) revision: Revision,
}

impl Written {
    fn new(document: &Document, revision: Revision) -> Self {
        Self { json: document.at(revision), revision }
    }
}

/// Writes objects of every kind.
pub(crate) struct Writer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    freshness: Freshness,
    locks: KeyLocks,
    /// Whether the store has closed itself after a failure.
    is_store_broken: AtomicBool,
    recorder: Arc<Recorder>,
}

impl Writer {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        freshness: Freshness,
        recorder: Arc<Recorder>,
    ) -> Self {
        let (locks, is_store_broken) = (KeyLocks::new(), AtomicBool::new(false));
        Self { store, clock, freshness, locks, is_store_broken, recorder }
    }

    /// Whether a write has found the store closed after a failure: only a restart helps then.
    pub(crate) fn is_store_broken(&self) -> bool {
        self.is_store_broken.load(Ordering::Relaxed)
    }

    /// Stores a new object.
    pub(crate) async fn create(
        &self,
        cache: &KindCache,
        collection: Collection<'_>,
        body: &[u8],
    ) -> Result<Written, Refusal> {
        let identity = Uid(uuid::Uuid::new_v4().to_string().into());
        let (name, document) =
            cache
                .rules()
                .create(collection.namespace, body, identity, self.clock.now())?;
        let address = collection.address(&name);
        let key = address.key();
        let transaction = Transaction {
            guards: vec![(key.clone(), Expect::Absent)],
            ops: vec![Op::Put { key, value: document.stored().clone() }],
        };
        match self.store(transaction).await? {
            Commit::Done(revision) => Ok(Written::new(&document, revision)),
            Commit::Refused { .. } => Err(address.taken()),
        }
    }

    /// Changes or removes an object.
    pub(crate) async fn update(
        &self,
        cache: &KindCache,
        address: Address<'_>,
        operation: Operation<'_>,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<Written, Refusal> {
        let mut plan = cache
            .rules()
            .plan(operation, address.collection.namespace, body)?;
        let key = address.key();
        let _turn = self.locks.lock(&key).await;
        let mut known = Known::Cached(cache.current(&key));
        for _ in 0..ATTEMPTS {
            let decided =
                decide(plan.as_mut(), address, known.current(), precondition, self.clock.now());
            if known.is_doubtful(&decided) {
                self.freshness.now().await?;
                known = Known::Fresh(cache.current(&key));
                continue;
            }
            match self.commit(&key, decided?).await? {
                Outcome::Written(written) => return Ok(written),
                Outcome::Overtaken(current) => {
                    self.recorder.retry();
                    known = Known::Fresh(current);
                }
            }
        }
        Err(Refusal::Conflict)
    }

    async fn store(&self, transaction: Transaction) -> Result<Commit, Refusal> {
        let observed = self.recorder.commit();
        let committed = self.store.commit(transaction).await;
        observed.ended(match &committed {
            Ok(Commit::Done(_)) => CommitOutcome::Done,
            Ok(Commit::Refused { .. }) => CommitOutcome::Refused,
            Err(_) => CommitOutcome::Failed,
        });
        if matches!(committed, Err(store::Error::Io { .. })) {
            self.is_store_broken.store(true, Ordering::Relaxed);
        }
        Ok(committed?)
    }

    async fn commit(&self, key: &str, decided: Decided) -> Result<Outcome, Refusal> {
        let Decided { change, based_on } = decided;
        let (op, document) = match change {
            Change::Keep(document) => {
                return Ok(Outcome::Written(Written::new(&document, based_on)));
            }
            Change::Put(document) => {
                (Op::Put { key: key.to_owned(), value: document.stored().clone() }, document)
            }
            Change::Remove(document) => (Op::Delete { key: key.to_owned() }, document),
        };
        let guards = vec![(key.to_owned(), Expect::At(based_on))];
        Ok(match self.store(Transaction { guards, ops: vec![op] }).await? {
            Commit::Done(revision) => Outcome::Written(Written::new(&document, revision)),
            Commit::Refused { current, .. } => {
                Outcome::Overtaken(current.into_iter().next().flatten().map(Current::from))
            }
        })
    }
}

enum Outcome {
    Written(Written),
    Overtaken(Option<Current>),
}

/// A change, and the revision of the object that it was planned for.
struct Decided {
    change: Change,
    based_on: Revision,
}

/// What is believed to be stored.
enum Known {
    /// From the cache, which may lag behind: good enough for a guarded commit, not for a refusal.
    Cached(Option<Current>),
    /// As of this request.
    Fresh(Option<Current>),
}

impl Known {
    const fn current(&self) -> Option<&Current> {
        match self {
            Self::Cached(current) | Self::Fresh(current) => current.as_ref(),
        }
    }

    /// Whether the decision would be told to the client without the store having confirmed what it rests on.
    const fn is_doubtful(&self, decided: &Result<Decided, Refusal>) -> bool {
        let is_final = matches!(decided, Err(_) | Ok(Decided { change: Change::Keep(_), .. }));
        is_final && matches!(self, Self::Cached(_))
    }
}

/// What the request comes to if `current` is what is stored.
fn decide(
    plan: &mut dyn Plan,
    address: Address<'_>,
    current: Option<&Current>,
    Precondition(demanded): Precondition,
    now: Timestamp,
) -> Result<Decided, Refusal> {
    let Some(current) = current else {
        plan.without_object()?;
        return Err(address.missing());
    };
    let is_met = |wanted: Revision| wanted == current.revision;
    if !demanded.is_none_or(is_met) || !plan.expects().is_none_or(is_met) {
        return Err(Refusal::Conflict);
    }
    Ok(Decided { change: plan.apply(current, now)?, based_on: current.revision })
}
