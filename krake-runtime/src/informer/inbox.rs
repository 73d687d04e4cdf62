//! What one reader has not seen yet.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use krake_core::Key;
use tokio::sync::Notify;

use super::Delta;
use crate::lock::lock;

/// The changes that one reader has not seen yet: at most one for each key, in the order in which the keys first changed.
#[derive(Debug)]
pub(super) struct Inbox<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

#[derive(Debug)]
struct State<K> {
    pending: HashMap<Key, Delta<K>>,
    order: VecDeque<Key>,
    is_closed: bool,
}

impl<K> Inbox<K> {
    /// An inbox with one delta for each object that is there already.
    pub(super) fn replaying<'a>(objects: impl Iterator<Item = (&'a Key, &'a Arc<K>)>) -> Self
    where
        K: 'a,
    {
        let pending: HashMap<_, _> = objects
            .map(|(key, object)| {
                (key.clone(), Delta::Added { new: Arc::clone(object), initial: true })
            })
            .collect();
        let mut order: VecDeque<_> = pending.keys().cloned().collect();
        order.make_contiguous().sort();
        let state = State { pending, order, is_closed: false };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Adds a change, merged with what is pending for its key.
    pub(super) fn push(&self, key: &Key, delta: Delta<K>) {
        let mut state = lock(&self.state);
        let delta = if let Some(pending) = state.pending.remove(key) {
            merge(&pending, delta)
        } else {
            state.order.push_back(key.clone());
            delta
        };
        state.pending.insert(key.clone(), delta);
        drop(state);
        self.changed.notify_one();
    }

    /// No further changes will come.
    pub(super) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.changed.notify_one();
    }

    /// Takes the next change; `None` when none are left and none will come. For one caller at a time.
    pub(super) async fn next(&self) -> Option<Delta<K>> {
        loop {
            {
                let mut state = lock(&self.state);
                if let Some(key) = state.order.pop_front() {
                    return state.pending.remove(&key);
                }
                if state.is_closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }
}

/// What a reader who has not seen `pending` yet is told when `next` happens: from what it knows to what is now.
///
/// A removal is always told, even of an object that the reader never saw: others may have seen it, such as its owner.
fn merge<K>(pending: &Delta<K>, next: Delta<K>) -> Delta<K> {
    match (pending, next) {
        (Delta::Added { initial, .. }, Delta::Updated { new, .. }) => {
            Delta::Added { new, initial: *initial }
        }
        (Delta::Updated { old, .. }, Delta::Updated { new, .. } | Delta::Added { new, .. }) => {
            Delta::Updated { old: Arc::clone(old), new }
        }
        (Delta::Deleted { last, .. }, Delta::Added { new, .. }) => {
            Delta::Updated { old: Arc::clone(last), new }
        }
        (_, next) => next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(new: u8) -> Delta<u8> {
        Delta::Added { new: Arc::new(new), initial: false }
    }

    fn updated(old: u8, new: u8) -> Delta<u8> {
        Delta::Updated { old: Arc::new(old), new: Arc::new(new) }
    }

    fn deleted(last: u8) -> Delta<u8> {
        Delta::Deleted { last: Arc::new(last), final_state: true }
    }

    async fn conflated(deltas: Vec<Delta<u8>>) -> String {
        let inbox = Inbox::replaying(std::iter::empty());
        for delta in deltas {
            inbox.push(&Key::global("a"), delta);
        }
        inbox.close();
        let first = inbox.next().await.unwrap();
        assert!(inbox.next().await.is_none());
        format!("{first:?}")
    }

    #[tokio::test]
    async fn a_reader_is_told_one_step_from_what_it_knows_to_what_is() {
        assert_eq!(
            conflated(vec![added(1), updated(1, 2), updated(2, 3)]).await,
            format!("{:?}", added(3))
        );
        assert_eq!(
            conflated(vec![updated(1, 2), updated(2, 3)]).await,
            format!("{:?}", updated(1, 3))
        );
        assert_eq!(conflated(vec![updated(1, 2), deleted(2)]).await, format!("{:?}", deleted(2)));
        assert_eq!(conflated(vec![deleted(2), added(3)]).await, format!("{:?}", updated(2, 3)));
    }

    #[tokio::test]
    async fn a_removal_is_told_even_of_an_object_never_seen() {
        assert_eq!(conflated(vec![added(1), deleted(1)]).await, format!("{:?}", deleted(1)));
    }
}
