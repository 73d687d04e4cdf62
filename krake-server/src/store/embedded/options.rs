//! What an embedded store can be told when it is opened.

use krake_core::Revision;

use crate::store::Window;

/// Settings of an [`EmbeddedStore`](super::EmbeddedStore). None of them changes the file format: a directory can be opened with
/// other settings each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// History kept in memory. After opening it reaches back to the last snapshot file at most.
    pub window: Window,
    /// Only for a directory without a store: its first commit follows this revision. A store that replaces a lost one should
    /// start above everything the lost one can have answered, so that clients of the lost one are told to list again.
    pub start: Revision,
    /// A snapshot file is written when the log since the last one has this many bytes, and twice the bytes of all keys and values.
    pub snapshot_after: u64,
    /// A log file with this many bytes is followed by a new one.
    pub segment: u64,
    /// Log files grow by this many zeroed bytes at once, because writing into zeroed space syncs about twice as fast as growing
    /// the file. Zero means no reserve.
    pub preallocate: u64,
    /// Transactions that may wait for the disk; further commits wait until there is room.
    pub queue: usize,
}

impl Default for Options {
    /// Default window, start at 0, snapshot after 16 MiB, segments of 64 MiB growing by 4 MiB, 1,024 waiting transactions.
    fn default() -> Self {
        Self {
            window: Window::default(),
            start: Revision::ZERO,
            snapshot_after: 16 << 20,
            segment: 64 << 20,
            preallocate: 4 << 20,
            queue: 1024,
        }
    }
}
