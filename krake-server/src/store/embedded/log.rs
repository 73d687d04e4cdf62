//! The log file that commits are appended to.

use std::io;
use std::sync::Arc;

use krake_core::Revision;
use uuid::Uuid;

use super::directory::{DataFile, Directory, failed};
use super::frame::{HEADER, Header, Magic, seal};
use super::name;
use crate::store::Error;

/// An open log. Everything before `end` is durable.
#[derive(Debug)]
pub(super) struct Log {
    directory: Arc<dyn Directory>,
    name: String,
    file: Box<dyn DataFile>,
    salt: u64,
    end: u64,
    allocated: u64,
    preallocate: u64,
}

impl Log {
    /// Creates the log of the commits after `base`. Its name is durable when the directory has been synced.
    ///
    /// After an error nothing of it is left.
    pub(super) fn create(
        directory: &Arc<dyn Directory>,
        base: Revision,
        preallocate: u64,
    ) -> Result<Self, Error> {
        let name = name::log(base);
        let temporary = name::temporary(&name);
        let salt = Uuid::new_v4().as_u64_pair().0;
        let write = || {
            let mut file = directory.create(&temporary)?;
            file.write_at(0, &Header { salt, base: base.0 }.encode(Magic::Log))?;
            file.sync()?;
            directory.rename(&temporary, &name)?;
            Ok(file)
        };
        let file = write().map_err(|error| {
            discard(&**directory, &temporary);
            classify(&**directory, &name, error)
        })?;
        let (end, directory) = (HEADER as u64, Arc::clone(directory));
        Ok(Self { directory, name, file, salt, end, allocated: end, preallocate })
    }

    /// Opens a log to append at `end`, which follows its last whole frame. If `cut`, what the file has behind is not zero
    /// and is cut off; otherwise the file's `length` stays reserved.
    ///
    /// Syncs the file: whole frames of a process that died before it synced them become durable here, before anybody reads them.
    pub(super) fn resume(
        directory: &Arc<dyn Directory>,
        base: Revision,
        salt: u64,
        end: usize,
        tail: Tail,
    ) -> Result<Self, Error> {
        let (name, end) = (name::log(base), end as u64);
        let open = || {
            let mut file = directory.open(&name)?;
            if tail == Tail::Torn {
                file.set_len(end)?;
            }
            file.sync()?;
            Ok(file)
        };
        let file = open().map_err(|error| failed(&**directory, &name, error))?;
        let allocated = match tail {
            Tail::Zero { length } => length as u64,
            Tail::Torn => end,
        };
        let directory = Arc::clone(directory);
        Ok(Self { directory, name, file, salt, end, allocated, preallocate: 0 })
    }

    /// The log, growing by so many bytes at once.
    pub(super) fn with_preallocate(self, preallocate: u64) -> Self {
        Self { preallocate, ..self }
    }

    /// Whether nothing was appended since its creation.
    pub(super) const fn is_empty(&self) -> bool {
        self.end == HEADER as u64
    }

    /// Where the next frame goes.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// Seals a frame, writes it and makes it durable.
    ///
    /// After [`Error::Full`] the log is as before. After [`Error::Io`] it is unknown what of the frame is durable, and nothing may
    /// be appended any more.
    pub(super) fn append(&mut self, number: Revision, frame: &mut Vec<u8>) -> Result<(), Error> {
        seal(frame, self.salt, number.0);
        let length = frame.len();
        if let Err(error) = self.write(frame, length) {
            self.rewind()
                .map_err(|error| failed(&*self.directory, &self.name, error))?;
            return Err(classify(&*self.directory, &self.name, error));
        }
        // A failed sync is never repeated: the kernel may have dropped the pages and would report success.
        self.file
            .sync()
            .map_err(|error| failed(&*self.directory, &self.name, error))?;
        self.end += length as u64;
        self.allocated = self.allocated.max(self.end);
        Ok(())
    }

    fn write(&mut self, frame: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let reserved = self.reserve(frame);
        match self.file.write_at(self.end, frame) {
            Ok(()) => self.allocated = self.allocated.max(self.end + frame.len() as u64),
            Err(error) if reserved && is_full(&error) => {
                self.rewind()?;
                frame.truncate(length);
                self.file.write_at(self.end, frame)?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Appends zeros to a frame that does not fit into the reserve; answers whether it did.
    fn reserve(&self, frame: &mut Vec<u8>) -> bool {
        let end = self.end + frame.len() as u64;
        if end <= self.allocated || self.preallocate == 0 {
            return false;
        }
        let zeros = end.next_multiple_of(self.preallocate) - end;
        let zeros = usize::try_from(zeros).unwrap_or(0);
        frame.resize(frame.len() + zeros, 0);
        zeros > 0
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.allocated = self.end;
        Ok(())
    }
}

/// What follows the last whole frame of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing but zeros, up to this length of the file.
    Zero { length: usize },
    /// A frame that was never completed.
    Torn,
}

/// The error for a write that failed before anything depended on it.
pub(super) fn classify(directory: &dyn Directory, name: &str, error: io::Error) -> Error {
    if is_full(&error) {
        return Error::Full { subject: directory.subject(name) };
    }
    failed(directory, name, error)
}

/// Frees the room that a file takes which was not completed.
pub(super) fn discard(directory: &dyn Directory, temporary: &str) {
    if let Err(error) = directory.remove(temporary) {
        tracing::debug!(%error, file = directory.subject(temporary), "could not remove");
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
