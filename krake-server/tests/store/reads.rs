//! Ranges, pages and older states.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use krake_core::Revision;
use krake_server::store::{Error, Range, Store, Window};

use crate::fixture::*;

pub(crate) async fn prefix_is_text_and_covers_no_longer_segment(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let all = ["test", "test/", "test/a", "test/b/c", "test0", "testing/a", "tes", "u"];
    done(store, write(all.map(|key| put(key, "")))).await;
    assert_eq!(keys(store, under("test/")).await, ["test/", "test/a", "test/b/c"]);
    assert_eq!(keys(store, under("")).await.len(), all.len());
    assert!(keys(store, under("x")).await.is_empty());
}

pub(crate) async fn keys_come_in_byte_order(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let mut all = ["b", "a", "a/b", "a-b", "Z", "ä", "aa", "€"];
    done(store, write(all.map(|key| put(key, "")))).await;
    all.sort_unstable();
    assert_eq!(keys(store, under("")).await, all);
}

pub(crate) async fn pages_join_without_gap_or_overlap(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let all: Vec<_> = (0..25).map(|n| format!("k/{n:02}")).collect();
    done(store, write(all.iter().map(|key| put(key, "")).collect::<Vec<_>>())).await;
    done(store, write([put("j", ""), put("l", "")])).await;
    for limit in [1, 5, 7, 24, 25, 26] {
        assert_eq!(paged(store, limit, None).await, all, "limit {limit}");
    }
    let none = Range { limit: Some(0), ..under("k/") };
    let page = store.range(none).await.expect("an empty page");
    assert!(page.entries.is_empty() && page.more);
}

/// All keys under `k/`, page by page. The first page fixes the revision.
async fn paged(store: &dyn Store, limit: usize, mut at: Option<Revision>) -> Vec<String> {
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let range = Range { prefix: "k/".into(), after: after.clone(), limit: Some(limit), at };
        let page = store.range(range).await.expect("a page");
        assert!(page.entries.len() <= limit);
        assert!(at.is_none_or(|at| at == page.revision));
        at = Some(page.revision);
        keys.extend(page.entries.iter().map(|entry| entry.key.to_string()));
        after = keys.last().cloned();
        if !page.more {
            return keys;
        }
    }
}

pub(crate) async fn after_outside_the_prefix_is_harmless(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    done(store, write(["a", "k/1", "k/2", "z"].map(|key| put(key, "")))).await;
    let after = |key: &str| Range { after: Some(key.into()), ..under("k/") };
    assert_eq!(keys(store, after("a")).await, ["k/1", "k/2"]);
    assert_eq!(keys(store, after("k/")).await, ["k/1", "k/2"]);
    assert_eq!(keys(store, after("k/1")).await, ["k/2"]);
    assert!(keys(store, after("z")).await.is_empty());
}

pub(crate) async fn pages_stay_consistent_while_writers_go_on(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    // Every commit moves one key, so each state has exactly 20 of them.
    let initial: Vec<_> = (0..20).map(|n| put(&format!("k/{n:04}"), "")).collect();
    done(store, write(initial)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = in_thread(churn(Arc::clone(store), Arc::clone(&stop)));
    for _ in 0..20 {
        let revision = store.revision().await.expect("a revision");
        let all = paged(store, 3, None).await;
        assert_eq!(all.len(), 20, "{all:?}");
        assert_eq!(paged(store, 4, Some(revision)).await, paged(store, 7, Some(revision)).await);
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("the writer ends");
}

async fn churn(store: Arc<dyn Store>, stop: Arc<AtomicBool>) {
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        let (old, new) = (format!("k/{n:04}"), format!("k/{:04}", n + 20));
        done(&store, write([delete(&old), put(&new, "")])).await;
        n += 1;
    }
}

pub(crate) async fn every_revision_of_the_window_can_be_read(open: Open) {
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    let mut states = vec![Vec::new()];
    for n in 0..700_u32 {
        let key = format!("{}", n % 7);
        let op = if n % 5 == 4 { delete(&key) } else { put(&key, n.to_string()) };
        done(store, write([put("n", n.to_string()), op])).await;
        states.push(entries(store, under("")).await);
    }
    for (n, state) in (0..).zip(&states) {
        let revision = fixture.revision(n);
        let at = Range { at: Some(revision), ..Range::default() };
        let page = store.range(at).await.expect("an older state");
        assert_eq!(&page.entries, state, "as of {revision}");
        assert_eq!(page.revision, revision);
    }
}

pub(crate) async fn read_ahead_of_the_store_is_refused(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let current = done(store, write([put("a", "")])).await;
    let at = Range { at: Some(current.next()), ..Range::default() };
    let error = store.range(at).await.expect_err("it is ahead");
    assert!(matches!(error, Error::Future { current: at } if at == current), "{error}");
}

pub(crate) async fn compaction_ends_older_reads_and_keeps_the_rest(open: Open) {
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    for n in 0..5_u32 {
        done(store, write([put("a", n.to_string())])).await;
    }
    store
        .compact(fixture.revision(3))
        .await
        .expect("a compaction");
    store
        .compact(fixture.revision(2))
        .await
        .expect("an older compaction has no effect");
    let at = |n| store.range(Range { at: Some(fixture.revision(n)), ..Range::default() });
    let error = at(2).await.expect_err("it is compacted");
    assert!(
        matches!(error, Error::Compacted { oldest } if oldest == fixture.revision(3)),
        "{error}"
    );
    assert_eq!(at(3).await.expect("the oldest").entries[0].value, "2");
    assert_eq!(at(4).await.expect("a newer one").entries[0].value, "3");
    assert!(matches!(store.compact(fixture.revision(6)).await, Err(Error::Future { .. })));
    store
        .compact(fixture.revision(5))
        .await
        .expect("a compaction of all history");
    assert!(is_compacted(&at(4).await.expect_err("it is compacted")));
    assert_eq!(entries(store, under("")).await[0].value, "4");
}

pub(crate) async fn small_window_forgets_old_states(open: Open) {
    let Fixture { store, .. } = &open(Window { events: 10, ..Window::default() });
    for n in 0..30_u32 {
        done(store, write([put("a", n.to_string())])).await;
    }
    let at = |revision| store.range(Range { at: Some(Revision(revision)), ..Range::default() });
    assert!(is_compacted(&at(5).await.expect_err("it is out of the window")));
    assert_eq!(at(20).await.expect("it is in the window").entries[0].value, "19");
}
