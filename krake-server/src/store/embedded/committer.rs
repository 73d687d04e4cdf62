//! The thread through which all writes go.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Options;
use super::checkpoint::Checkpoints;
use super::codec::encode_commit;
use super::directory::{Directory, failed};
use super::frame::begin;
use super::log::Log;
use crate::store::mvcc::{Committed, Publisher, Snapshot, transact};
use crate::store::{Commit, Error, Transaction};

/// A batch takes in transactions until its frame has this many bytes.
const BATCH_BYTES: usize = 4 << 20;

/// What the thread is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// Write, if the guards hold.
    Commit { transaction: Transaction, answer: oneshot::Sender<Result<Commit, Error>> },
    /// Finish what was asked before, then end. Answers the error that the store failed with, if it did.
    Close { done: oneshot::Sender<Result<(), Error>> },
}

/// Group commit: everything that waits is decided in order, written as one frame, made durable by one sync, published, answered.
#[derive(Debug)]
pub(super) struct Committer {
    requests: mpsc::Receiver<Request>,
    directory: Arc<dyn Directory>,
    publisher: Publisher,
    log: Log,
    /// Bytes of all logs since the newest snapshot.
    logged: u64,
    /// The log is followed by a new one when it has this many bytes.
    roll_at: u64,
    checkpoints: Checkpoints,
    options: Options,
    failure: Option<Error>,
    frame: Vec<u8>,
}

impl Committer {
    /// A committer for a store as it was left.
    pub(super) fn new(
        requests: mpsc::Receiver<Request>,
        directory: Arc<dyn Directory>,
        publisher: Publisher,
        (log, logged): (Log, u64),
        options: Options,
    ) -> Self {
        Self {
            requests,
            publisher,
            log,
            logged,
            roll_at: options.segment,
            checkpoints: Checkpoints::new(&directory),
            directory,
            options,
            failure: None,
            frame: Vec::new(),
        }
    }

    /// Works until the store is closed or dropped, and everything asked before is answered.
    pub(super) fn run(mut self) {
        let mut closing = Vec::new();
        let mut received = Vec::new();
        while self
            .requests
            .blocking_recv_many(&mut received, self.options.queue.max(1))
            > 0
        {
            let mut waiting: VecDeque<_> = received.drain(..).collect();
            while !waiting.is_empty() {
                let mut batch = Batch::new(self.publisher.current(), mem::take(&mut self.frame));
                while !batch.is_full()
                    && let Some(request) = waiting.pop_front()
                {
                    match request {
                        Request::Commit { transaction, answer } => batch.add(transaction, answer),
                        Request::Close { done } => {
                            self.requests.close();
                            closing.push(done);
                        }
                    }
                }
                self.settle(batch);
                self.maintain();
            }
        }
        self.checkpoints.finish();
        let outcome = self.failure.take().map_or(Ok(()), Err);
        // Ends the watches and unlocks the directory, before anybody hears that the store is closed.
        drop(self);
        for done in closing {
            let _gone = done.send(outcome.clone());
        }
    }

    fn settle(&mut self, mut batch: Batch) {
        let outcome = self.write(&mut batch);
        if outcome.is_ok() && !batch.commits.is_empty() {
            self.publisher.publish(batch.commits, batch.state);
        }
        for (answer, commit) in batch.answers {
            // Whoever asked may be gone; the commit stands.
            let _gone = answer.send(outcome.clone().map(|()| commit));
        }
        self.frame = batch.frame;
    }

    fn write(&mut self, batch: &mut Batch) -> Result<(), Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let Some(first) = batch.commits.first() else {
            return Ok(());
        };
        let before = self.log.end();
        let written = self.log.append(first.revision, &mut batch.frame);
        if let Err(error @ Error::Io { .. }) = &written {
            self.fail(error.clone());
        }
        self.logged += self.log.end() - before;
        written
    }

    /// Begins a new log or a snapshot when it is time.
    fn maintain(&mut self) {
        if self.failure.is_some() || self.log.is_empty() {
            return;
        }
        let due = self.logged >= self.options.snapshot_after
            && self.logged >= 2 * self.publisher.current().bytes();
        if due && !self.checkpoints.is_running() {
            self.checkpoint();
        } else if self.log.end() >= self.roll_at {
            self.roll();
        }
    }

    fn checkpoint(&mut self) {
        if !self.roll() {
            return;
        }
        // Also when it fails: it is tried again when the log has grown as much again.
        self.logged = 0;
        if let Err(error) = self.checkpoints.start(self.publisher.current()) {
            tracing::warn!(%error, "could not start to write a snapshot");
        }
    }

    /// Replaces the log by a new one; answers whether it did.
    fn roll(&mut self) -> bool {
        let base = self.publisher.current().revision();
        let log = match Log::create(&self.directory, base, self.options.preallocate) {
            Ok(log) => log,
            Err(error) => {
                tracing::warn!(%error, "could not begin a new log, the old one is kept");
                self.roll_at = self.log.end() + self.options.segment;
                self.logged = 0;
                return false;
            }
        };
        // With the name of the new log in doubt, commits may go to neither.
        if let Err(error) = self.directory.sync() {
            self.fail(failed(&*self.directory, "", error));
            return false;
        }
        self.log = log;
        self.roll_at = self.options.segment;
        true
    }

    fn fail(&mut self, failure: Error) {
        tracing::error!(error = %failure, "the store takes no more writes until it is opened again");
        self.failure = Some(failure);
    }
}

/// Transactions that become durable together. Each is decided on the state that the ones before it lead to.
#[derive(Debug)]
struct Batch {
    state: Snapshot,
    commits: Vec<Committed>,
    answers: Vec<(oneshot::Sender<Result<Commit, Error>>, Commit)>,
    frame: Vec<u8>,
}

impl Batch {
    fn new(state: Snapshot, mut frame: Vec<u8>) -> Self {
        begin(&mut frame);
        Self { state, commits: Vec::new(), answers: Vec::new(), frame }
    }

    fn is_full(&self) -> bool {
        self.frame.len() >= BATCH_BYTES
    }

    fn add(&mut self, transaction: Transaction, answer: oneshot::Sender<Result<Commit, Error>>) {
        match transact(&mut self.state, transaction) {
            Ok((commit, committed)) => {
                if let Some(committed) = committed {
                    encode_commit(&mut self.frame, &committed);
                    self.commits.push(committed);
                }
                // Also a refusal waits for the sync: it may rest on a commit of this batch.
                self.answers.push((answer, commit));
            }
            Err(error) => {
                let _gone = answer.send(Err(error));
            }
        }
    }
}
