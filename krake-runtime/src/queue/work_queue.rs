//! The queue as tasks use it.

use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Priority;
use super::core::{Core, Work};
use crate::Cause;
use crate::lock::lock;
use crate::monitor::Load;

/// A queue of keys, shared by those who request runs and the one who makes them.
///
/// Bounded by the number of different keys: there is at most one entry for each.
#[derive(Debug)]
pub(crate) struct WorkQueue<Q> {
    state: Mutex<State<Q>>,
    changed: Notify,
}

#[derive(Debug)]
struct State<Q> {
    core: Core<Q>,
    is_closed: bool,
}

impl<Q: Clone + Eq + Ord + Hash> WorkQueue<Q> {
    pub(crate) fn new() -> Self {
        let core = Core::new(Instant::now());
        Self { state: Mutex::new(State { core, is_closed: false }), changed: Notify::new() }
    }

    /// Requests a run of `key` as soon as possible. Nothing happens once the queue is closed.
    pub(crate) fn add(&self, key: Q, priority: Priority, cause: Cause) {
        self.add_after(key, Duration::ZERO, priority, cause);
    }

    /// Requests a run of `key` after `delay`, if none happens before.
    pub(crate) fn add_after(&self, key: Q, delay: Duration, priority: Priority, cause: Cause) {
        let mut state = lock(&self.state);
        if !state.is_closed {
            let now = Instant::now();
            // A delay beyond what a clock can express is never.
            if let Some(ready_at) = now.checked_add(delay) {
                state.core.add(key, ready_at, priority, cause, now);
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Waits for the next run; `None` once the queue is closed. For one caller at a time.
    ///
    /// # Cancel safety
    /// A run is taken out only when this returns it.
    pub(crate) async fn next(&self) -> Option<Work<Q>> {
        loop {
            let due = {
                let mut state = lock(&self.state);
                if state.is_closed {
                    return None;
                }
                if let Some(work) = state.core.next(Instant::now()) {
                    return Some(work);
                }
                state.core.next_due()
            };
            let timer = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.changed.notified() => {}
                () = timer => {}
            }
        }
    }

    /// Requests a run of `key` that only its own runs have caused; see [`Core::echo`].
    pub(crate) fn echo(&self, key: Q, priority: Priority, cause: Cause) {
        let mut state = lock(&self.state);
        if !state.is_closed {
            state.core.echo(key, priority, cause, Instant::now());
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Ends the run of `key`.
    pub(crate) fn done(&self, key: &Q, has_failed: bool) {
        lock(&self.state).core.done(key, has_failed, Instant::now());
        self.changed.notify_one();
    }

    /// Accepts and hands out nothing from now on; runs in progress are still to be ended.
    pub(crate) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.changed.notify_one();
    }

    pub(crate) fn load(&self) -> Load {
        let state = lock(&self.state);
        if state.is_closed {
            return Load::default();
        }
        Load { running: state.core.running(), due: state.core.due(Instant::now()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_run_caused_by_a_change_consumes_the_timer() {
        let queue = WorkQueue::new();
        queue.add_after("a", MINUTE, Priority::NORMAL, Cause::Timer);
        queue.add("a", Priority::NORMAL, Cause::Changed);
        let work = queue.next().await.unwrap();
        assert_eq!(work.causes, [Cause::Changed, Cause::Timer]);
        queue.done(&"a", false);
        assert!(
            tokio::time::timeout(2 * MINUTE, queue.next())
                .await
                .is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_of_requests_during_a_run_make_one_more() {
        let queue = WorkQueue::new();
        queue.add("a", Priority::NORMAL, Cause::Changed);
        queue.next().await.unwrap();
        for _ in 0..3 {
            queue.add("a", Priority::NORMAL, Cause::Changed);
        }
        assert!(tokio::time::timeout(MINUTE, queue.next()).await.is_err());
        queue.done(&"a", false);
        assert_eq!(queue.next().await.unwrap().key, "a");
        queue.done(&"a", false);
        assert_eq!(queue.load(), Load::default());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_hands_out_nothing() {
        let queue = WorkQueue::new();
        queue.add("a", Priority::NORMAL, Cause::Changed);
        queue.close();
        assert_eq!(queue.next().await, None);
    }
}
