//! What frames hold. Integers are little-endian.
//!
//! ```text
//! log frame       one batch, numbered by the revision of its first commit; commit…
//!   commit        count u32, then that many changes
//!   change        1 u8 | key length u32 | key | value length u32 | value     put
//!                 2 u8 | key length u32 | key                                delete
//! snapshot frame  numbered 0, 1, …; entry…
//!   entry         created u64 | modified u64 | key length u32 | key | value length u32 | value
//! last frame      numbered 2^64 - 1; the number of entries u64
//! ```

use std::str;

use bytes::Bytes;
use krake_core::Revision;

use crate::store::mvcc::Committed;
use crate::store::{Entry, Event, Op};

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// Appends a commit.
pub(super) fn encode_commit(buffer: &mut Vec<u8>, commit: &Committed) {
    put_length(buffer, commit.events.len());
    for event in commit.events.iter() {
        match event {
            Event::Put { entry } => {
                buffer.push(PUT);
                put_bytes(buffer, entry.key.as_bytes());
                put_bytes(buffer, &entry.value);
            }
            Event::Delete { last, .. } => {
                buffer.push(DELETE);
                put_bytes(buffer, last.key.as_bytes());
            }
        }
    }
}

/// Appends an entry of a snapshot.
pub(super) fn encode_entry(buffer: &mut Vec<u8>, entry: &Entry) {
    buffer.extend_from_slice(&entry.created.0.to_le_bytes());
    buffer.extend_from_slice(&entry.modified.0.to_le_bytes());
    put_bytes(buffer, entry.key.as_bytes());
    put_bytes(buffer, &entry.value);
}

fn put_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    put_length(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}

fn put_length(buffer: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("transactions are bounded far below 4 GiB");
    buffer.extend_from_slice(&length.to_le_bytes());
}

/// Reads a payload from its start. Every method answers `None` when the bytes do not have the expected shape.
#[derive(Debug)]
pub(super) struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    /// All of the payload is still to be read.
    pub(super) const fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    /// Whether everything was read.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The operations of the next commit.
    pub(super) fn commit(&mut self) -> Option<Vec<Op>> {
        let count = self.u32()?;
        (0..count).map(|_| self.op()).collect()
    }

    /// The next entry of a snapshot.
    pub(super) fn entry(&mut self) -> Option<Entry> {
        let (created, modified) = (Revision(self.u64()?), Revision(self.u64()?));
        let key = self.text()?.into();
        Some(Entry { key, value: self.value()?, created, modified })
    }

    /// An integer.
    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn op(&mut self) -> Option<Op> {
        let [tag] = self.array()?;
        let key = self.text()?.to_owned();
        match tag {
            PUT => Some(Op::Put { key, value: self.value()? }),
            DELETE => Some(Op::Delete { key }),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }

    // Copied: a slice would keep the whole file in memory for as long as one of its values lives.
    fn value(&mut self) -> Option<Bytes> {
        self.bytes().map(Bytes::copy_from_slice)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }
}
