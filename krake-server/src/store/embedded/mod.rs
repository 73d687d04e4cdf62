//! A durable store in one directory, for one process.
//!
//! The state is in memory; the disk holds a log of commits and, from time to time, a snapshot that replaces the log before it.
//! `docs/adr/0002-store.md` draws the files and states what is promised.

mod checkpoint;
mod codec;
mod committer;
mod directory;
#[cfg(test)]
mod faults;
mod frame;
mod log;
mod name;
mod options;
mod recovery;
#[cfg(test)]
mod simulated;
mod snapshot_file;
mod store;

pub use options::Options;
pub use store::EmbeddedStore;
