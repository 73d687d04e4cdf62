//! What goes wrong on purpose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use krake_core::{Kind, Resource, Revision};
use tokio::sync::watch;

use super::watches::{Fate, OpenWatch, Target};
use crate::lock::lock;

/// What goes wrong on purpose between the clients of a test bed and its server. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    delay: Duration,
    failing: Vec<Failing>,
    compacted: Revision,
    end_at_once: Vec<Target>,
    watch_delays: Vec<(Target, Duration)>,
    watches: Vec<OpenWatch>,
    opened: HashMap<String, usize>,
    writes: usize,
}

/// Requests that are to fail.
#[derive(Debug)]
struct Failing {
    method: Method,
    /// Only watches of this kind; `None` means everything but watches.
    watch: Option<Target>,
    left: usize,
    status: u16,
}

fn target(kind: &Kind) -> Target {
    Target { api: kind.api.to_string(), plural: kind.plural.to_string() }
}

impl Faults {
    /// Breaks the connections of all open watches of `K`.
    pub fn drop_watches<K: Resource>(&self) {
        self.decide(Fate::Broken, |target| target.is(K::KIND));
    }

    /// Ends all open watches of `K` as a server does that shuts down.
    pub fn end_watches<K: Resource>(&self) {
        self.decide(Fate::Ended, |target| target.is(K::KIND));
    }

    /// Lets nothing through any more on all open watches of `K`, without telling anybody.
    pub fn silence_watches<K: Resource>(&self) {
        self.decide(Fate::Silent, |target| target.is(K::KIND));
    }

    /// Tells all open watches of `K` in the stream that their history is gone.
    pub fn expire_watches<K: Resource>(&self) {
        self.decide(Fate::Gone, |target| target.is(K::KIND));
    }

    /// Accepts each watch of `K` and ends it at once, from now on or no longer.
    pub fn end_watches_at_once<K: Resource>(&self, is_on: bool) {
        let mut inner = lock(&self.inner);
        inner.end_at_once.retain(|target| !target.is(K::KIND));
        if is_on {
            inner.end_at_once.push(target(K::KIND));
        }
    }

    /// Holds back what is sent on the watches of `K` by `delay`, from now on.
    pub fn delay_watches<K: Resource>(&self, delay: Duration) {
        let mut inner = lock(&self.inner);
        inner.watch_delays.retain(|(target, _)| !target.is(K::KIND));
        inner.watch_delays.push((target(K::KIND), delay));
    }

    /// Answers the next `count` requests of this method, except watches, with `status`; nothing is done for them.
    pub fn fail_next(&self, method: Method, count: usize, status: u16) {
        let failing = Failing { method, watch: None, left: count, status };
        lock(&self.inner).failing.push(failing);
    }

    /// Answers the next `count` watches of `K` with `status`.
    pub fn fail_next_watches<K: Resource>(&self, count: usize, status: u16) {
        let watch = Some(target(K::KIND));
        let failing = Failing { method: Method::GET, watch, left: count, status };
        lock(&self.inner).failing.push(failing);
    }

    /// Makes every request wait before it reaches the server.
    pub fn delay(&self, delay: Duration) {
        lock(&self.inner).delay = delay;
    }

    /// How many watches of `K` have been opened so far, refused ones included.
    pub fn watches_opened<K: Resource>(&self) -> usize {
        let inner = lock(&self.inner);
        inner
            .opened
            .get(&K::KIND.path(None, None))
            .copied()
            .unwrap_or_default()
    }

    /// How many writes have been sent so far, whatever became of them.
    pub fn writes(&self) -> usize {
        lock(&self.inner).writes
    }

    /// Breaks every open watch, whatever its kind.
    pub(super) fn drop_all_watches(&self) {
        self.decide(Fate::Broken, |_| true);
    }

    /// Refuses to resume before `revision` from now on.
    pub(super) fn compacted_at(&self, revision: Revision) {
        lock(&self.inner).compacted = revision;
    }

    fn decide(&self, fate: Fate, concerns: impl Fn(&Target) -> bool) {
        let mut inner = lock(&self.inner);
        inner.watches.retain(|watch| !watch.fate.is_closed());
        for watch in inner.watches.iter().filter(|watch| concerns(&watch.target)) {
            watch.fate.send_replace(fate);
        }
    }

    /// Notes a request that is not a watch; answers what to refuse it with.
    pub(super) fn judge(&self, method: &Method) -> Option<u16> {
        let mut inner = lock(&self.inner);
        if method != Method::GET {
            inner.writes += 1;
        }
        inner.failure(|failing| failing.watch.is_none() && failing.method == *method)
    }

    /// Notes a watch; answers what to refuse it with.
    pub(super) fn judge_watch(&self, target: &Target, after: Option<Revision>) -> Option<u16> {
        let mut inner = lock(&self.inner);
        let collection = format!("/{}/{}", target.api, target.plural);
        *inner.opened.entry(collection).or_default() += 1;
        let failure = inner.failure(|failing| failing.watch.as_ref() == Some(target));
        let is_gone = after.is_some_and(|after| after < inner.compacted);
        failure.or(is_gone.then_some(410))
    }

    /// Takes charge of an accepted watch.
    pub(super) fn opened(&self, target: Target) -> watch::Receiver<Fate> {
        let mut inner = lock(&self.inner);
        let ends_at_once = inner.end_at_once.contains(&target);
        let fate = watch::Sender::new(if ends_at_once { Fate::Ended } else { Fate::Open });
        let receiver = fate.subscribe();
        inner.watches.retain(|watch| !watch.fate.is_closed());
        inner.watches.push(OpenWatch { target, fate });
        receiver
    }

    pub(super) fn watch_delay(&self, target: &Target) -> Duration {
        let inner = lock(&self.inner);
        let delay = inner
            .watch_delays
            .iter()
            .find(|(delayed, _)| delayed == target);
        delay.map_or(Duration::ZERO, |(_, delay)| *delay)
    }

    pub(super) fn current_delay(&self) -> Duration {
        lock(&self.inner).delay
    }
}

impl Inner {
    fn failure(&mut self, concerns: impl Fn(&Failing) -> bool) -> Option<u16> {
        self.failing.retain(|failing| failing.left > 0);
        let failing = self.failing.iter_mut().find(|failing| concerns(failing))?;
        failing.left -= 1;
        Some(failing.status)
    }
}
