//! Carrying out what was planned: guarded commits, tried again while others win.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use krake_core::{Clock, Revision, Timestamp, Uid};

use super::key_locks::KeyLocks;
use super::{Address, Change, Collection, Current, Document, Operation, Plan, Sent};
use crate::metrics::{CommitOutcome, Recorder};
use crate::refusal::Refusal;
use crate::store::{self, Commit, Expect, Op, Store, Transaction};
use crate::watch_cache::{Freshness, KindCache};

/// How often a write is planned anew before its sender is told of the conflict.
const ATTEMPTS: usize = 8;

/// How many bytes an object that is too large may grow by: a finalizer, an owner.
const GROWTH: usize = 1024;

/// A request's demand on the stored object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Precondition(pub(crate) Option<Revision>);

/// Whether a write is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    #[default]
    Commit,
    /// Everything is checked, nothing is written.
    DryRun,
}

/// How a write is to be carried out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) precondition: Precondition,
    pub(crate) effect: Effect,
}

/// A written object as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) key: String,
    pub(crate) json: Bytes,
    /// The revision of its last write; `None` if it was never written.
    pub(crate) revision: Option<Revision>,
    /// Whether it has gone.
    pub(crate) is_removed: bool,
}

/// Writes objects of every kind.
pub(crate) struct Writer {
    store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    freshness: Freshness,
    locks: KeyLocks,
    /// Largest object that users can make, in bytes.
    object_bytes: usize,
    /// Whether the store has closed itself after a failure.
    is_store_broken: AtomicBool,
    recorder: Arc<Recorder>,
}

impl Writer {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        freshness: Freshness,
        object_bytes: usize,
        recorder: Arc<Recorder>,
    ) -> Self {
        let (locks, is_store_broken) = (KeyLocks::new(), AtomicBool::new(false));
        Self { store, clock, freshness, locks, object_bytes, is_store_broken, recorder }
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
        effect: Effect,
    ) -> Result<Written, Refusal> {
        let identity = Uid(uuid::Uuid::new_v4().to_string().into());
        let (name, document) =
            cache
                .rules()
                .create(collection.namespace, body, identity, self.clock.now())?;
        self.check_size(&document, 0)?;
        let address = collection.address(&name);
        let key = address.key();
        let transaction = Transaction {
            guards: vec![(key.clone(), Expect::Absent)],
            ops: vec![Op::Put { key: key.clone(), value: document.stored().clone() }],
        };
        match self.store(transaction, effect).await? {
            Commit::Refused { .. } => Err(address.taken()),
            Commit::Done(revision) => Ok(match effect {
                Effect::Commit => shown(key, &Change::Put(document), revision),
                Effect::DryRun => {
                    let json = document.stored().clone();
                    Written { key, json, revision: None, is_removed: false }
                }
            }),
        }
    }

    /// Changes or removes an object.
    pub(crate) async fn update(
        &self,
        cache: &KindCache,
        address: Address<'_>,
        operation: Operation<'_>,
        sent: Sent,
        WriteOptions { precondition, effect }: WriteOptions,
    ) -> Result<Written, Refusal> {
        let mut plan = cache
            .rules()
            .plan(operation, address.collection.namespace, sent)?;
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
            let decided = decided?;
            if let (Operation::Replace, Change::Put(document)) = (operation, &decided.change) {
                let stored = known.current().map_or(0, |current| current.json.len());
                self.check_size(document, stored)?;
            }
            match self.commit(&key, decided, effect).await? {
                Outcome::Written(written) => return Ok(written),
                Outcome::Overtaken(current) => {
                    self.recorder.retry();
                    known = Known::Fresh(current);
                }
            }
        }
        Err(Refusal::Conflict)
    }

    /// Refuses an object that is too large to be changed again, unless it was so before.
    fn check_size(&self, document: &Document, stored: usize) -> Result<(), Refusal> {
        let limit = self.object_bytes;
        if document.stored().len() > limit.max(stored + GROWTH) {
            return Err(Refusal::ObjectTooLarge { limit });
        }
        Ok(())
    }

    /// Commits, or finds out whether it could.
    pub(super) async fn store(
        &self,
        mut transaction: Transaction,
        effect: Effect,
    ) -> Result<Commit, Refusal> {
        if effect == Effect::DryRun {
            transaction.ops.clear();
        }
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

    async fn commit(
        &self,
        key: &str,
        decided: Decided,
        effect: Effect,
    ) -> Result<Outcome, Refusal> {
        let Decided { change, based_on } = decided;
        let key = key.to_owned();
        let op = match &change {
            Change::Keep(_) => return Ok(Outcome::Written(shown(key, &change, based_on))),
            Change::Put(document) => Op::Put { key: key.clone(), value: document.stored().clone() },
            Change::Remove(_) => Op::Delete { key: key.clone() },
        };
        let guards = vec![(key.clone(), Expect::At(based_on))];
        let transaction = Transaction { guards, ops: vec![op] };
        Ok(match self.store(transaction, effect).await? {
            Commit::Done(revision) => Outcome::Written(match effect {
                Effect::Commit => shown(key, &change, revision),
                Effect::DryRun => shown(key, &change, based_on),
            }),
            Commit::Refused { current, .. } => {
                Outcome::Overtaken(current.into_iter().next().flatten().map(Current::from))
            }
        })
    }
}

fn shown(key: String, change: &Change, revision: Revision) -> Written {
    let (Change::Put(document) | Change::Remove(document) | Change::Keep(document)) = change;
    let is_removed = matches!(change, Change::Remove(_));
    Written { key, json: document.at(revision), revision: Some(revision), is_removed }
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
