//! The seam to the file system: the real one, and in tests one that fails on purpose.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::Error;

/// A flat directory of files that belongs to one store.
pub(super) trait Directory: Debug + Send + Sync {
    /// Names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Creates a file, or empties it.
    fn create(&self, name: &str) -> io::Result<Box<dyn DataFile>>;
    /// Opens an existing file for writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn DataFile>>;
    /// Opens an existing file for reading from its start.
    fn read(&self, name: &str) -> io::Result<Box<dyn Read>>;
    /// Gives a file another name, replacing the file that has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes all creations, renames and removals durable.
    fn sync(&self) -> io::Result<()>;
    /// How to call a file in messages.
    fn subject(&self, name: &str) -> String;
}

/// A file that is written.
pub(super) trait DataFile: Debug + Send {
    /// Writes all bytes, growing the file if needed. After an error any part of them may have been written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything written durable, and the length.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file, or extends it with zeros.
    fn set_len(&mut self, length: u64) -> io::Result<()>;
}

/// The error for an operation that failed on a file.
pub(super) fn failed(directory: &dyn Directory, name: &str, source: io::Error) -> Error {
    Error::Io { subject: directory.subject(name), source: Arc::new(source) }
}

const LOCK: &str = "LOCK";

/// A directory of the file system, locked against every other store.
#[derive(Debug)]
pub(super) struct LockedDirectory {
    path: PathBuf,
    /// Unlocked when this is dropped, or by the end of the process.
    lock: File,
}

impl Drop for LockedDirectory {
    /// Closing the file is not enough: a program that the process is just starting has a copy of it until it runs, and would
    /// hold the lock that long.
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, path = %self.path.display(), "directory stays locked until the process ends");
        }
    }
}

impl LockedDirectory {
    /// Creates the directory if it does not exist, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed =
            |source| Error::Io { subject: path.display().to_string(), source: Arc::new(source) };
        create_durably(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Unavailable(format!(
                "{} is in use by another store, in this or another process",
                path.display()
            ))),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Creates a directory, and those above it, so that no power failure takes it away with what was stored inside.
fn create_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    create_durably(parent)?;
    fs::create_dir(path)?;
    File::open(parent)?.sync_all()
}

impl Directory for LockedDirectory {
    fn list(&self) -> io::Result<Vec<String>> {
        let names =
            fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DataFile>> {
        Ok(Box::new(File::create(self.path.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DataFile>> {
        Ok(Box::new(OpenOptions::new().write(true).open(self.path.join(name))?))
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(BufReader::with_capacity(1 << 18, File::open(self.path.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn subject(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }
}

impl DataFile for File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        Self::set_len(self, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory could not be opened again right after it was closed while another thread was starting a program: until it
    /// runs, that has copies of all files of the process.
    #[test]
    fn copy_of_the_lock_file_does_not_keep_the_directory_locked() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let first = LockedDirectory::open(folder.path()).expect("nobody has it");
        assert!(LockedDirectory::open(folder.path()).is_err(), "it is locked");
        let _copy = first.lock.try_clone().expect("a copy");
        drop(first);
        LockedDirectory::open(folder.path()).expect("it was closed");
    }
}
