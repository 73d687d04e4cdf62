//! Files that are cut short or changed: a store opens with all that was answered, or says what is wrong.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use krake_core::Revision;
use krake_server::store::{EmbeddedStore, Entry, Error, Options, Store};
use tempfile::TempDir;

use crate::fixture::*;

const COMMITS: u64 = 8;

/// A closed store with one log, and all its states.
struct Left {
    directory: TempDir,
    log: PathBuf,
    snapshot: PathBuf,
    /// Where the frame of each commit ends, before it the header.
    ends: Vec<u64>,
    states: Vec<Vec<Entry>>,
}

fn plain() -> Options {
    Options { preallocate: 0, ..Options::default() }
}

async fn left() -> Left {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let log = directory.path().join("log-00000000000000000000");
    let snapshot = directory.path().join("snapshot-00000000000000000000");
    let store = open(directory.path(), plain());
    let (mut ends, mut states) = (vec![length(&log)], vec![Vec::new()]);
    for n in 1..=COMMITS {
        let value = vec![b'v'; usize::try_from(n * 3).expect("a small number")];
        done(
            &store,
            write([put(&format!("{}", n % 3), value), delete(&format!("{}", (n + 1) % 3))]),
        )
        .await;
        ends.push(length(&log));
        states.push(entries(&store, under("")).await);
    }
    Left { directory, log, snapshot, ends, states }
}

fn length(path: &Path) -> u64 {
    path.metadata().expect("the file exists").len()
}

impl Left {
    /// How many whole commits the first `length` bytes of the log hold.
    fn whole(&self, length: u64) -> u64 {
        self.ends
            .iter()
            .skip(1)
            .filter(|end| **end <= length)
            .count() as u64
    }

    fn open(&self) -> Result<EmbeddedStore, Error> {
        EmbeddedStore::open(self.directory.path(), plain())
    }

    async fn assert_prefix(&self, store: &EmbeddedStore) -> u64 {
        let revision = store.revision().await.expect("a revision").0;
        let index = usize::try_from(revision).expect("a short history");
        assert_eq!(entries(store, under("")).await, self.states[index]);
        revision
    }
}

#[tokio::test]
async fn log_cut_at_any_byte_opens_with_every_whole_commit() {
    let left = left().await;
    let bytes = fs::read(&left.log).expect("the log");
    for cut in 0..=bytes.len() {
        fs::write(&left.log, &bytes[..cut]).expect("a shorter log");
        let store = left.open().expect("a torn tail is cut off");
        let revision = left.assert_prefix(&store).await;
        let whole = left.whole(cut as u64);
        // One more when only its padding is missing.
        assert!(revision == whole || revision == whole + 1, "{revision} after {cut} bytes");
        let padding = u64::from(revision > whole) * 7;
        assert_eq!(left.whole(cut as u64 + padding), revision, "after {cut} bytes");
        if cut % 16 == 3 {
            assert_goes_on(&left, store, revision).await;
        }
    }
}

/// After the cut the store takes writes, and they are there the next time.
async fn assert_goes_on(left: &Left, store: EmbeddedStore, revision: u64) {
    assert_eq!(done(&store, write([put("new", "")])).await, Revision(revision + 1));
    drop(store);
    let store = left.open().expect("the store opens again");
    assert_eq!(store.revision().await.expect("a revision"), Revision(revision + 1));
    assert!(get(&store, "new").await.is_some());
}

#[tokio::test]
async fn garbage_behind_the_last_commit_is_cut_off() {
    let left = left().await;
    let bytes = fs::read(&left.log).expect("the log");
    let zeros = vec![0; 5000];
    let mut gap = zeros.clone();
    gap[4000..4100].fill(7);
    // A frame of an earlier time or of another place: whole, but not of this file.
    let other = self::left().await;
    let foreign = fs::read(&other.log).expect("a log")[40..].to_vec();
    for tail in [zeros, gap, vec![0xff; 100], foreign] {
        fs::write(&left.log, [&bytes[..], &tail].concat()).expect("a longer log");
        let store = left.open().expect("a torn tail is cut off");
        assert_eq!(left.assert_prefix(&store).await, COMMITS);
        drop(store);
        assert_eq!(left.assert_prefix(&left.open().expect("it opens")).await, COMMITS);
    }
}

#[tokio::test]
async fn flipped_bit_never_loses_a_commit_that_others_follow() {
    let left = left().await;
    let bytes = fs::read(&left.log).expect("the log");
    let last = usize::try_from(left.ends[usize::try_from(COMMITS - 1).expect("small")]);
    let last = last.expect("small");
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&left.log, &flipped).expect("a damaged log");
        match left.open() {
            // Padding, or the last commit: that one cannot be told from one that was never completed.
            Ok(store) => {
                let revision = left.assert_prefix(&store).await;
                let kept = if at < last { COMMITS } else { COMMITS - 1 };
                assert!(revision >= kept, "{revision} with a flip at {at}");
            }
            Err(error) => {
                assert!(at < last, "{error} with a flip at {at}");
                assert_names(&error, &left.log);
            }
        }
    }
}

#[tokio::test]
async fn commits_that_vanished_from_the_middle_are_damage() {
    let left = left().await;
    let mut bytes = fs::read(&left.log).expect("the log");
    let [start, end] = [left.ends[2], left.ends[4]].map(|end| usize::try_from(end).expect("small"));
    bytes[start..end].fill(0);
    fs::write(&left.log, &bytes).expect("a damaged log");
    let error = left.open().expect_err("commits are missing");
    assert_names(&error, &left.log);
    assert!(error.to_string().contains(&format!("at offset {start}")), "{error}");
    assert_eq!(fs::read(&left.log).expect("the log"), bytes, "a damaged log is left as it is");
}

fn assert_names(error: &Error, file: &Path) {
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(file.to_str().expect("a name")) && text.contains("offset"), "{text}");
}

#[tokio::test]
async fn damaged_snapshot_is_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let options = || Options { snapshot_after: 1, ..plain() };
    let store = open(directory.path(), options());
    done(&store, write([put("a", "1"), put("b", "2")])).await;
    store.close().await.expect("the store closes");
    let snapshot = directory.path().join("snapshot-00000000000000000001");
    let bytes = fs::read(&snapshot).expect("a snapshot was written");
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&snapshot, &flipped).expect("a damaged snapshot");
        match EmbeddedStore::open(directory.path(), options()) {
            Ok(store) => assert_eq!(keys(&store, under("")).await, ["a", "b"], "flip at {at}"),
            Err(error) => assert_names(&error, &snapshot),
        }
    }
    for cut in 0..bytes.len() {
        fs::write(&snapshot, &bytes[..cut]).expect("a shorter snapshot");
        let error = EmbeddedStore::open(directory.path(), options()).expect_err("it is cut");
        assert_names(&error, &snapshot);
    }
}

/// The paths of all logs, oldest first.
fn logs(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).expect("a directory");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.to_string_lossy().contains("/log-"));
    paths.sort_unstable();
    paths
}

async fn with_several_logs() -> (TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), several_logs());
    for n in 0..30_u32 {
        done(&store, write([put("a", vec![b'x'; 100]), put("n", n.to_string())])).await;
    }
    drop(store);
    let logs = logs(directory.path());
    assert!(logs.len() > 3, "{logs:?}");
    (directory, logs)
}

fn several_logs() -> Options {
    Options { snapshot_after: u64::MAX, segment: 500, ..plain() }
}

#[tokio::test]
async fn only_the_newest_log_may_be_torn() {
    let (directory, logs) = with_several_logs().await;
    assert_eq!(
        open(directory.path(), several_logs())
            .revision()
            .await
            .expect("a revision"),
        Revision(30)
    );
    for log in &logs[..logs.len() - 1] {
        let bytes = fs::read(log).expect("a log");
        for cut in [bytes.len() - 1 - 8, bytes.len() / 2, 40, 10] {
            let file = OpenOptions::new().write(true).open(log).expect("a log");
            file.set_len(cut as u64).expect("a shorter log");
            let error = EmbeddedStore::open(directory.path(), several_logs());
            let error = error.expect_err("commits are missing");
            assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        }
        fs::write(log, bytes).expect("the log as it was");
    }
    open(directory.path(), several_logs());
}

#[tokio::test]
async fn missing_file_is_told() {
    let (directory, logs) = with_several_logs().await;
    for log in &logs[..logs.len() - 1] {
        let bytes = fs::read(log).expect("a log");
        fs::remove_file(log).expect("a log less");
        let error = EmbeddedStore::open(directory.path(), several_logs());
        let error = error.expect_err("a log is missing");
        assert!(error.to_string().contains(log.to_str().expect("a name")), "{error}");
        fs::write(log, bytes).expect("the log as it was");
    }
    let left = left().await;
    fs::remove_file(&left.snapshot).expect("no snapshot");
    let error = left.open().expect_err("commits without their snapshot");
    assert!(error.to_string().contains("without the snapshot"), "{error}");
}
