//! The bytes that all files of the store share: a header, then frames. Integers are little-endian.
//!
//! ```text
//! header  magic 8 | version u32 | 0 u32 | salt u64 | base u64 | crc u32 | 0 u32
//! frame   length u32 | crc u32 | number u64 | payload [length] | 0…7 zero bytes, so that the next frame is aligned to 8
//! ```
//!
//! A frame's checksum covers the file's random salt, length, number and payload: bytes of another file, an earlier use of the
//! same disk blocks, or a frame inside somebody's value never pass for a frame of this file.

use crc32c::{crc32c, crc32c_append};

/// The version of everything in this module and in [`codec`](super::codec).
const VERSION: u32 = 1;

/// Bytes of a file header.
pub(super) const HEADER: usize = 40;

/// Bytes of a frame before its payload.
pub(super) const FRAME: usize = 16;

const ALIGN: usize = 8;

/// Which kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magic {
    /// Commits.
    Log,
    /// All entries as of one revision.
    Snapshot,
}

impl Magic {
    const fn bytes(self) -> [u8; 8] {
        match self {
            Self::Log => *b"KRAKELOG",
            Self::Snapshot => *b"KRAKESNP",
        }
    }
}

/// The start of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Random, different for each file.
    pub(super) salt: u64,
    /// A log holds the commits after this revision, a snapshot the state as of it.
    pub(super) base: u64,
}

/// Why a header is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// Not what was written.
    Damaged,
    /// Whole, but of this unknown version.
    Version(u32),
}

impl Header {
    /// The bytes to write.
    pub(super) fn encode(self, magic: Magic) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&magic.bytes());
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.salt.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.base.to_le_bytes());
        let crc = crc32c(&bytes[..32]);
        bytes[32..36].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header from the start of `bytes`.
    pub(super) fn decode(bytes: &[u8], magic: Magic) -> Result<Self, BadHeader> {
        let header = bytes.first_chunk::<HEADER>().ok_or(BadHeader::Damaged)?;
        if header[..8] != magic.bytes() || crc32c(&header[..32]) != u32_at(header, 32) {
            return Err(BadHeader::Damaged);
        }
        match u32_at(header, 8) {
            VERSION => Ok(Self { salt: u64_at(header, 16), base: u64_at(header, 24) }),
            version => Err(BadHeader::Version(version)),
        }
    }
}

/// A whole frame inside a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// What the writer counted it as.
    pub(super) number: u64,
    /// Its content, never empty.
    pub(super) payload: &'a [u8],
    /// Where the next frame starts.
    pub(super) end: usize,
}

/// The frame at `offset`, or `None` if the bytes there are not a whole, undamaged frame of the file with this salt.
pub(super) fn frame_at(file: &[u8], offset: usize, salt: u64) -> Option<Frame<'_>> {
    let rest = file.get(offset..)?;
    let head = FrameHead::decode(rest.first_chunk()?);
    let payload = rest.get(FRAME..FRAME.checked_add(head.length)?)?;
    let end = offset + padded(head.length);
    (head.length > 0 && head.matches(salt, payload)).then_some(Frame {
        number: head.number,
        payload,
        end,
    })
}

/// Looks behind a place without a valid frame for a frame with a number above `number`; answers its offset.
pub(super) fn later_frame(file: &[u8], offset: usize, salt: u64, number: u64) -> Option<usize> {
    // A frame's number counts what earlier frames hold, at least one byte each: anything larger is not a frame.
    let plausible = number.saturating_add(1)..=number.saturating_add(file.len() as u64);
    (offset + ALIGN..file.len().saturating_sub(FRAME))
        .step_by(ALIGN)
        .find(|&at| plausible.contains(&u64_at(file, at + 8)) && frame_at(file, at, salt).is_some())
}

/// The part of a frame before its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHead {
    /// Bytes of the payload.
    pub(super) length: usize,
    /// What the writer counted the frame as.
    pub(super) number: u64,
    crc: u32,
}

impl FrameHead {
    /// Reads the part before the payload.
    pub(super) fn decode(bytes: &[u8; FRAME]) -> Self {
        let length = u32_at(bytes, 0) as usize;
        Self { length, crc: u32_at(bytes, 4), number: u64_at(bytes, 8) }
    }

    /// Whether the payload is the one this was written for.
    pub(super) fn matches(self, salt: u64, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        checksum(salt, length, self.number, payload) == self.crc
    }
}

/// Bytes of a whole frame with a payload of this length.
pub(super) const fn padded(length: usize) -> usize {
    (FRAME + length).next_multiple_of(ALIGN)
}

/// Begins a frame in an empty buffer: append the payload, then [`seal`] it.
pub(super) fn begin(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.resize(FRAME, 0);
}

/// Completes a frame: fills in what stands before the payload, and pads it.
pub(super) fn seal(buffer: &mut Vec<u8>, salt: u64, number: u64) {
    let length = u32::try_from(buffer.len() - FRAME)
        .expect("batches and chunks are bounded far below 4 GiB");
    let crc = checksum(salt, length, number, &buffer[FRAME..]);
    buffer[..4].copy_from_slice(&length.to_le_bytes());
    buffer[4..8].copy_from_slice(&crc.to_le_bytes());
    buffer[8..16].copy_from_slice(&number.to_le_bytes());
    buffer.resize(padded(length as usize), 0);
}

fn checksum(salt: u64, length: u32, number: u64, payload: &[u8]) -> u32 {
    let mut crc = crc32c(&salt.to_le_bytes());
    crc = crc32c_append(crc, &length.to_le_bytes());
    crc = crc32c_append(crc, &number.to_le_bytes());
    crc32c_append(crc, payload)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a slice of four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        bytes[at..at + 8]
            .try_into()
            .expect("a slice of eight bytes"),
    )
}
