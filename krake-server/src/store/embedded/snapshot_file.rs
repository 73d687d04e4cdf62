//! The file with all entries as of one revision.

use std::io::{self, Read};

use krake_core::Revision;
use uuid::Uuid;

use super::codec::{Decoder, encode_entry};
use super::directory::{DataFile, Directory, failed};
use super::frame::{BadHeader, FRAME, FrameHead, HEADER, Header, Magic, begin, padded, seal};
use super::log::{classify, discard};
use super::name;
use crate::store::Error;
use crate::store::mvcc::Snapshot;

/// The number of the frame that completes the file.
const LAST: u64 = u64::MAX;

/// A frame gets entries until it has this many bytes.
const CHUNK: usize = 256 << 10;

/// Writes the snapshot beside and puts it in place when it is whole. When this answers, it is durable, and so is every earlier
/// change of the directory.
pub(super) fn write(directory: &dyn Directory, snapshot: &Snapshot) -> Result<(), Error> {
    let name = name::snapshot(snapshot.revision());
    let temporary = name::temporary(&name);
    let write = || {
        let mut writer = Writer::new(directory.create(&temporary)?, snapshot.revision())?;
        for entry in snapshot.iter() {
            encode_entry(&mut writer.frame, entry);
            if writer.frame.len() >= CHUNK {
                let number = writer.number;
                writer.number += 1;
                writer.flush(number)?;
            }
        }
        writer.finish(snapshot.len() as u64)?;
        directory.rename(&temporary, &name)?;
        directory.sync()
    };
    write().map_err(|error| {
        discard(directory, &temporary);
        classify(directory, &name, error)
    })
}

#[derive(Debug)]
struct Writer {
    file: Box<dyn DataFile>,
    salt: u64,
    offset: u64,
    number: u64,
    frame: Vec<u8>,
}

impl Writer {
    fn new(mut file: Box<dyn DataFile>, revision: Revision) -> io::Result<Self> {
        let salt = Uuid::new_v4().as_u64_pair().0;
        file.write_at(0, &Header { salt, base: revision.0 }.encode(Magic::Snapshot))?;
        let mut frame = Vec::new();
        begin(&mut frame);
        Ok(Self { file, salt, offset: HEADER as u64, number: 0, frame })
    }

    fn flush(&mut self, number: u64) -> io::Result<()> {
        seal(&mut self.frame, self.salt, number);
        self.file.write_at(self.offset, &self.frame)?;
        self.offset += self.frame.len() as u64;
        begin(&mut self.frame);
        Ok(())
    }

    fn finish(mut self, count: u64) -> io::Result<()> {
        if self.frame.len() > FRAME {
            self.flush(self.number)?;
        }
        self.frame.extend_from_slice(&count.to_le_bytes());
        self.flush(LAST)?;
        self.file.sync()
    }
}

/// Reads the snapshot of `revision`.
pub(super) fn read(directory: &dyn Directory, revision: Revision) -> Result<Snapshot, Error> {
    let name = name::snapshot(revision);
    let file = directory
        .read(&name)
        .map_err(|error| failed(directory, &name, error))?;
    let mut reader = Reader { file, offset: 0, salt: 0, payload: Vec::new() };
    reader.snapshot(revision).map_err(|failure| match failure {
        Failure::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Corrupt {
            subject: directory.subject(&name),
            detail: format!("it ends at offset {} or later, before its last frame", reader.offset),
        },
        Failure::Io(error) => failed(directory, &name, error),
        Failure::Header(bad) => bad_header(directory, &name, bad),
        Failure::Content(what) => Error::Corrupt {
            subject: directory.subject(&name),
            detail: format!("{what} at offset {}", reader.offset),
        },
    })
}

/// The error for a file whose header is not acceptable.
pub(super) fn bad_header(directory: &dyn Directory, name: &str, bad: BadHeader) -> Error {
    let subject = directory.subject(name);
    match bad {
        BadHeader::Damaged => Error::Corrupt { subject, detail: "bad header at offset 0".into() },
        BadHeader::Version(version) => Error::Unsupported {
            subject,
            detail: format!("its format has version {version}, this build reads version 1"),
        },
    }
}

enum Failure {
    Io(io::Error),
    Header(BadHeader),
    Content(&'static str),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

struct Reader {
    file: Box<dyn Read>,
    /// Where the frame being read starts.
    offset: u64,
    salt: u64,
    payload: Vec<u8>,
}

impl Reader {
    fn snapshot(&mut self, revision: Revision) -> Result<Snapshot, Failure> {
        let mut header = [0; HEADER];
        self.file.read_exact(&mut header)?;
        let header = Header::decode(&header, Magic::Snapshot).map_err(Failure::Header)?;
        if header.base != revision.0 {
            return Err(Failure::Content("revision that is not the one of the file's name"));
        }
        (self.offset, self.salt) = (HEADER as u64, header.salt);
        let mut snapshot = Snapshot::empty(revision);
        for expected in 0.. {
            let number = self.frame()?;
            if number == LAST {
                break;
            }
            if number != expected {
                return Err(Failure::Content("frame out of order"));
            }
            self.entries(&mut snapshot)?;
        }
        let count = Decoder::new(&self.payload).u64();
        if count != Some(snapshot.len() as u64) {
            return Err(Failure::Content("wrong number of entries"));
        }
        Ok(snapshot)
    }

    /// Reads the next frame's payload; answers its number.
    fn frame(&mut self) -> Result<u64, Failure> {
        self.offset += if self.payload.is_empty() { 0 } else { padded(self.payload.len()) as u64 };
        let mut head = [0; FRAME];
        self.file.read_exact(&mut head)?;
        let head = FrameHead::decode(&head);
        // Not allocated up front: a damaged length may say anything.
        self.payload.clear();
        let length = (padded(head.length) - FRAME) as u64;
        let read = self
            .file
            .by_ref()
            .take(length)
            .read_to_end(&mut self.payload)?;
        if (read as u64) < length {
            return Err(Failure::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        self.payload.truncate(head.length);
        if self.payload.is_empty() || !head.matches(self.salt, &self.payload) {
            return Err(Failure::Content("bad frame"));
        }
        Ok(head.number)
    }

    fn entries(&self, snapshot: &mut Snapshot) -> Result<(), Failure> {
        let mut decoder = Decoder::new(&self.payload);
        while !decoder.is_empty() {
            let entry = decoder
                .entry()
                .ok_or(Failure::Content("bad entry in the frame"))?;
            snapshot.insert(entry);
        }
        Ok(())
    }
}
