//! What the store does when the disk fails it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use krake_core::Revision;

use super::simulated::{Disk, Random};
use super::{EmbeddedStore, Options};
use crate::store::{Commit, Error, Op, Range, Store, Transaction};

fn options() -> Options {
    Options { snapshot_after: 1500, segment: 600, preallocate: 256, ..Options::default() }
}

fn open(disk: &Disk) -> Result<EmbeddedStore, Error> {
    EmbeddedStore::start(Arc::new(disk.clone()), options())
}

fn put(key: &str, value: Vec<u8>) -> Transaction {
    let op = Op::Put { key: key.into(), value: value.into() };
    Transaction { guards: Vec::new(), ops: vec![op] }
}

async fn content(store: &EmbeddedStore) -> BTreeMap<String, Bytes> {
    let page = store.range(Range::default()).await.expect("a page");
    page.entries
        .into_iter()
        .map(|entry| (entry.key.to_string(), entry.value))
        .collect()
}

/// The transactions that a store took, in order: the n-th made revision n.
#[derive(Debug, Default)]
struct Model(Vec<Transaction>);

impl Model {
    /// Some random transactions that all have an effect.
    fn more(&self, count: u64, random: &mut Random) -> Vec<Transaction> {
        let start = self.0.len() as u64;
        let transaction = |n: u64| {
            let value = n.to_string().into_bytes();
            let padding = vec![b'.'; usize::try_from(random.below(150)).expect("small")];
            let key = format!("k{}", random.below(6));
            let mut transaction = put(&key, [value.clone(), padding].concat());
            transaction
                .ops
                .push(Op::Put { key: "n".into(), value: value.into() });
            if random.below(4) == 0 {
                transaction.ops[0] = Op::Delete { key };
            }
            transaction
        };
        (start..start + count).map(transaction).collect()
    }

    fn content(&self) -> BTreeMap<String, Bytes> {
        let mut content = BTreeMap::new();
        for op in self.0.iter().flat_map(|transaction| &transaction.ops) {
            match op {
                Op::Put { key, value } => content.insert(key.clone(), value.clone()),
                Op::Delete { key } => content.remove(key),
            };
        }
        content
    }
}

/// Commits in small groups until the power fails; answers how many transactions were answered as done.
async fn write_until_power_fails(disk: &Disk, model: &mut Model, random: &mut Random) -> usize {
    let mut answered = model.0.len();
    let Ok(store) = open(disk) else {
        return answered;
    };
    for _ in 0..40 {
        let group = model.more(1 + random.below(3), random);
        let answers = join_all(group.iter().cloned().map(|one| store.commit(one))).await;
        model.0.extend(group);
        for answer in answers {
            match answer {
                Ok(Commit::Done(revision)) => {
                    answered += 1;
                    assert_eq!(revision, Revision(answered as u64));
                }
                Ok(refused) => unreachable!("nothing is guarded: {refused:?}"),
                Err(_) => return answered,
            }
        }
    }
    answered
}

/// Four lives that end in the middle of something: after each one, all that was answered or could be read is there, and what is
/// there is a prefix of what was asked.
async fn live_and_die(seed: u64) {
    let mut random = Random(seed);
    let (mut disk, mut model) = (Disk::default(), Model::default());
    for life in 0..4 {
        // Often soon: what a start leaves undone shows when the next end comes early.
        let operations = 1 + random.below(120);
        disk.fail_power_after(random.below(operations));
        let answered = write_until_power_fails(&disk, &mut model, &mut random).await;
        disk = if random.below(3) == 0 {
            disk.after_process_death()
        } else {
            disk.after_power_failure(&mut random)
        };
        let store = open(&disk).unwrap_or_else(|error| unreachable!("seed {seed}: {error}"));
        let revision = store.revision().await.expect("a revision").0;
        let kept = usize::try_from(revision).expect("small");
        assert!(kept >= answered, "seed {seed}, life {life}: {answered} answered, {kept} kept");
        assert!(kept <= model.0.len(), "seed {seed}, life {life}");
        model.0.truncate(kept);
        assert_eq!(content(&store).await, model.content(), "seed {seed}, life {life}");
    }
}

#[tokio::test]
async fn no_death_loses_what_was_answered_or_read() {
    for seed in 0..400 {
        live_and_die(seed).await;
    }
}

#[tokio::test]
async fn full_disk_refuses_writes_and_takes_them_again_when_there_is_room() {
    let disk = Disk::default();
    let store = open(&disk).expect("a store");
    store
        .commit(put("a", vec![1; 100]))
        .await
        .expect("there is room");
    disk.set_room(Some(disk.used() + 300));
    let before = content(&store).await;
    let error = store
        .commit(put("b", vec![2; 1000]))
        .await
        .expect_err("there is no room");
    assert!(matches!(&error, Error::Full { subject } if subject.contains("log-")), "{error}");
    assert_eq!(content(&store).await, before);
    let small = store
        .commit(put("c", vec![3; 200]))
        .await
        .expect("there is room for less");
    assert_eq!(small, Commit::Done(Revision(2)));
    disk.set_room(None);
    store
        .commit(put("b", vec![2; 1000]))
        .await
        .expect("there is room again");
    let before = content(&store).await;
    store.close().await.expect("the store is well");
    let store = open(&disk.after_power_failure(&mut Random(1))).expect("it opens");
    assert_eq!(content(&store).await, before);
    assert_eq!(before.len(), 3);
}

#[tokio::test]
async fn full_disk_stops_no_store_that_wants_to_write_a_snapshot() {
    let disk = Disk::default();
    let store = open(&disk).expect("a store");
    store
        .commit(put("large", vec![0; 1400]))
        .await
        .expect("there is room");
    // Answered after the new log that the first one led to.
    store
        .commit(Transaction::default())
        .await
        .expect("nothing to write");
    // The next snapshot will not fit, but some commits do.
    disk.set_room(Some(disk.used() + 200));
    let mut taken = 0;
    while store.commit(put("n", vec![b'n'; 10])).await.is_ok() {
        taken += 1;
    }
    assert!(taken > 0);
    disk.set_room(None);
    let (mut written, mut most) = (0, 0);
    while disk.used() >= most {
        most = disk.used();
        store
            .commit(put("n", vec![b'n'; 60]))
            .await
            .expect("there is room again");
        written += 1;
        assert!(written < 100_000, "no snapshot has made older files superfluous");
    }
    store.close().await.expect("the store is well");
    let store = open(&disk).expect("it opens");
    assert_eq!(store.revision().await.expect("a revision"), Revision(1 + taken + written));
}

#[tokio::test]
async fn failed_sync_ends_writes_and_leaves_reads() {
    let disk = Disk::default();
    let store = open(&disk).expect("a store");
    store
        .commit(put("a", vec![1]))
        .await
        .expect("the disk is well");
    let before = content(&store).await;
    disk.fail_next_sync();
    for key in ["b", "c"] {
        let error = store
            .commit(put(key, vec![2]))
            .await
            .expect_err("the disk has failed");
        assert!(matches!(&error, Error::Io { subject, .. } if subject.contains("log-")), "{error}");
    }
    assert_eq!(content(&store).await, before, "what may not be durable is not visible");
    assert!(matches!(store.close().await, Err(Error::Io { .. })));
    drop(store);
    for seed in 0..20 {
        let store = open(&disk.after_power_failure(&mut Random(seed))).expect("it opens");
        assert_eq!(content(&store).await.get("a"), before.get("a"));
    }
}
