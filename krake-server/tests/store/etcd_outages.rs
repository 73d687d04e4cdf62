//! Members that die, hang and come back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use krake_core::Revision;
use krake_server::store::{Commit, Error, EtcdOptions, EtcdStore, Expect, Range, Store};
use tokio::task::JoinSet;

use crate::fixture::*;
use crate::support::{Etcd, Gate, Passage};

/// Options that lose patience soon.
fn hasty(endpoints: impl IntoIterator<Item: Into<String>>) -> EtcdOptions {
    let mut options = EtcdOptions::new(endpoints);
    options.attempt_time = Duration::from_millis(300);
    options.time = Duration::from_secs(3);
    options
}

fn connect(options: &EtcdOptions) -> Arc<EtcdStore> {
    Arc::new(EtcdStore::connect(options).expect("good options"))
}

fn is_unavailable<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Unavailable(_)))
}

/// Waits until the store answers.
async fn until_there(store: &dyn Store) -> Revision {
    loop {
        match store.revision().await {
            Ok(revision) => return revision,
            Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
            Err(error) => unreachable!("it can only be unavailable: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_be_there_before_its_etcd() {
    let mut etcd = Etcd::stopped(1, &[]);
    let store = connect(&hasty(etcd.endpoints()));
    assert!(is_unavailable(&store.revision().await));
    assert!(is_unavailable(&store.range(under("")).await));
    assert!(is_unavailable(&store.commit(write([put("/a", "1")])).await));
    assert!(is_unavailable(&store.watch("", Revision::ZERO).await));
    etcd.start_all();
    assert_eq!(until_there(&*store).await, Revision(1));
    assert!(keys(&*store, under("")).await.is_empty(), "unavailable is: not written");
    done(&*store, write([put("/a", "1")])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_when_all_members_were_away() {
    let mut etcd = Etcd::start();
    let store = connect(&hasty(etcd.endpoints()));
    let before = done(&*store, write([put("/a", "1")])).await;
    let mut watch = store.watch("/", before).await.expect("a watch");
    for n in 0..3_u32 {
        etcd.kill(0);
        assert!(is_unavailable(&store.range(under("")).await));
        etcd.run(0);
        until_there(&*store).await;
        let revision = done(&*store, write([put("/a", n.to_string())])).await;
        let seen = events_through(&mut watch, revision).await;
        assert_eq!(
            seen.iter()
                .map(krake_server::store::Event::revision)
                .collect::<Vec<_>>(),
            [revision]
        );
    }
}

/// Writes keys of its own until it is told to stop; the answer is what was acknowledged.
async fn write_on(
    store: Arc<EtcdStore>,
    writer: usize,
    count: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
) -> HashMap<String, Revision> {
    let mut acknowledged = HashMap::new();
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("/{writer}/{n}");
        match store
            .commit(guarded(&key, Expect::Absent, [put(&key, "")]))
            .await
        {
            Ok(Commit::Done(revision)) => {
                acknowledged.insert(key, revision);
                count.fetch_add(1, Ordering::Relaxed);
                n += 1;
            }
            Ok(Commit::Refused { .. }) => unreachable!("`{key}` was never tried before"),
            // It was not written: the same key can be tried again.
            Err(Error::Unavailable(_)) => {}
            Err(Error::Unknown(_)) => n += 1,
            Err(error) => unreachable!("no other error: {error}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_members_cost_no_acknowledged_write_and_no_event() {
    let mut etcd = Etcd::cluster(3);
    let store = connect(&hasty(etcd.endpoints()));
    let start = store.revision().await.expect("a revision");
    let mut watch = store.watch("/", start).await.expect("a watch");
    let (count, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        writers.spawn(write_on(Arc::clone(&store), writer, Arc::clone(&count), Arc::clone(&stop)));
    }
    let more = async |wanted: usize| {
        let goal = count.load(Ordering::Relaxed) + wanted;
        while count.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    more(50).await;
    for member in [0, 1, 2] {
        etcd.kill(member);
        more(50).await;
        etcd.run(member);
        more(50).await;
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged: HashMap<_, _> = writers.join_all().await.into_iter().flatten().collect();
    let stored = entries(&*store, under("/")).await;
    let stored: HashMap<_, _> = stored
        .into_iter()
        .map(|entry| (entry.key.to_string(), entry.modified))
        .collect();
    for (key, revision) in &acknowledged {
        assert_eq!(stored.get(key), Some(revision), "{key}");
    }
    let last = done(&*store, write([put("/last", "")])).await;
    let seen = events_through(&mut watch, last).await;
    let revisions: Vec<_> = seen.iter().map(|event| event.revision().0).collect();
    assert_eq!(revisions, (start.0 + 1..=last.0).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_hangs_is_left_by_all() {
    let etcd = Etcd::cluster(3);
    let store = connect(&hasty(etcd.endpoints()));
    let before = done(&*store, write([put("/a", "1")])).await;
    let mut watch = store.watch("/", before).await.expect("a watch");
    etcd.signal(0, "STOP");
    until_there(&*store).await;
    let revision = loop {
        match store.commit(write([put("/a", "2")])).await {
            Ok(Commit::Done(revision)) => break revision,
            Ok(refused) => unreachable!("there is no guard: {refused:?}"),
            Err(error) => {
                assert!(matches!(error, Error::Unavailable(_) | Error::Unknown(_)), "{error}");
            }
        }
    };
    assert!(!events_through(&mut watch, revision).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_not_called_undone() {
    let etcd = Etcd::start();
    let gate = Gate::to(etcd.port(0)).await;
    let (store, direct) = (connect(&hasty([gate.url()])), connect(&hasty(etcd.endpoints())));
    done(&*store, write([put("/a", "1")])).await;
    for is_cut in [true, false] {
        let before = direct.revision().await.expect("a revision");
        gate.set(Passage::OneWay(etcd.port(0)));
        let mut seen = direct.watch("/", before).await.expect("a watch");
        let (answer, ()) = tokio::join!(store.commit(write([put("/a", "2")])), async {
            assert_eq!(next(&mut seen).await.through, before.next());
            if is_cut {
                gate.cut(Passage::Open(etcd.port(0)));
            }
        });
        let error = answer.expect_err("the answer is lost");
        assert!(matches!(error, Error::Unknown(_)), "{error}");
        gate.cut(Passage::Open(etcd.port(0)));
        assert_eq!(until_there(&*store).await, before.next(), "it was not sent twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_was_away_during_a_compaction_is_told() {
    let etcd = Etcd::start();
    let gate = Gate::to(etcd.port(0)).await;
    let (store, direct) = (connect(&hasty([gate.url()])), connect(&hasty(etcd.endpoints())));
    let before = done(&*direct, write([put("/a", "1")])).await;
    let mut resumed = store.watch("/", before).await.expect("a watch");
    let compacted = store.watch("/", before).await.expect("another watch");
    gate.set(Passage::Closed);
    let second = done(&*direct, write([put("/a", "2")])).await;
    direct
        .compact(before)
        .await
        .expect("a compaction of what is known");
    gate.set(Passage::Open(etcd.port(0)));
    assert_eq!(events_through(&mut resumed, second).await.len(), 1);
    gate.set(Passage::Closed);
    done(&*direct, write([delete("/a")])).await;
    let last = done(&*direct, write([put("/b", "")])).await;
    direct.compact(last).await.expect("a compaction");
    gate.set(Passage::Open(etcd.port(0)));
    let error = end_of(compacted).await;
    assert!(matches!(error, Error::Compacted { oldest } if oldest == last), "{error}");
    assert!(is_compacted(&end_of(resumed).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_is_told_when_the_store_has_gone_back_in_time() {
    let (newer, older) = (Etcd::start(), Etcd::start());
    let gate = Gate::to(newer.port(0)).await;
    let store = connect(&hasty([gate.url()]));
    for n in 0..5_u32 {
        done(&*store, write([put("/a", n.to_string())])).await;
    }
    let revision = store.revision().await.expect("a revision");
    let watch = store.watch("/", revision).await.expect("a watch");
    gate.cut(Passage::Open(older.port(0)));
    let error = end_of(watch).await;
    assert!(matches!(error, Error::Future { current: Revision(1) }), "{error}");
    assert!(error.is_gone());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_less_than_was_written_before_they_asked() {
    let etcd = Etcd::cluster(3);
    let writer = connect(&hasty(etcd.endpoints()));
    let mut others: Vec<String> = etcd.endpoints();
    others.rotate_left(1);
    let reader = connect(&hasty(others));
    let newest = Arc::new(Mutex::new(Revision::ZERO));
    let mut readers = JoinSet::new();
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..8 {
        let (reader, newest, stop) = (Arc::clone(&reader), Arc::clone(&newest), Arc::clone(&stop));
        readers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let wanted = *newest.lock().expect("nobody panics");
                let revision = reader.revision().await.expect("a revision");
                assert!(revision >= wanted, "{revision} is older than {wanted}");
            }
        });
    }
    for n in 0..200_u32 {
        let revision = done(&*writer, write([put("/a", n.to_string())])).await;
        *newest.lock().expect("nobody panics") = revision;
        let page = reader.range(Range::default()).await.expect("a page");
        assert!(page.revision >= revision);
    }
    stop.store(true, Ordering::Relaxed);
    readers.join_all().await;
}
