//! From the files of a directory to the state they describe.

use std::sync::Arc;

use krake_core::Revision;

use super::Options;
use super::codec::Decoder;
use super::directory::{Directory, failed};
use super::frame::{Frame, HEADER, Header, Magic, frame_at, later_frame};
use super::log::{Log, Tail};
use super::name::{self, Inventory};
use super::snapshot_file::{self, bad_header};
use crate::store::Error;
use crate::store::mvcc::{Committed, Publisher, Reader, Snapshot, apply};

/// A store as it was left.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) publisher: Publisher,
    pub(super) reader: Reader,
    /// The newest log, ready to be appended to.
    pub(super) log: Log,
    /// Bytes of all logs since the newest snapshot.
    pub(super) logged: u64,
}

/// Reads the newest snapshot and the logs after it; begins a store where there is none.
pub(super) fn recover(
    directory: &Arc<dyn Directory>,
    options: &Options,
) -> Result<Recovered, Error> {
    let whole = |error| failed(&**directory, "", error);
    // What is seen now may rest on renames that were never made durable, and files are removed below because of it.
    directory.sync().map_err(whole)?;
    let inventory = Inventory::of(directory.list().map_err(whole)?);
    remove(&**directory, &inventory.temporary)?;
    let Some(&revision) = inventory.snapshots.last() else {
        return found(directory, &inventory, options);
    };
    let snapshot = snapshot_file::read(&**directory, revision)?;
    let (publisher, reader) = Publisher::new(snapshot, options.window);
    let (log, logged) = replay_logs(directory, &inventory, &publisher, revision)?;
    remove(&**directory, &inventory.obsolete(revision))?;
    let log = log.with_preallocate(options.preallocate);
    Ok(Recovered { publisher, reader, log, logged })
}

fn remove(directory: &dyn Directory, names: &[String]) -> Result<(), Error> {
    names.iter().try_for_each(|name| {
        directory
            .remove(name)
            .map_err(|error| failed(directory, name, error))
    })
}

/// Begins a new store. The snapshot comes last: with it, the directory holds a store.
fn found(
    directory: &Arc<dyn Directory>,
    inventory: &Inventory,
    options: &Options,
) -> Result<Recovered, Error> {
    for base in &inventory.logs {
        let log = LogFile::read(&**directory, *base)?;
        if log.bytes.iter().skip(HEADER).any(|byte| *byte != 0) {
            return Err(log.corrupt(&**directory, 0, "commits without the snapshot they follow"));
        }
        remove(&**directory, &[name::log(*base)])?;
    }
    let start = Snapshot::empty(options.start);
    let log = Log::create(directory, options.start, options.preallocate)?;
    directory
        .sync()
        .map_err(|error| failed(&**directory, "", error))?;
    snapshot_file::write(&**directory, &start)?;
    let (publisher, reader) = Publisher::new(start, options.window);
    Ok(Recovered { publisher, reader, log, logged: 0 })
}

fn replay_logs(
    directory: &Arc<dyn Directory>,
    inventory: &Inventory,
    publisher: &Publisher,
    snapshot: Revision,
) -> Result<(Log, u64), Error> {
    let mut logged = 0;
    let mut logs = inventory.logs.range(snapshot..).peekable();
    while let Some(&base) = logs.next() {
        let current = publisher.current().revision();
        if base != current {
            return Err(missing(&**directory, current));
        }
        let log = LogFile::read(&**directory, base)?;
        if logs.peek().is_none() {
            let log = log.replay_last(directory, publisher)?;
            let logged = logged + log.end();
            return Ok((log, logged));
        }
        logged += log.replay_sealed(&**directory, publisher)?;
    }
    Err(missing(&**directory, publisher.current().revision()))
}

fn missing(directory: &dyn Directory, base: Revision) -> Error {
    let detail = format!("there is no log of the commits after revision {base}");
    Error::Corrupt { subject: directory.subject(&name::log(base)), detail }
}

/// A log in memory.
struct LogFile {
    base: Revision,
    bytes: Vec<u8>,
}

impl LogFile {
    fn read(directory: &dyn Directory, base: Revision) -> Result<Self, Error> {
        let name = name::log(base);
        let mut bytes = Vec::new();
        let read = directory
            .read(&name)
            .and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|error| failed(directory, &name, error))?;
        Ok(Self { base, bytes })
    }

    /// Replays a log that another one follows: it must be whole.
    fn replay_sealed(
        &self,
        directory: &dyn Directory,
        publisher: &Publisher,
    ) -> Result<u64, Error> {
        let header = self.header(directory)?;
        let end = self.replay(directory, header.salt, publisher)?;
        if !self.is_zero_after(end) {
            return Err(self.corrupt(directory, end, "bad frame"));
        }
        Ok(end as u64)
    }

    /// Replays the newest log. Its last frame may not have been completed, and was then never answered: it is cut off.
    fn replay_last(
        &self,
        directory: &Arc<dyn Directory>,
        publisher: &Publisher,
    ) -> Result<Log, Error> {
        if self.bytes.len() < HEADER {
            let log = Log::create(directory, self.base, 0)?;
            directory
                .sync()
                .map_err(|error| failed(&**directory, "", error))?;
            return Ok(log);
        }
        let salt = self.header(&**directory)?.salt;
        let end = self.replay(&**directory, salt, publisher)?;
        let mut tail = Tail::Zero { length: self.bytes.len() };
        if !self.is_zero_after(end) {
            self.check_torn(&**directory, salt, end, publisher.current().revision())?;
            tail = Tail::Torn;
            tracing::warn!(
                file = directory.subject(&name::log(self.base)),
                offset = end,
                "cut off a write that was never completed"
            );
        }
        Log::resume(directory, self.base, salt, end, tail)
    }

    /// A frame is written only after the one before it is durable. So if a whole one follows the bad one, the bad one was
    /// durable, and perhaps answered, before it was damaged.
    fn check_torn(
        &self,
        directory: &dyn Directory,
        salt: u64,
        end: usize,
        current: Revision,
    ) -> Result<(), Error> {
        match later_frame(&self.bytes, end, salt, current.next().0) {
            None => Ok(()),
            Some(later) => {
                let what = format!("bad frame before the whole one at offset {later},");
                Err(self.corrupt(directory, end, &what))
            }
        }
    }

    /// Publishes the commits of all frames up to the first bad one; answers where that is.
    fn replay(
        &self,
        directory: &dyn Directory,
        salt: u64,
        publisher: &Publisher,
    ) -> Result<usize, Error> {
        let mut offset = HEADER;
        let mut state = publisher.current();
        while let Some(frame) = frame_at(&self.bytes, offset, salt) {
            let commits = replay_frame(&frame, &mut state)
                .ok_or_else(|| self.corrupt(directory, offset, "whole frame with bad content"))?;
            publisher.publish(commits, state.clone());
            offset = frame.end;
        }
        Ok(offset)
    }

    fn header(&self, directory: &dyn Directory) -> Result<Header, Error> {
        let name = name::log(self.base);
        let header = Header::decode(&self.bytes, Magic::Log)
            .map_err(|bad| bad_header(directory, &name, bad))?;
        if header.base != self.base.0 {
            return Err(self.corrupt(directory, 0, "base that is not the one of the file's name"));
        }
        Ok(header)
    }

    fn is_zero_after(&self, end: usize) -> bool {
        self.bytes.iter().skip(end).all(|byte| *byte == 0)
    }

    fn corrupt(&self, directory: &dyn Directory, offset: usize, what: &str) -> Error {
        Error::Corrupt {
            subject: directory.subject(&name::log(self.base)),
            detail: format!("{what} at offset {offset}"),
        }
    }
}

/// The commits of a frame, applied to the state; `None` if they do not follow it.
fn replay_frame(frame: &Frame<'_>, state: &mut Snapshot) -> Option<Vec<Committed>> {
    if frame.number != state.revision().next().0 {
        return None;
    }
    let mut commits = Vec::new();
    let mut decoder = Decoder::new(frame.payload);
    while !decoder.is_empty() {
        commits.push(apply(state, decoder.commit()?)?);
    }
    Some(commits)
}
