//! How many of something each of many may have.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by owner; who has nothing takes no memory.
#[derive(Debug)]
pub(crate) struct Shares<K> {
    most_each: usize,
    owned: Mutex<HashMap<K, usize>>,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    pub(super) fn new(most_each: usize) -> Self {
        Self { most_each, owned: Mutex::default() }
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more for `owner`, unless it has as many as it may.
    pub(super) fn take(self: &Arc<Self>, owner: K) -> Option<Share<K>> {
        let mut owned = self.owned();
        let count = owned.entry(owner.clone()).or_default();
        if *count >= self.most_each {
            return None;
        }
        *count += 1;
        Some(Share { shares: Arc::clone(self), owner })
    }
}

/// One of those that an owner has; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share<K: Eq + Hash + Clone> {
    shares: Arc<Shares<K>>,
    owner: K,
}

impl<K: Eq + Hash + Clone> Drop for Share<K> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.shares.owned().entry(self.owner.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_a_share_of_its_own_and_is_forgotten_without() {
        let shares = Arc::new(Shares::new(2));
        let of_a = [shares.take("a"), shares.take("a")];
        assert!(of_a.iter().all(Option::is_some));
        assert!(shares.take("a").is_none());
        let of_b = shares.take("b").unwrap();
        drop(of_a);
        assert!(shares.take("a").is_some());
        drop(of_b);
        assert!(shares.owned().is_empty());
    }
}
