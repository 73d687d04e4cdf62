//! What is in a file, once read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{SHA256, digest};

use super::FileError;

/// Certificates, keys and tokens need far less; a mistaken path may lead to anything.
const LIMIT: usize = 4 << 20;

/// A file as it was when it was read. Not for the log: it may be secret.
pub(crate) struct Contents {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// Tells versions of a file apart, without keeping what is in them.
#[derive(PartialEq, Eq)]
pub(super) enum Fingerprint {
    Readable(Vec<u8>),
    Unreadable(io::ErrorKind),
    TooLarge,
}

impl Contents {
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let unreadable =
            |source| FileError::Unreadable { path: path.to_owned(), source: Arc::new(source) };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(LIMIT as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() > LIMIT {
            return Err(FileError::TooLarge { path: path.to_owned(), limit: LIMIT });
        }
        Ok(Self { path: path.to_owned(), bytes })
    }
}

impl Fingerprint {
    pub(super) fn of(read: &Result<Contents, FileError>) -> Self {
        match read {
            Ok(contents) => Self::Readable(digest(&SHA256, &contents.bytes).as_ref().to_vec()),
            Err(FileError::Unreadable { source, .. }) => Self::Unreadable(source.kind()),
            Err(_) => Self::TooLarge,
        }
    }
}
