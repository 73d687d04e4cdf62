//! Walking over a snapshot in pieces.

use std::ops::Bound;
use std::sync::Arc;

use super::{Cached, Objects, Selection};

/// A walk over the objects of a snapshot below a prefix, in key order, that can pause anywhere.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    objects: Objects,
    prefix: Arc<str>,
    selection: Selection,
    /// Where the walk goes on: after this key.
    after: Option<Arc<str>>,
    /// How many more objects it may visit.
    left: usize,
}

impl Scan {
    pub(crate) const fn new(
        objects: Objects,
        prefix: Arc<str>,
        selection: Selection,
        after: Option<Arc<str>>,
    ) -> Self {
        Self { objects, prefix, selection, after, left: usize::MAX }
    }

    /// Hands objects to `visit` until it says stop or there are no more; the answer is whether the walk may go on later.
    pub(crate) fn advance(&mut self, mut visit: impl FnMut(&Cached) -> Visit) -> bool {
        let start = match &self.after {
            Some(key) => Bound::Excluded(&**key),
            None => Bound::Included(&*self.prefix),
        };
        let mut last = None;
        let mut stopped = false;
        for (key, object) in self.objects.range::<_, str>((start, Bound::Unbounded)) {
            if self.left == 0 || !key.starts_with(&*self.prefix) {
                break;
            }
            if !self.selection.selects(object) {
                continue;
            }
            last = Some(Arc::clone(key));
            self.left -= 1;
            if visit(object) == Visit::Stop {
                stopped = true;
                break;
            }
        }
        self.after = last.or_else(|| self.after.take());
        stopped
    }

    /// Ends the walk after `limit` objects; the answer is the key of the last one if objects remain after it.
    pub(crate) fn cut_off(&mut self, limit: usize) -> Option<Arc<str>> {
        let mut probe = self.clone();
        let mut seen = 0;
        let mut last = None;
        let more = probe.advance(|object| {
            if seen == limit {
                return Visit::Stop;
            }
            seen += 1;
            last = Some(Arc::clone(object.key()));
            Visit::GoOn
        });
        self.left = limit;
        last.filter(|_| more)
    }
}

/// What a visitor wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    GoOn,
    /// Enough for now; the walk goes on after this object.
    Stop,
}
