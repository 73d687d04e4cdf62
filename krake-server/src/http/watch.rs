//! Watches: an endless response of lines.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use krake_core::{Bookmark, Kind, Problem, Revision, WatchEvent};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::query::WatchQuery;
use crate::load::OpenWatch;
use crate::refusal::Refusal;
use crate::watch_cache::{
    EventType, FellBehind, Filter, Freshness, KindCache, Scan, Start, Subscriber, Visit,
};

/// How large a piece of the initial state grows before it is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// The wish of a connection that its watches end: it is about to be closed.
#[derive(Clone, Debug)]
pub(crate) struct Drain(pub(crate) CancellationToken);

/// Registers a watch. It misses nothing from the moment that this returns.
pub(super) async fn watch(
    cache: &Arc<KindCache>,
    freshness: &Freshness,
    filter: Filter,
    query: WatchQuery,
    drain: CancellationToken,
    open: OpenWatch,
) -> Result<BoxStream<'static, Bytes>, Refusal> {
    let reached = freshness.now().await?;
    let (initial, subscriber) = if query.initial_events {
        let (snapshot, subscriber) = cache.subscribe_with_state(filter.clone(), reached);
        let scan = Scan::new(snapshot.objects, filter.prefix, filter.selection, None);
        (Some(Initial { scan, revision: snapshot.revision }), subscriber)
    } else {
        (None, subscribe(cache, filter, query.after, reached)?)
    };
    let lines = Lines {
        cache: Arc::clone(cache),
        initial,
        subscriber,
        freshness: freshness.clone(),
        heartbeat: query.heartbeat.map(heartbeat),
        bookmarks: query.bookmarks,
        drain,
        is_over: false,
        _open: open,
    };
    Ok(stream::unfold(lines, Lines::next).boxed())
}

fn subscribe(
    cache: &Arc<KindCache>,
    filter: Filter,
    after: Option<Revision>,
    reached: Revision,
) -> Result<Subscriber, Refusal> {
    let start = match after {
        Some(wanted) if wanted > reached => return Err(Refusal::Ahead { wanted }),
        Some(wanted) => Start::After(wanted),
        None => Start::Now,
    };
    let gone = Refusal::Gone { wanted: after.unwrap_or(reached) };
    cache.subscribe(filter, start).ok_or(gone)
}

fn heartbeat(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

/// The state that a watch starts with.
struct Initial {
    scan: Scan,
    revision: Revision,
}

/// The lines of one watch.
struct Lines {
    cache: Arc<KindCache>,
    initial: Option<Initial>,
    subscriber: Subscriber,
    freshness: Freshness,
    heartbeat: Option<Interval>,
    bookmarks: bool,
    drain: CancellationToken,
    is_over: bool,
    _open: OpenWatch,
}

impl Lines {
    /// The next piece of the response.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.is_over {
            return None;
        }
        let piece = match self.initial.take() {
            Some(initial) => self.initial_events(initial),
            None => self.change_or_sign_of_life().await?,
        };
        Some((piece, self))
    }

    fn initial_events(&mut self, Initial { mut scan, revision }: Initial) -> Bytes {
        let (mut out, mut told) = (BytesMut::new(), 0);
        let more = scan.advance(|object| {
            told += 1;
            object.write_line(EventType::Added, &mut out);
            if out.len() < CHUNK { Visit::GoOn } else { Visit::Stop }
        });
        self.cache.metrics().told(told);
        if more {
            self.initial = Some(Initial { scan, revision });
        } else {
            let end = Bookmark { revision, initial_events_end: true };
            out.extend_from_slice(&bookmark(self.cache.kind(), &end));
        }
        out.freeze()
    }

    async fn change_or_sign_of_life(&mut self) -> Option<Bytes> {
        tokio::select! {
            biased;
            () = self.drain.cancelled() => {
                self.is_over = true;
                self.bookmarks.then(|| self.sign_of_life())
            }
            () = tick(self.heartbeat.as_mut()) => Some(self.sign_of_life()),
            lines = self.subscriber.next() => Some(match lines {
                Ok(lines) => lines,
                Err(FellBehind) => self.end_behind(),
            }),
        }
    }

    fn sign_of_life(&mut self) -> Bytes {
        if !self.bookmarks {
            return Bytes::from_static(b"\n");
        }
        let reached = self.freshness.reached().unwrap_or_default();
        match self.subscriber.seen(reached) {
            Ok(revision) => {
                bookmark(self.cache.kind(), &Bookmark { revision, initial_events_end: false })
            }
            Err(FellBehind) => self.end_behind(),
        }
    }

    /// The last line of a watcher that cannot be told what it has missed.
    fn end_behind(&mut self) -> Bytes {
        self.cache.metrics().lost_watcher();
        self.is_over = true;
        error_line(Refusal::Slow.into())
    }
}

async fn tick(heartbeat: Option<&mut Interval>) {
    match heartbeat {
        Some(interval) => {
            interval.tick().await;
        }
        None => std::future::pending().await,
    }
}

fn bookmark(kind: &Kind, mark: &Bookmark) -> Bytes {
    format!("{}\n", mark.line(kind)).into()
}

fn error_line(problem: Problem) -> Bytes {
    let line = serde_json::to_string(&WatchEvent::<()>::Error(problem)).unwrap_or_default();
    format!("{line}\n").into()
}
