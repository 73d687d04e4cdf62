//! Watches: nothing twice, nothing lost, and the truth for those who fall behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use krake_core::Revision;
use krake_server::store::{Error, Event, Store, Watch, Window};

use crate::fixture::*;

pub(crate) async fn watch_resumes_without_gap_or_duplicate(open: Open) {
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    for n in 0..600_u32 {
        done(store, write([put(&format!("{}", n % 10), n.to_string())])).await;
    }
    for (written, after) in (1..).zip([0, 1, 255, 256, 257, 599, 600]) {
        let mut watch = store
            .watch("", fixture.revision(after))
            .await
            .expect("a watch");
        let last = done(store, write([put("x", "")])).await;
        let seen = events_through(&mut watch, last).await;
        let revisions: Vec<_> = seen.iter().map(Event::revision).collect();
        let expected: Vec<_> = (after + 1..=600 + written)
            .map(|n| fixture.revision(n))
            .collect();
        assert_eq!(revisions, expected, "after {after}");
    }
}

pub(crate) async fn watch_misses_nothing_under_concurrent_writers(open: Open) {
    const WATCHERS: usize = 3;
    let Fixture { store, .. } = &open(Window::default());
    let registered = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..3_u32)
        .map(|writer| {
            let (store, registered) = (Arc::clone(store), Arc::clone(&registered));
            in_thread(async move {
                let mut left = 50_u32;
                while left > 0 || registered.load(Ordering::Relaxed) < WATCHERS {
                    left = left.saturating_sub(1);
                    done(&store, write([put(&format!("{writer}"), "")])).await;
                }
            })
        })
        .collect();
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|_| {
            let (store, registered) = (Arc::clone(store), Arc::clone(&registered));
            in_thread(async move {
                let after = store.revision().await.expect("a revision");
                let watch = store.watch("", after).await.expect("a watch");
                registered.fetch_add(1, Ordering::Relaxed);
                (after, revisions_until(watch, "end").await)
            })
        })
        .collect();
    for writer in writers {
        writer.join().expect("no writer fails");
    }
    let end = done(store, write([put("end", "")])).await;
    for watcher in watchers {
        let (after, seen) = watcher.join().expect("no watcher fails");
        assert_eq!(seen, (after.0 + 1..=end.0).collect::<Vec<_>>());
    }
}

/// The revisions of all events up to the one of `key`.
async fn revisions_until(mut watch: Watch, key: &str) -> Vec<u64> {
    let mut revisions = Vec::new();
    loop {
        let batch = next(&mut watch).await;
        revisions.extend(batch.events.iter().map(|event| event.revision().0));
        if batch.events.iter().any(|event| &**event.key() == key) {
            return revisions;
        }
    }
}

pub(crate) async fn watch_sees_only_its_prefix_and_progress_of_the_rest(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let mut watch = store.watch("test/", Revision::ZERO).await.expect("a watch");
    let other = done(store, write([put("testing/a", "")])).await;
    let batch = next(&mut watch).await;
    assert_eq!((batch.events.len(), batch.through), (0, other));
    let mixed = done(store, write([put("testing/a", ""), put("test/a", "")])).await;
    let batch = next(&mut watch).await;
    assert_eq!(batch.through, mixed);
    assert_eq!(
        batch
            .events
            .iter()
            .map(|event| &**event.key())
            .collect::<Vec<_>>(),
        ["test/a"]
    );
}

pub(crate) async fn delete_event_carries_the_last_state(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    done(store, write([put("a", "1")])).await;
    done(store, write([put("a", "2")])).await;
    let last = get(store, "a").await.expect("the key exists");
    let removed = done(store, write([delete("a")])).await;
    let mut watch = store.watch("", last.modified).await.expect("a watch");
    let batch = next(&mut watch).await;
    assert_eq!(batch.events, [Event::Delete { last, revision: removed }]);
    assert_eq!(batch.events[0].revision(), removed);
}

pub(crate) async fn commit_is_never_split_over_batches(open: Open) {
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    let size = |n: u64| if n.is_multiple_of(10) { 1500 } else { 1 + n % 7 };
    for n in 1..=40 {
        let ops: Vec<_> = (0..size(n)).map(|key| put(&format!("{key}"), "")).collect();
        done(store, write(ops)).await;
    }
    let mut watch = store.watch("", Revision::ZERO).await.expect("a watch");
    let batches = batches_through(&mut watch, fixture.revision(40)).await;
    assert!(batches.len() > 1, "history comes in bounded batches");
    let mut next = 1;
    for batch in &batches {
        let commits = batch.events.chunk_by(|a, b| a.revision() == b.revision());
        for commit in commits {
            assert_eq!(commit[0].revision(), fixture.revision(next));
            assert_eq!(commit.len() as u64, size(next), "commit {next} is whole");
            next += 1;
        }
        assert_eq!(batch.through, fixture.revision(next - 1));
        assert!(batch.events.len() < 1024 + 1500);
    }
}

pub(crate) async fn watch_ahead_of_the_store_is_refused(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let current = done(store, write([put("a", "")])).await;
    assert!(store.watch("", current).await.is_ok());
    let error = store
        .watch("", current.next())
        .await
        .err()
        .expect("it is ahead");
    assert!(matches!(error, Error::Future { current: at } if at == current), "{error}");
    assert!(error.is_gone());
}

pub(crate) async fn watch_before_a_compaction_is_refused(open: Open) {
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    for _ in 0..5 {
        done(store, write([put("a", "")])).await;
    }
    store
        .compact(fixture.revision(3))
        .await
        .expect("a compaction");
    let error = store
        .watch("", fixture.revision(2))
        .await
        .err()
        .expect("it is compacted");
    assert!(
        matches!(error, Error::Compacted { oldest } if oldest == fixture.revision(3)),
        "{error}"
    );
    let mut watch = store
        .watch("", fixture.revision(3))
        .await
        .expect("the oldest possible watch");
    assert_eq!(events_through(&mut watch, fixture.revision(5)).await.len(), 2);
}

pub(crate) async fn open_watch_behind_a_compaction_is_told(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let watch = store.watch("", Revision::ZERO).await.expect("a watch");
    for _ in 0..3 {
        done(store, write([put("a", "")])).await;
    }
    store.compact(Revision(2)).await.expect("a compaction");
    assert!(is_compacted(&end_of(watch).await));
}

pub(crate) async fn slow_watcher_is_told_and_fast_one_is_not(open: Open) {
    let Fixture { store, .. } = &open(Window { events: 8, ..Window::default() });
    let slow = store.watch("", Revision::ZERO).await.expect("a watch");
    let mut fast = store.watch("", Revision::ZERO).await.expect("a watch");
    for _ in 0..50 {
        let revision = done(store, write([put("a", "")])).await;
        assert_eq!(events_through(&mut fast, revision).await.len(), 1);
    }
    assert!(is_compacted(&end_of(slow).await));
}

pub(crate) async fn watch_ends_with_the_store_after_the_last_event(open: Open) {
    let fixture = open(Window::default());
    let mut watch = fixture
        .store
        .watch("", Revision::ZERO)
        .await
        .expect("a watch");
    let last = done(&fixture.store, write([put("a", "")])).await;
    drop(fixture);
    assert_eq!(next(&mut watch).await.through, last);
    assert!(watch.next().await.is_none());
}

pub(crate) async fn watch_ends_with_the_store(open: Open) {
    let fixture = open(Window::default());
    let store = &fixture.store;
    let last = done(store, write([put("a", "")])).await;
    let mut watch = store.watch("", last).await.expect("a watch");
    drop(fixture);
    assert!(watch.next().await.is_none());
}
