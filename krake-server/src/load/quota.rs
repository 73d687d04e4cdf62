//! An amount of which parts can be taken.

use std::borrow::Borrow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A limited amount. Taking a part of it never waits.
#[derive(Debug)]
pub(crate) struct Quota {
    most: usize,
    taken: AtomicUsize,
}

impl Quota {
    /// Nothing of it is taken yet.
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    /// How much is taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether nothing is left at the moment.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.taken() >= self.most
    }

    /// An empty part, to grow.
    pub(crate) const fn nothing<Q: Borrow<Self>>(quota: Q) -> Taken<Q> {
        Taken { quota, amount: 0 }
    }

    /// Takes a part, if so much is left.
    pub(crate) fn take<Q: Borrow<Self>>(quota: Q, amount: usize) -> Option<Taken<Q>> {
        let mut taken = Self::nothing(quota);
        taken.grow(amount).then_some(taken)
    }

    fn add(&self, amount: usize) -> bool {
        let add = |taken: usize| taken.checked_add(amount).filter(|sum| *sum <= self.most);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
            .is_ok()
    }
}

/// A part of a quota; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken<Q: Borrow<Quota>> {
    quota: Q,
    amount: usize,
}

impl<Q: Borrow<Quota>> Taken<Q> {
    /// Takes more; the answer is whether so much was left.
    #[must_use]
    pub(crate) fn grow(&mut self, amount: usize) -> bool {
        let is_taken = self.quota.borrow().add(amount);
        if is_taken {
            self.amount += amount;
        }
        is_taken
    }
}

impl<Q: Borrow<Quota>> Drop for Taken<Q> {
    fn drop(&mut self) {
        self.quota
            .borrow()
            .taken
            .fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is_and_all_comes_back() {
        let quota = Quota::new(3);
        let mut first = Quota::take(&quota, 2).unwrap();
        assert!(Quota::take(&quota, 2).is_none());
        assert!(Quota::take(&quota, usize::MAX).is_none());
        assert!(first.grow(1) && !first.grow(1));
        assert!(quota.is_exhausted());
        drop(first);
        assert_eq!(quota.taken(), 0);
    }
}
