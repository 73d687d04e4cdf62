//! A process that is killed while it writes.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use krake_core::Revision;
use krake_server::store::{Options, Store};
use tokio::task::JoinSet;

use crate::fixture::*;

const DIRECTORY: &str = "KRAKE_STORE_TEST_DIRECTORY";
const ROUND: &str = "KRAKE_STORE_TEST_ROUND";

fn options() -> Options {
    Options { snapshot_after: 64 << 10, segment: 16 << 10, preallocate: 4096, ..Options::default() }
}

/// An answered commit, as the child prints it.
#[derive(Debug)]
struct Answered {
    key: String,
    revision: Revision,
}

impl Answered {
    fn parse(line: &str) -> Option<Self> {
        // The test runner's own words may stand before, and the last line may be cut.
        let (_, rest) = line.strip_suffix('\n')?.split_once("answered ")?;
        let (key, revision) = rest.split_once(' ')?;
        Some(Self { key: key.into(), revision: revision.parse().ok()? })
    }
}

#[tokio::test]
async fn killed_process_loses_nothing_that_was_answered() {
    if let (Ok(directory), Ok(round)) = (env::var(DIRECTORY), env::var(ROUND)) {
        return write_until_the_end(&directory, &round).await;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut answered = Vec::new();
    for round in 0..5 {
        answered.extend(write_until_killed(directory.path(), round));
        let store = open(directory.path(), options());
        for Answered { key, revision } in &answered {
            let entry = get(&store, key).await;
            let entry = entry.expect("an answered key is there");
            assert_eq!(entry.modified, *revision, "{key}");
        }
        let revision = store.revision().await.expect("a revision");
        assert!(answered.iter().all(|commit| commit.revision <= revision));
    }
}

/// Starts this program again as a writer, and kills it after some answers.
fn write_until_killed(directory: &Path, round: usize) -> Vec<Answered> {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["crash::killed_process_loses_nothing_that_was_answered", "--exact", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the writer starts");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut answered = Vec::new();
    let mut line = String::new();
    while answered.len() < 150 + 97 * round {
        line.clear();
        assert_ne!(output.read_line(&mut line).expect("text"), 0, "the writer ended by itself");
        answered.extend(Answered::parse(&line));
    }
    child.kill().expect("the writer can be killed");
    child.wait().expect("the writer ends");
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    answered.extend(rest.split_inclusive('\n').filter_map(Answered::parse));
    answered
}

/// The part of the test that runs in the process to be killed.
async fn write_until_the_end(directory: &str, round: &str) {
    let store = Arc::new(open(Path::new(directory), options()));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (store, round) = (Arc::clone(&store), round.to_owned());
        writers.spawn(async move {
            for n in 0.. {
                let key = format!("{round}/{writer}/{n}");
                let revision = done(&*store, write([put(&key, vec![b'x'; 200])])).await;
                writeln!(io::stdout(), "answered {key} {revision}").expect("somebody reads");
            }
        });
    }
    writers.join_all().await;
}
