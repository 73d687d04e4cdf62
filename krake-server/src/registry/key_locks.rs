//! One writer per object at a time within this process.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

const SHARDS: usize = 256;

/// Fair locks over keys, in a fixed number of shards.
///
/// Guards in the store decide who wins; these locks keep the losers of one process from trying at the same time again and again.
#[derive(Debug)]
pub(super) struct KeyLocks {
    shards: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl KeyLocks {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::new(())).collect(), hasher: RandomState::new() }
    }

    /// Waits for the turn to write `key`. Others that share its shard wait, too: never hold two.
    pub(super) async fn lock(&self, key: &str) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(key);
        let shard = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        self.shards[shard].lock().await
    }
}
