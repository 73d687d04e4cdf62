//! Snapshots that are written beside the commits.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::directory::{Directory, failed};
use super::name::Inventory;
use super::snapshot_file;
use crate::store::Error;
use crate::store::mvcc::Snapshot;

/// Writes one snapshot at a time, on a thread of its own: commits go on meanwhile.
#[derive(Debug)]
pub(super) struct Checkpoints {
    directory: Arc<dyn Directory>,
    running: Option<JoinHandle<Result<(), Error>>>,
}

impl Checkpoints {
    /// Nothing runs yet.
    pub(super) fn new(directory: &Arc<dyn Directory>) -> Self {
        Self { directory: Arc::clone(directory), running: None }
    }

    /// Whether the last snapshot is still being written.
    pub(super) fn is_running(&mut self) -> bool {
        if self.running.as_ref().is_some_and(JoinHandle::is_finished) {
            self.finish();
        }
        self.running.is_some()
    }

    /// Begins to write a snapshot; afterwards the files before it are removed. There must be a durable log that starts with its
    /// revision, or the store could not be opened after a crash.
    ///
    /// A snapshot that fails changes nothing: the logs still hold everything.
    pub(super) fn start(&mut self, snapshot: Snapshot) -> io::Result<()> {
        let directory = Arc::clone(&self.directory);
        let thread = thread::Builder::new().name("krake-snapshot".into());
        let run = move || {
            snapshot_file::write(&*directory, &snapshot)?;
            remove_obsolete(&*directory, &snapshot)
        };
        self.running = Some(thread.spawn(run)?);
        Ok(())
    }

    /// Waits for the last snapshot.
    pub(super) fn finish(&mut self) {
        match self.running.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => {
                tracing::warn!(%error, "could not replace old logs by a snapshot, they are kept");
            }
            Some(Err(_)) => tracing::error!("writing a snapshot panicked, old logs are kept"),
        }
    }
}

fn remove_obsolete(directory: &dyn Directory, snapshot: &Snapshot) -> Result<(), Error> {
    let names = directory
        .list()
        .map_err(|error| failed(directory, "", error))?;
    for name in Inventory::of(names).obsolete(snapshot.revision()) {
        directory
            .remove(&name)
            .map_err(|error| failed(directory, &name, error))?;
    }
    Ok(())
}
